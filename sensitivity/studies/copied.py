"""The copy of a model that a store keeps, so that its runs can be repeated without the model."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import sdmodel as sd
from sensitivity.errors import StoreError
from sensitivity.report import whole

SUFFIXES = (".mdl", ".xmile", ".stmx", ".xml")


def copy_model(model: sd.Model, folder: Path) -> None:
    """Copy a model's text, the TOML beside it and its data files into a folder."""
    files = {model.path.name: model.source.source.raw}
    beside = model.path.with_suffix(".toml")
    # What it says may not fit a model whose equations were replaced; the study has it all anyway.
    with suppress(sd.SDError):
        sd.read_settings(beside, model)
        files[beside.name] = beside.read_bytes()
    for file in model.data_files:
        if file.name in files:
            raise StoreError(
                f"two files of the study are called {file.name}, and the store keeps them in one "
                f"folder: give {file} another name"
            )
        files[file.name] = file.read_bytes()
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        with whole(folder / name) as path:
            path.write_bytes(content)


def own_model(folder: Path) -> sd.Model:
    """Load the model that `copy_model` wrote."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    models = [one for one in files if one.suffix.lower() in SUFFIXES]
    if len(models) != 1:
        raise StoreError(f"{folder} does not hold the one model of the study: it was changed")
    data = [one for one in files if one not in (models[0], models[0].with_suffix(".toml"))]
    try:
        return sd.load(models[0], data=data)
    except sd.SDError as error:
        raise StoreError(
            f"the copy of the model in {folder} cannot be loaded; where it takes data from other "
            f"files, give the model itself (--model): {error}"
        ) from error
