"""A page as PDF, through the print path of a browser that is on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sdmodel.errors import SDError
from sdmodel.run import atomic

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)
# Seconds that a browser may take.
_PATIENCE = 180


def print_page(page: Path, target: Path) -> Path:
    """Write an HTML file as PDF.

    Raises
    ------
    SDError
        If there is no browser that can, or if it fails.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    cure = f"open {page} in a browser and print it to a file"
    if browser is None:
        raise SDError(
            f"{target}: no browser to print with: none of {', '.join(BROWSERS)} is on the PATH; "
            f"install Chromium, or {cure}"
        )
    with tempfile.TemporaryDirectory(prefix="sdmodel-print-") as folder, atomic(target) as part:
        made = Path(folder) / "page.pdf"
        # Chromium cannot shut itself off from the system where it runs as root, as in containers.
        root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        profile = f"--user-data-dir={Path(folder) / 'profile'}"
        command = [
            browser,
            *_FLAGS,
            *root,
            profile,
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            raise SDError(f"{target}: {browser} did not end in {_PATIENCE} s; {cure}") from None
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF-"):
            said = done.stderr.strip().splitlines()
            raise SDError(
                f"{target}: {browser} wrote no PDF ({said[-1] if said else 'silently'}); {cure}"
            )
        part.write_bytes(made.read_bytes())
    return target
