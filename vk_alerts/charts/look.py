"""How charts look: style, colours and text that the font can draw."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that a chart looks the same on every machine."""
DPI = 100
TICK_POINTS = 17.0
"""Size of the words at an axis."""

# seaborn's "colorblind" palette (blue, orange, vermillion), greys by lightness. The lines beside the current
# one differ by their strokes, too: yesterday thin and whole, a week ago dotted, expected dashed.
ACTUAL = "#0173b2"
BAND = "#56b4e9"
BAD = "#c8320a"
INK = "#1f2933"
QUIET = "#6b7682"
FAINT = "#a3adb8"
YESTERDAY = "#8d98a4"
WEEK_AGO = "#8a5a1f"
EVENT = "#6a3d9a"
WAITING = "#b8860b"
GRID = "#e3e8ed"

MISSING = "\u25a1"
"""An empty box, where the font has no glyph."""

# matplotlib's settings belong to the process: two threads that draw at once would take over each other's.
_SETTINGS = threading.Lock()
_COLOURS = 64
# The highest one takes a fifth of the time of a whole chart for a sixth of its bytes.
_COMPRESSION = 6
# Telegram throttles larger uploads; see the delivery design.
_MOST_BYTES = 100_000


@contextmanager
def style() -> Iterator[None]:
    """White grid of seaborn, literal ``$`` in texts, and the font that comes with matplotlib."""
    chosen = {
        **sns.axes_style("whitegrid"),
        "font.family": [FONT],
        "font.sans-serif": [FONT],
        "text.parse_math": False,
        "text.usetex": False,
        "text.color": INK,
        "axes.unicode_minus": True,
        "hatch.linewidth": 1.0,
        "path.simplify": True,
    }
    with _SETTINGS, mpl.rc_context(chosen):
        yield


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())


def drawable(text: str) -> str:
    """``text`` on one line, with a box in the place of what the font lacks (emoji, many scripts)."""
    glyphs = _glyphs()
    return "".join(
        character if ord(character) in glyphs and character.isprintable() else MISSING
        for character in " ".join(text.split())
    )


def png(figure: Figure) -> bytes:
    """The figure as PNG with a palette: a quarter of the bytes of true colour, the same to the eye."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call] # matplotlib's own stubs leave it out
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    image = Image.frombuffer("RGBA", canvas.get_width_height(), pixels).convert("RGB")
    for colours in (_COLOURS, _COLOURS // 4):
        stream = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            stream, format="PNG", compress_level=_COMPRESSION
        )
        if stream.tell() < _MOST_BYTES:
            break
    return stream.getvalue()
