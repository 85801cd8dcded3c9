"""What all charts share: the picture's places, its head, and texts that fit."""

from datetime import datetime
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Language
from vk_alerts.charts import look
from vk_alerts.windows import window_end

WIDTH, HEIGHT = 1280, 720
# Pixels from the left. Fixed places: constrained layout doubles the time.
LEFT, RIGHT = 112, 1064
LABEL_GAP = 18
MARGIN = 32


def new_figure() -> Figure:
    """An empty picture; texts can be measured in it."""
    figure = Figure(figsize=(WIDTH / look.DPI, HEIGHT / look.DPI), dpi=look.DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def panel(figure: Figure, bottom: float, top: float, *, left: float = LEFT, right: float = RIGHT) -> Axes:
    """Axes between pixels of the picture."""
    return figure.add_axes((left / WIDTH, bottom / HEIGHT, (right - left) / WIDTH, (top - bottom) / HEIGHT))


def head(figure: Figure, title: str, subtitle: str) -> None:
    """The title, and what belongs to it smaller beside it."""
    told = figure.text(
        MARGIN / WIDTH, 664 / HEIGHT, look.drawable(title), fontsize=27, fontweight="bold", va="baseline"
    )
    fit(told, (WIDTH - 2 * MARGIN) * 0.6)
    after = told.get_window_extent().x1 + 20
    beside = figure.text(
        after / WIDTH, 664 / HEIGHT, look.drawable(subtitle), fontsize=19, color=look.QUIET, va="baseline"
    )
    room = WIDTH - MARGIN - after
    beside.set_fontsize(max(13.0, min(19.0, 19.0 * room / max(beside.get_window_extent().width, 1.0))))
    fit(beside, room)


def window_text(start: datetime, zone: str, language: Language) -> str:
    """``31.01 14:15–14:30 МСК``: a picture is passed on without its message."""
    end = window_end(start)
    local = start.astimezone(ZoneInfo(zone))
    span = f"{numbers.clock(start, zone)}{numbers.DASH}{numbers.clock(end, zone)}"
    return f"{local:%d.%m} {span} {numbers.zone_name(start, zone, language)}"


def fit(text: Text, room: float) -> None:
    """Cut ``text`` with an ellipsis until it is at most ``room`` pixels wide."""
    whole = text.get_text()
    kept = len(whole)
    while kept and (width := text.get_window_extent().width) > room:
        kept = min(kept - 1, int(kept * room / width))
        text.set_text(whole[:kept].rstrip() + "…")


def beside(
    axes: Axes, text: str, *, height: float, colour: str, va: str, points: float, shift: float = 0
) -> None:
    """A text right of the axes, at a share of their height."""
    axes.annotate(
        text,
        xy=(1, height),
        xycoords="axes fraction",
        xytext=(LABEL_GAP, shift),
        textcoords="offset pixels",
        fontsize=points,
        color=colour,
        va=va,
    )


def side_text(
    axes: Axes, text: str, share: float, *, points: float, colour: str, va: str, bold: bool, shift: float = 0
) -> None:
    """A text right of the axes as `beside`, made smaller until it fits."""
    label = axes.annotate(
        text,
        xy=(1, share),
        xycoords="axes fraction",
        xytext=(LABEL_GAP, shift),
        textcoords="offset pixels",
        fontsize=points,
        fontweight="bold" if bold else "normal",
        color=colour,
        va=va,
        ha="left",
        linespacing=1.15,
        annotation_clip=False,
    )
    room = WIDTH - RIGHT - LABEL_GAP - 8
    width = label.get_window_extent().width
    if width > room:
        label.set_fontsize(max(11.0, points * room / width))
