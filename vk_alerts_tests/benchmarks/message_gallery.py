"""Messages of every kind with their charts, as they look on a phone: to be looked at by a person.

python -m vk_alerts_tests.benchmarks.message_gallery --out DIR [--language ru|en]

Writes for each scene its chart (``NAME.png``), its message as a page 390 pixels wide (``NAME.html``) and,
where Chromium is installed, what that looks like (``NAME.phone.png``).
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import click
from PIL import Image, ImageChops

from vk_alerts.alerting.markup import length
from vk_alerts.alerting.render import caption
from vk_alerts.charts import draw
from vk_alerts_tests.benchmarks.gallery_scenes import ENGLISH, RUSSIAN, scenes

PHONE_WIDTH = 390
_TALLEST = 1100
_SHARPNESS = 2
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>
body {{ margin: 0; background: #ffffff; width: {width}px }}
body {{ font: 15px/1.36 Roboto, "Noto Sans", "DejaVu Sans", sans-serif }}
img {{ width: {width}px; display: block }}
p {{ margin: 0; padding: 8px 12px 10px; white-space: pre-wrap; overflow-wrap: break-word; color: #111 }}
a {{ color: #2a7ab9; text-decoration: none }}
</style></head><body>{image}<p>{text}</p></body></html>"""


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to."
)
@click.option("--language", type=click.Choice(["ru", "en"]), default="ru", show_default=True)
def main(out: Path, language: str) -> None:
    """Draw every kind of message as a phone shows it."""
    out.mkdir(parents=True, exist_ok=True)
    words = RUSSIAN if language == "ru" else ENGLISH
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        click.echo("no Chromium on the PATH: charts and pages only", err=True)
    for name, scene in scenes(words):
        text = caption(scene.story, language=words.language)
        image, note = "", "no chart"
        if scene.chart is not None:
            begun = time.perf_counter()
            png = draw(scene.chart)
            note = f"chart {len(png) / 1000:.0f} kB in {time.perf_counter() - begun:.2f} s"
            (out / f"{name}.png").write_bytes(png)
            image = f'<img src="{name}.png">'
        page = out / f"{name}.html"
        page.write_text(_PAGE.format(width=PHONE_WIDTH, image=image, text=text), "utf-8")
        if browser is not None:
            photograph(browser, page, out / f"{name}.phone.png")
        click.echo(f"{name}: {length(text)} units, {note}")


def photograph(browser: str, page: Path, target: Path) -> None:
    """What a browser shows of a page as wide as a phone, without the empty space below."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--force-device-scale-factor={_SHARPNESS}",
                f"--window-size={PHONE_WIDTH},{_TALLEST}",
                f"--screenshot={target}",
                page.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
    with Image.open(target) as shot:
        shown = shot.convert("RGB")
    box = ImageChops.difference(shown, Image.new("RGB", shown.size, "white")).getbbox()
    if box is not None:
        shown.crop((0, 0, shown.width, min(box[3] + 16, shown.height))).save(target)


if __name__ == "__main__":
    main()
