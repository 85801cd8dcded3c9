"""One window scored from little history: what production does every quarter of an hour."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import gcd
from zoneinfo import ZoneInfo

import numpy as np

from vk_alerts.detection.baseline import HOLIDAY_SUNDAYS, RECENT_DAYS
from vk_alerts.detection.blocks import BLOCKS_PER_DAY
from vk_alerts.detection.clock import Positions, clock_of, local_clock
from vk_alerts.detection.history import (
    DETECTORS,
    checked_moment,
    checked_shapes,
    checked_step,
    checked_values,
    checked_zone,
    detector_named,
)
from vk_alerts.detection.levels import WEEKS
from vk_alerts.detection.memory import STATE_WIDTH, DayMemory
from vk_alerts.detection.rows import in_batches
from vk_alerts.detection.scores import Floats, Scores
from vk_alerts.detection.seasonal import remember, score_last
from vk_alerts.detection.tracker import WARM_UP_DAYS
from vk_alerts.errors import DetectionInputError

Range = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_SEASONAL = DETECTORS[0]
# No zone has ever turned its clocks further back.
_LONGEST_REPEAT = timedelta(hours=3)


def needs_state(detector: str) -> bool:
    """Whether ``score_tick`` needs the state of the window's local day for this detector."""
    return detector == _SEASONAL


def day_start(window: datetime, *, step: timedelta, timezone: str) -> datetime:
    """The first window of the window's local day, aware UTC."""
    checked_moment(window, "window")
    checked_step(step)
    zone = checked_zone(timezone)
    day = _local_day(window, step, zone)
    start = _aligned(_utc(day, zone=zone)[0], window, step)
    # Midnight may lie within a window, or in the hour that clocks skip.
    while start.astimezone(zone).date() < day:
        start += step
    return start


def tick_ranges(
    window: datetime, *, step: timedelta, timezone: str, holidays: Iterable[date] = ()
) -> tuple[Range, ...]:
    """The windows that ``score_tick`` needs for ``window``, about 18 of the last 62 days.

    The window's local day and the three before it, the same a week ago, the same day and the one before it of
    the four to five weeks before that, and on a holiday the last four Sundays.

    Returns:
        Half-open ranges of window starts, aware UTC, ascending and disjoint.
    """
    checked_moment(window, "window")
    checked_step(step)
    zone = checked_zone(timezone)
    return tuple(_merged(_ranges(window, step, zone, frozenset(holidays))))


def day_state(
    values: Floats,
    *,
    start: datetime,
    step: timedelta = timedelta(minutes=15),
    trials: Floats | None = None,
    holidays: Iterable[date] = (),
    timezone: str = "Europe/Moscow",
) -> Floats:
    """What verdicts on a local day need of its past and what does not change during the day.

    Args:
        values: float64 (n_series, n_windows), the ``HISTORY`` before the day's midnight, as for
            ``score_history``.
        start: aware start of window 0.
        step: length of a window.
        trials: denominators of ratios, same shape; None for counts.
        holidays: local dates.
        timezone: the zone whose midnight ends the history.

    Returns:
        float64 (n_series, STATE_WIDTH); NaN = unknown. To be handed to ``score_tick`` as it is.

    Raises:
        DetectionInputError: the arguments do not fit together, or the history does not end at a midnight.
    """
    values, trials = checked_shapes(values, trials)
    checked_moment(start, "start")
    checked_step(step)
    zone = checked_zone(timezone)
    end = start + values.shape[1] * step
    if day_start(end, step=step, timezone=timezone) != end:
        local = end.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        raise DetectionInputError(f"values: end at {local} in {timezone}; must end where a local day begins")
    if not values.size:
        return np.full((len(values), STATE_WIDTH), np.nan)
    clock = local_clock(start, step, windows=values.shape[1], timezone=zone, holidays=holidays)
    state = np.empty((len(values), STATE_WIDTH))

    def work(some: slice) -> None:
        mine, tried = checked_values(values[some], None if trials is None else trials[some])
        state[some] = remember(mine, tried, clock).packed()

    in_batches(len(values), work, width=WARM_UP_DAYS * clock.per_day)
    return state


def score_tick(
    values: Floats,
    *,
    starts: Positions,
    state: Floats | None = None,
    step: timedelta = timedelta(minutes=15),
    trials: Floats | None = None,
    holidays: Iterable[date] = (),
    timezone: str = "Europe/Moscow",
    detector: str = _SEASONAL,
) -> Scores:
    """Verdicts on one window, the last one given: those that ``score_history`` gives with all of the past.

    Args:
        values: float64 (n_series, n_windows), metric units, the windows of ``tick_ranges``; NaN = missing.
        starts: int64 (n_windows,): the windows' starts, ascending, seconds since 1970 UTC.
        state: of the window's local day, from ``day_state``; None for detectors that need none.
        step: length of a window.
        trials: denominators of ratios, same shape; None for counts.
        holidays: local dates.
        timezone: the zone of the users' habits.
        detector: one of ``DETECTORS``.

    Returns:
        Scores of shape (n_series, 1).

    Raises:
        DetectionInputError: the arguments do not fit together.
    """
    values, trials = checked_shapes(values, trials)
    checked_step(step)
    score = detector_named(detector)
    if len(starts) != values.shape[1] or not len(starts):
        raise DetectionInputError(f"starts: {len(starts)} of them; values have {values.shape[1]} windows")
    apart = np.diff(starts)
    if (apart <= 0).any() or (apart % int(step.total_seconds())).any():
        raise DetectionInputError(f"starts: must ascend in steps of {step}")
    clock = clock_of(starts, step, timezone=checked_zone(timezone), holidays=holidays)
    if needs_state(detector) and (state is None or state.shape != (len(values), STATE_WIDTH)):
        shape = None if state is None else state.shape
        raise DetectionInputError(f"state: shape {shape}; must be {(len(values), STATE_WIDTH)}")
    scores = Scores.to_be_put((len(values), 1))

    def work(some: slice) -> None:
        mine, tried = checked_values(values[some], None if trials is None else trials[some])
        if needs_state(detector) and state is not None:
            memory = DayMemory.unpacked(state[some], per_day=clock.per_day)
            score_last(mine, tried, clock, memory, into=scores.of(some))
        else:
            score(mine, tried, clock, first=len(starts) - 1, into=scores.of(some))

    in_batches(len(values), work, width=clock.per_day)
    return scores


def _ranges(window: datetime, step: timedelta, zone: ZoneInfo, holidays: frozenset[date]) -> Iterator[Range]:
    day = _local_day(window, step, zone)
    per_day = _DAY // step
    block = per_day // gcd(BLOCKS_PER_DAY, per_day) * step
    here = window.astimezone(zone)
    slot = timedelta(hours=here.hour, minutes=here.minute)
    block_end = (slot // block + 1) * block

    def between(first: date, last: date) -> Range:
        # A window more than the block: history is smoothed over neighbours.
        return _aligned(_utc(first, zone=zone)[0], window, step), _aligned(
            _utc(last, block_end, zone=zone)[1] + 2 * step, window, step
        )

    yield _aligned(_utc(day - RECENT_DAYS * _DAY, zone=zone)[0], window, step), window + step
    for week in range(1, WEEKS + 1):
        then = day - 7 * week * _DAY
        yield between(then - (RECENT_DAYS if week == 1 else 1) * _DAY, then)
    if holidays & {day, here.date()}:
        for week in range(HOLIDAY_SUNDAYS):
            sunday = day - (day.weekday() + 1 + 7 * week) * _DAY
            yield between(sunday - _DAY, sunday)


def _merged(ranges: Iterable[Range]) -> Iterator[Range]:
    open_start = open_end = None
    for start, end in sorted(ranges):
        if open_start is None or open_end is None:
            open_start, open_end = start, end
        elif start <= open_end:
            open_end = max(open_end, end)
        else:
            yield open_start, open_end
            open_start, open_end = start, end
    if open_start is not None and open_end is not None:
        yield open_start, open_end


def _local_day(window: datetime, step: timedelta, zone: ZoneInfo) -> date:
    """The local date, which does not go back where clocks are turned back over midnight."""
    back = range(_LONGEST_REPEAT // step + 1)
    return max((window - steps * step).astimezone(zone).date() for steps in back)


def _utc(day: date, clock: timedelta = timedelta(), *, zone: ZoneInfo) -> Range:
    """The earliest and the latest moment at which it may be that time of that local day."""
    naive = datetime.combine(day, time()) + clock
    moments = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(moments), max(moments)


def _aligned(moment: datetime, window: datetime, step: timedelta) -> datetime:
    """The start of the window in which a moment lies."""
    return (window + (moment - window) // step * step).astimezone(UTC)
