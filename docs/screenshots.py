"""The picture of the demo's report in the documentation: ``make screenshots``, after ``snakemake --cores 8 report``.

Writes docs/pictures/report.png, the top of results/demo/report.html as Chromium shows it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "results" / "demo" / "report.html"
WIDTH, HEIGHT = 1280, 1000  # pixels of the window
COLOURS = 64  # enough for text and a table, at a third of the size


def main() -> None:
    browser = which("chromium") or which("chromium-browser") or which("google-chrome")
    if browser is None:
        sys.exit("Chromium was not found, but screenshots need it (Debian: apt-get install chromium).")
    if not PAGE.is_file():
        sys.exit(f"{PAGE.relative_to(ROOT)} is missing; make it with: snakemake --cores 8 report")
    picture = ROOT / "docs" / "pictures" / "report.png"
    shoot(browser, PAGE, picture, WIDTH, HEIGHT)
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1000} kB")


def shoot(browser: str, page: Path, picture: Path, width: int, height: int) -> None:
    """Write the top of a page, in a window of ``width`` x ``height`` pixels, as a PNG."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}"]
    with tempfile.TemporaryDirectory() as profile:
        taken = Path(profile) / "taken.png"
        options += [f"--user-data-dir={profile}", f"--screenshot={taken}"]
        subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True, timeout=60)
        with Image.open(taken) as image:
            image.convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    main()
