"""Make the pictures of the README and the manual from drawn figures (usage: pictures.py).

build/gallery/*.png (of `make gallery`) -> docs/img/gallery/*.png and docs/img/strip.png;
examples/resnet.py:resnet18 at three levels of detail -> docs/img/dial.png.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from gallery import cases

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "gallery"
IMG = ROOT / "docs" / "img"

STRIP = (("vgg16", "resnet50"), ("unet",), ("lstm-cell", "inception-module"))
"""Five gallery figures, in columns."""
DIAL = ("overview", "paper", "explicit")
WIDTH = 2400
MARGIN = 90
KILOBYTES = 150
"""No picture of the gallery is larger, so that the page loads quickly."""


def main() -> int:
    """Write all pictures; the status is the number of figures that are not drawn yet."""
    (IMG / "gallery").mkdir(parents=True, exist_ok=True)
    missing = [case.name for case in cases() if not drawn(case.name)]
    for path in sorted(BUILD.glob("*.png")):
        small(Image.open(path)).save(IMG / "gallery" / path.name, optimize=True)
    for name in missing:
        print(f"not drawn yet: {name} (make gallery)", file=sys.stderr)
    if all(drawn(name) for names in STRIP for name in names):
        columns = [column([picture(name) for name in names]) for names in STRIP]
        few_colours(abreast(columns, 0.5)).save(IMG / "strip.png", optimize=True)
    few_colours(abreast(list(dial()), 0)).save(IMG / "dial.png", optimize=True)
    return len(missing)


def drawn(name: str) -> bool:
    """Whether a gallery figure is there."""
    return (BUILD / f"{name}.png").exists()


def picture(name: str) -> Image.Image:
    """A gallery figure."""
    return Image.open(BUILD / f"{name}.png").convert("RGB")


def dial() -> Iterable[Image.Image]:
    """ResNet-18 at each setting of the dial, at one scale."""
    import nnfig
    from nnfig import typeset

    for detail in DIAL:
        figure = nnfig.draw(
            f"{ROOT}/examples/resnet.py:resnet18", input_size=(1, 3, 224, 224), detail=detail, direction="down"
        )
        data = typeset.png(typeset.pdf(figure.tex))
        yield Image.open(io.BytesIO(data)).convert("RGB")


def column(images: Sequence[Image.Image]) -> Image.Image:
    """Pictures below each other, at one scale."""
    width = max(image.width for image in images)
    made = Image.new("RGB", (width, sum(image.height for image in images) + 2 * MARGIN * (len(images) - 1)), "white")
    y = 0
    for image in images:
        made.paste(image, ((width - image.width) // 2, y))
        y += image.height + 2 * MARGIN
    return made


def abreast(images: Sequence[Image.Image], middle: float) -> Image.Image:
    """Pictures beside each other at one scale, as wide as the page together, tops (0) or middles (0.5) in line."""
    scale = (WIDTH - MARGIN * (len(images) - 1)) / sum(image.width for image in images)
    height = round(max(image.height for image in images) * scale)
    made = Image.new("RGB", (WIDTH, height), "white")
    x = 0
    for image in images:
        size = (round(image.width * scale), round(image.height * scale))
        made.paste(image.resize(size, Image.Resampling.LANCZOS), (x, round((height - size[1]) * middle)))
        x += size[0] + MARGIN
    return made


def few_colours(image: Image.Image) -> Image.Image:
    """The picture with a palette that keeps every hue, also of thin lines."""
    return image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=1)


def small(image: Image.Image) -> Image.Image:
    """The picture with as many pixels and colours as its kilobytes allow."""
    image = image.convert("RGB")
    for width in (1400, 1200, 1000, 800):
        height = round(image.height * width / image.width)
        made = image if image.width <= width else image.resize((width, height), Image.Resampling.LANCZOS)
        made = few_colours(made)
        data = io.BytesIO()
        made.save(data, "PNG", optimize=True)
        if data.tell() < KILOBYTES * 1000:
            return made
    raise SystemExit(f"a picture of {image.size} does not fit {KILOBYTES} kB")


if __name__ == "__main__":
    sys.exit(main())
