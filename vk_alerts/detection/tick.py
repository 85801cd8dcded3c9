"""One window scored from little history: what production does every quarter of an hour."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import numpy as np

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
from vk_alerts.detection.memory import STATE_WIDTH, DayMemory
from vk_alerts.detection.ranges import day_start
from vk_alerts.detection.rows import in_batches
from vk_alerts.detection.scores import Floats, Scores
from vk_alerts.detection.seasonal import remember, score_last
from vk_alerts.detection.tracker import WARM_UP_DAYS
from vk_alerts.errors import DetectionInputError

_SEASONAL = DETECTORS[0]


def needs_state(detector: str) -> bool:
    """Whether ``score_tick`` needs the state of the window's local day for this detector."""
    return detector == _SEASONAL


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
