"""The chart of a source without events: how many came in each window until they stopped."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vk_alerts.alerting import numbers
from vk_alerts.alerting.story import Event, Language
from vk_alerts.charts import look
from vk_alerts.charts.axis import draw_y_axis
from vk_alerts.charts.columns import draw_columns
from vk_alerts.charts.events import ROW_PIXELS, draw_events, shown_events
from vk_alerts.charts.frame import MARGIN, beside, head, new_figure, panel, side_text, window_text
from vk_alerts.charts.legend import draw_legend
from vk_alerts.charts.model import Floats, moment_of
from vk_alerts.charts.scale import value_ticks
from vk_alerts.charts.time_axis import STEP_DAYS, position, positions, show_time
from vk_alerts.charts.wording import chart_wording

_PLACE = (74, 594)
_LEGEND_BASELINE = 612.0


@dataclass(frozen=True, slots=True)
class OutageChart:
    """A source's events over the last day, ending with the window the message is about.

    Attributes:
        table: the event table.
        times: datetime64[s] (n,), UTC starts of adjacent windows, oldest first, n >= 1.
        events: float64 (n,), how many there are in each window; NaN = none are known.
        week_ago: float64 (n,), the same a week before.
        last_event: time of the newest event, aware; None = there is none.
        is_over: whether they have come back.
        noted: what people did.
        language: of the fixed words and the numbers.
        zone: IANA name of the zone of the time axis.
    """

    table: str
    times: npt.NDArray[np.datetime64]
    events: Floats
    week_ago: Floats
    last_event: datetime | None
    is_over: bool = False
    noted: tuple[Event, ...] = ()
    language: Language = Language.RUSSIAN
    zone: str = "Europe/Moscow"


def compose_outage(chart: OutageChart) -> Figure:
    """The figure of a source; to be composed within `look.style`."""
    words = chart_wording(chart.language)
    moment = moment_of(chart.times)
    figure = new_figure()
    bottom, top = _PLACE
    axes = panel(figure, bottom, top)
    x = positions(chart)
    axes.plot(
        x,
        chart.week_ago,
        color=look.WEEK_AGO,
        linewidth=3.2,
        linestyle=(0, (0.1, 1.9)),
        dash_capstyle="round",
        label=words.week_ago,
        zorder=4,
    )
    known = np.nan_to_num(chart.events)
    draw_columns(axes, x, known, width=STEP_DAYS * 0.8, colours=look.ACTUAL, label=words.events)
    _mark_silence(axes, chart, x)
    rows = len(shown_events(chart.noted))
    highest = np.nanmax(np.concatenate((known, np.nan_to_num(chart.week_ago), [1.0])))
    axes.set_ylim(0, float(highest) * 1.08 / (1 - rows * ROW_PIXELS / (top - bottom)))
    draw_y_axis(axes, *value_ticks(axes.get_ylim(), is_ratio=False, language=chart.language))
    show_time(axes, chart, with_labels=True)
    draw_events(axes, chart.noted, zone=chart.zone)
    title = words.source_is_back if chart.is_over else words.no_source
    head(figure, f"{title}: {chart.table}", window_text(moment, chart.zone, chart.language))
    labels = (words.events, words.week_ago, words.gap)
    draw_legend(axes, labels, left=MARGIN, baseline=_LEGEND_BASELINE, points=look.TICK_POINTS)
    zone = numbers.zone_name(moment, chart.zone, chart.language)
    beside(
        axes,
        words.time.format(zone),
        height=0,
        shift=-8,
        colour=look.QUIET,
        va="top",
        points=look.TICK_POINTS,
    )
    _label_last(axes, chart, moment)
    return figure


def _mark_silence(axes: Axes, chart: OutageChart, x: Floats) -> None:
    """The time without events, hatched and tinted."""
    end = float(x[-1]) + STEP_DAYS / 2
    start = float(x[0]) - STEP_DAYS / 2
    if chart.last_event is not None:
        # A bar stands in the middle of its window's place, half a window before its events end.
        start = max(start, position(chart.last_event) - STEP_DAYS / 2)
    if chart.is_over:
        back = x[(x > start + STEP_DAYS / 2) & (np.nan_to_num(chart.events) > 0)]
        end = float(back[0]) - STEP_DAYS / 2 if back.size else end
    if start < end:
        axes.axvspan(
            start,
            end,
            facecolor="#fbf3d9",
            edgecolor=look.WAITING,
            hatch="//",
            linewidth=0,
            label=chart_wording(chart.language).gap,
            zorder=1,
        )


def _label_last(axes: Axes, chart: OutageChart, moment: datetime) -> None:
    words = chart_wording(chart.language)
    last = float(np.nan_to_num(chart.events[-1]))
    colour = look.ACTUAL if chart.is_over else look.BAD
    text = numbers.compact(last, chart.language)
    side_text(axes, text, 0.5, points=29, colour=colour, va="bottom", bold=True)
    side_text(axes, words.events, 0.5, shift=-4, points=17, colour=look.INK, va="top", bold=False)
    if chart.last_event is None or chart.is_over:
        return
    clock = numbers.clock(chart.last_event, chart.zone, seen_from=moment)
    told = f"{words.last_event}\n{clock}"
    side_text(axes, told, 0.74, points=17, colour=look.INK, va="bottom", bold=True)
