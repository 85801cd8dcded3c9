"""Charts as inline SVG: shapes only, stretched to any width; what is read stands beside them as HTML."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vk_alerts.evaluation.alerts import Picture
from vk_alerts.evaluation.report.markup import Html, joined, tag

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT = 1000, 300
"""Units of a drawing; the page stretches them."""

_HEADROOM = 1.12
_RATIO_ROOM = 0.25


@dataclass(frozen=True, slots=True)
class Scale:
    """What the lower and the upper edge of a drawing stand for, metric units."""

    low: float
    high: float

    def y(self, values: Floats) -> Floats:
        """From metric units to units of the drawing; what lies outside stays at the edge."""
        span = self.high - self.low or 1.0
        return np.clip(HEIGHT * (1.0 - (values - self.low) / span), 0.0, float(HEIGHT))


def value_scale(picture: Picture, *, is_ratio: bool) -> Scale:
    """Counts from 0 on, ratios closer, because they never come near 0; the band may leave the drawing."""
    known = np.concatenate([picture.value, picture.expected])
    known = known[np.isfinite(known)]
    if not known.size:
        return Scale(0.0, 1.0)
    low, high = float(known.min()), float(known.max())
    if not is_ratio:
        return Scale(0.0, high * _HEADROOM or 1.0)
    room = _RATIO_ROOM * (high - low) or 0.5 * high or 1.0
    return Scale(max(0.0, low - room), high + room)


def picture_figure(picture: Picture, scale: Scale, *, title: str) -> Html:
    """Band, expectation, values and bad windows of an alert, with a line where it was told."""
    columns = np.arange(picture.windows, dtype=np.float64)
    x = WIDTH * columns / max(picture.windows - 1, 1)
    bad = [_dot(x[i], scale.y(picture.value)[i]) for i in np.flatnonzero(picture.is_bad)]
    return figure(
        tag("path", class_="band", d=band(x, scale.y(picture.lower), scale.y(picture.upper))),
        tag("path", class_="told", d=f"M{x[picture.told]:.0f} 0V{HEIGHT}"),
        tag("path", class_="expected", d=line(x, scale.y(picture.expected))),
        tag("path", class_="value", d=line(x, scale.y(picture.value))),
        tag("path", class_="bad", d="".join(bad)),
        title=title,
    )


def profile_figure(profile: Floats, scale: Scale, *, title: str) -> Html:
    """A week by the hour: the median, and the quartiles around it.

    Args:
        profile: float64 (3, n): lower quartile, median, upper quartile.
        scale: of the drawing.
        title: for those who cannot see it.
    """
    hours = profile.shape[1]
    x = WIDTH * (np.arange(hours) + 0.5) / hours
    days = "".join(f"M{WIDTH * day / 7:.0f} 0V{HEIGHT}" for day in range(1, 7))
    return figure(
        tag("path", class_="grid", d=days),
        tag("path", class_="band", d=band(x, scale.y(profile[0]), scale.y(profile[2]))),
        tag("path", class_="value", d=line(x, scale.y(profile[1]))),
        title=title,
    )


def curve(name: str, points: Sequence[tuple[float, float]], *, current: int | None) -> Html:
    """A line with dots at its points, one of them larger.

    Args:
        name: the class of its look.
        points: x and y, shares of the width and height, from left and from below.
        current: which one is larger; None = none.
    """
    x = np.array([WIDTH * across for across, _ in points])
    y = np.array([HEIGHT * (1.0 - up) for _, up in points])
    dots = "".join(_dot(*one) for one in zip(x, y, strict=True))
    large = "" if current is None else _dot(x[current], y[current])
    return joined(
        tag("path", class_=f"curve {name}", d=line(x, y)),
        tag("path", class_=f"dots {name}", d=dots),
        tag("path", class_=f"current {name}", d=large),
    )


def figure(*shapes: Html, title: str) -> Html:
    """A drawing that takes the size of the box it stands in."""
    return tag(
        "svg",
        tag("title", title),
        *shapes,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
    )


def plot(drawing: Html, *, ys: list[str], xs: list[tuple[float, str]], size: str) -> Html:
    """A drawing with what its edges mean.

    Args:
        drawing: the shapes.
        ys: evenly spread, from above.
        xs: places, as shares of the width, and what stands there.
        size: class of the drawing's height.
    """
    below = []
    for place, text in xs:
        side = "from" if place < 0.02 else "to" if place > 0.98 else None
        below.append(tag("span", text, class_=side, style=f"left:{100 * place:.1f}%"))
    return tag(
        "div",
        tag("div", *(tag("span", text) for text in ys), class_="ys"),
        tag("div", drawing, class_=f"plot {size}"),
        tag("div", *below, class_="xs"),
        class_="figure",
    )


def line(x: Floats, y: Floats) -> str:
    """A path through the known points; an unknown one interrupts it."""
    return "".join(_polyline(x[part], y[part]) for part in _known_runs(y))


def band(x: Floats, lower: Floats, upper: Floats) -> str:
    """The outline of the area between two lines, where both are known."""
    outline = []
    for part in _known_runs(lower + upper):
        around = np.concatenate([x[part], x[part][::-1]]), np.concatenate([upper[part], lower[part][::-1]])
        outline.append(_polyline(*around) + "Z")
    return "".join(outline)


def _polyline(x: Floats, y: Floats) -> str:
    points = [f"{across:.0f} {down:.0f}" for across, down in zip(x, y, strict=True)]
    # A single point would be no line at all.
    return f"M{points[0]}L{' '.join(points[1:] or points)}"


def _dot(x: float, y: float) -> str:
    # A line without length under a round pen: it stays round however the drawing is stretched.
    return f"M{x:.0f} {y:.0f}h0"


def _known_runs(y: Floats) -> Iterator[slice]:
    known = np.concatenate([[False], np.isfinite(y), [False]])
    edges = np.flatnonzero(np.diff(known.astype(np.int8)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(begin), int(end))
