"""The time axis: days since 1970 in UTC, ticks at whole local hours."""

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from vk_alerts.charts.axis import draw_x_axis
from vk_alerts.charts.model import Floats
from vk_alerts.windows import STEP

STEP_DAYS = STEP / timedelta(days=1)
_LEAST_SPAN = timedelta(hours=2)
# A tick each 4 hours is what stays readable when a day is shown 390 px wide.
_TICK_HOURS = ((timedelta(hours=4), 1), (timedelta(hours=9), 2), (timedelta(days=2), 4))
_DAYS_APART = 24
_SECONDS_A_DAY = 86_400


class Timed(Protocol):
    """What has windows on a time axis."""

    @property
    def times(self) -> npt.NDArray[np.datetime64]:
        """datetime64[s] (n,), UTC starts of adjacent windows, oldest first, n >= 1."""
        ...

    @property
    def zone(self) -> str:
        """IANA name of the zone of the time axis."""
        ...


def positions(chart: Timed) -> Floats:
    """float64 (n,): the windows' starts on the time axis."""
    return chart.times.astype("datetime64[s]").astype(np.float64) / _SECONDS_A_DAY


def position(moment: datetime) -> float:
    """An aware moment on the time axis."""
    return moment.timestamp() / _SECONDS_A_DAY


def show_time(axes: Axes, chart: Timed, *, with_labels: bool) -> None:
    """Limits and ticks of the x axis: local hours, the date at midnight."""
    first, last = _moment(chart.times[0]), _moment(chart.times[-1])
    span = max(last - first, _LEAST_SPAN)
    start, end = last - span, last
    axes.set_xlim(position(start) - STEP_DAYS, position(end) + 1.5 * STEP_DAYS)
    hours = next((hours for longest, hours in _TICK_HOURS if span <= longest), _DAYS_APART)
    ticks = _ticks(start, end, hours, chart.zone)
    words = [_tick_text(tick) for tick in ticks] if with_labels else []
    draw_x_axis(axes, [position(tick) for tick in ticks], words)


def _moment(time: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(time.astype("datetime64[s]").astype(np.int64)), UTC)


def _ticks(start: datetime, end: datetime, hours: int, zone: str) -> list[datetime]:
    """Local moments at whole hours divisible by ``hours``, within [start, end]."""
    found = []
    moment = start.replace(minute=0, second=0, microsecond=0)
    while moment <= end:
        # Steps of 15 minutes in UTC meet every local hour, in zones 30 or 45 minutes off too.
        local = moment.astimezone(ZoneInfo(zone))
        if moment >= start and local.minute == 0 and local.hour % hours == 0:
            found.append(local)
        moment += STEP
    return found


def _tick_text(local: datetime) -> str:
    return f"{local:%d.%m}" if local.hour == 0 else f"{local:%H:%M}"
