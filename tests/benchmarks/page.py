"""A published page: its size, a run in it, and how long after a lever moves its charts are painted.

    python tests/benchmarks/page.py [MODEL ...]

Needs Chromium and playwright (`make test-browser` installs the latter). Thirty times a lever is
moved, each in turn; a chart has answered when the frame after the run has been painted. Painting is
done in software here, as in any headless browser; a screen's own processor is faster.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import sdmodel as sd

SIZES = ((1280, 900), (390, 844))
MEASURE = """async (moves) => {
  const told = (times) => {
    times.sort((one, other) => one - other);
    return [0, 0.5, 0.9].map((share) => times[Math.floor(share * (times.length - 1))]);
  };
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const task = () => new Promise((done) => setTimeout(done));
  const shown = Math.min(9, sdmodelKernel.columns.length);
  const columns = Array.from({ length: shown }, (_, place) => place);
  const runs = [];
  for (let place = 0; place < 60; place++) {
    const began = performance.now();
    sdmodelKernel.run({}, columns);
    runs.push(performance.now() - began);
  }
  const levers = document.querySelectorAll(".lever input[type=range]");
  const painted = [];
  for (let place = 0; place < moves; place++) {
    const lever = levers[place % levers.length];
    lever.value = Number(lever.min) + (lever.max - lever.min) * ((place * 7) % moves) / moves;
    const began = performance.now();
    lever.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();  // the run
    await task();
    await frame();  // the charts
    await task();
    painted.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 150));
  }
  return [told(runs), told(painted)];
}"""


def main(models: list[str]) -> None:
    """Print a few lines for each model."""
    program = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for model in models:
            path = sd.publish(sd.load(model), Path(folder) / f"{Path(model).stem}.html")
            print(f"{model}: {path.stat().st_size / 1e6:.2f} MB")
            for width, height in SIZES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(path.as_uri())
                page.wait_for_timeout(3000)
                runs, painted = (
                    " / ".join(f"{one:.1f}" for one in times)
                    for times in page.evaluate(MEASURE, 30)
                )
                print(f"  {width} px: a run {runs} ms, from lever to paint {painted} ms")
                page.close()
        print("least / middle / nine tenths")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:] or ["models/core.mdl", "models/industrial_upgrading.mdl"])
