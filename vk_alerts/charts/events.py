"""What people did, as vertical lines with their names."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Event
from vk_alerts.charts import look
from vk_alerts.charts.frame import fit
from vk_alerts.charts.time_axis import position

MOST_EVENTS = 3
EVENT_POINTS = 18.0
ROW_PIXELS = 38.0
_TEXT_ROOM = 520.0


def shown_events(events: Sequence[Event]) -> list[Event]:
    """Those that are drawn, newest first."""
    return sorted(events, key=lambda event: event.at, reverse=True)[:MOST_EVENTS]


def draw_events(axes: Axes, events: Sequence[Event], *, zone: str) -> None:
    """A line at each event of the time shown, its name in a row of its own below the upper edge."""
    first, last = axes.get_xlim()
    height = axes.get_window_extent().height
    inside = [event for event in shown_events(events) if first <= position(event.at) <= last]
    for row, event in enumerate(inside):
        x = position(event.at)
        # An older event's line ends at its name, so that it does not cross the names of newer ones above.
        top = 1 - row * ROW_PIXELS / height
        axes.axvline(x, ymax=top, color=look.EVENT, linewidth=2.4, zorder=5)
        is_right = (x - first) / (last - first) > 0.5
        label = axes.annotate(
            f"{numbers.clock(event.at, zone)} {look.drawable(event.text)}",
            xy=(x, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-9 if is_right else 9, -6 - row * ROW_PIXELS),
            textcoords="offset pixels",
            fontsize=EVENT_POINTS,
            fontweight="bold",
            color=look.EVENT,
            ha="right" if is_right else "left",
            va="top",
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
            zorder=8,
        )
        fit(label, _TEXT_ROOM)
