"""The default detector: weekly habits at today's level, a slow drift that is followed, sums over windows.

The local days that hold windows to score are *lanes*. Noise is measured on the two weeks before a lane's day,
and the tracker begins two days before it; so whatever else is scored, a window's verdict takes the same
numbers. What they are at midnight is the day's memory: with it a window can be scored from much less history.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.baseline import WEEKS, Baseline, weekly_baseline
from vk_alerts.detection.blocks import LastRatio, block_means, last_ratio
from vk_alerts.detection.clock import Clock, Positions, take
from vk_alerts.detection.memory import TAIL, DayMemory
from vk_alerts.detection.noise import Noise, forgetting, measure_noise
from vk_alerts.detection.residual import Counts, Ratios, Scale
from vk_alerts.detection.scores import BAND_SIGMAS, Floats, Scores
from vk_alerts.detection.sums import WIDTHS, lasting_mean, strangeness, trailing_mean, usual_strangeness
from vk_alerts.detection.tracker import WARM_UP_DAYS, Tracker

NOISE_DAYS = 14

_LEAST_NOISE_DAYS = 5  # with the eight days that the first baseline takes: a verdict within two weeks
_HOLIDAY_WIDER = 1.3
_HOLIDAY_SUMS_WIDER = 2.0
_VALUES_AT_ONCE = 72_000  # keeps the arrays of the baseline within the processor's cache


@dataclass(frozen=True, slots=True)
class _Past:
    """Everything from the window ``first`` of the history on; arrays are float64 (n_series, n)."""

    first: int
    clock: Clock
    scale: Scale
    baseline: Baseline
    nearest: Floats  # of the expectations, the one that the value was compared with
    residual: Floats
    ordinary: Floats  # the residual without holidays
    floor: Floats  # the least variance of the white part

    def days(self, series: Floats, days: Positions) -> Floats:
        """A series by local day and slot, (n_series, n_days, m)."""
        per_day = self.clock.per_day
        found = self.clock.find((days[:, None] * per_day + np.arange(per_day)).reshape(-1))
        here = np.where(found >= self.first, found - self.first, -1)
        return take(series, here).reshape(len(series), len(days), per_day)


def score_seasonal(values: Floats, trials: Floats | None, clock: Clock, *, first: int) -> Scores:
    """Verdicts of the default detector on the windows from ``first`` on.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape, NaN = none; None for counts.
        clock: local time of the windows.
        first: windows before it are history only.
    """
    local_day = np.maximum.accumulate(clock.day)
    lanes = np.arange(local_day[first], local_day[-1] + 1)
    # The first mean of the two weeks looks back too.
    begin = max(0, int(np.searchsorted(local_day, lanes[0] - NOISE_DAYS)) - max(WIDTHS))
    past = _residuals(values, trials, clock, first=begin)
    noises = _noises(past, lanes)
    usual = {width: _usual_sums(past, lanes, noises, width) for width in WIDTHS}
    starts = np.searchsorted(local_day, lanes) - begin
    white, predicted, spread = _track(past, starts, noises, first=first - begin)

    now = slice(first - begin, None)
    lane = np.searchsorted(starts, np.arange(first - begin, past.residual.shape[1]), side="right") - 1
    score, spread = _score(
        np.pad(past.residual, ((0, 0), (TAIL, 0)), constant_values=np.nan)[:, first - begin :],
        slow=np.stack([noise.slow for noise in noises], axis=1)[:, lane],
        white=white,
        predicted=predicted,
        spread=spread,
        usual=[usual[width][:, lane] for width in WIDTHS],
        holiday=clock.is_holiday[first:],
    )
    return _in_metric_units(past, score, predicted, spread, now=now)


def remember(values: Floats, trials: Floats | None, clock: Clock) -> DayMemory:
    """What the windows of the local day that follows the history need of it.

    Args:
        values: float64 (n_series, n_windows), metric units, up to the day's midnight; NaN = missing.
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
    """
    local_day = np.maximum.accumulate(clock.day)
    day = int(local_day[-1]) + 1
    lanes = np.array([day])
    begin = max(0, int(np.searchsorted(local_day, day - NOISE_DAYS)) - max(WIDTHS))
    past = _residuals(values, trials, clock, first=begin)
    (noise,) = _noises(past, lanes)
    usual = [_usual_sums(past, lanes, [noise], width)[:, 0] for width in WIDTHS]
    tracker = Tracker(noise.slow, keep=forgetting(clock.per_day))
    windows = past.residual.shape[1]
    slot_variance = noise.white[:, None] * noise.slot**2
    slots, turns = clock.slot[begin:], _turns(clock.is_holiday[begin:])
    for at in range(max(0, windows - WARM_UP_DAYS * clock.per_day), windows):
        variance = np.maximum(slot_variance[:, slots[at]], past.floor[:, at])
        tracker.step(past.residual[:, at], variance, turns[at])
    state, doubt = tracker.left_off
    ordinary = np.where(clock.is_holiday, np.nan, values) if clock.is_holiday.any() else values
    blocks = block_means(ordinary, trials, clock)
    number = day * blocks.per_day
    tail = np.full((len(values), TAIL), np.nan)
    tail[:, max(0, TAIL - windows) :] = past.residual[:, max(0, windows - TAIL) :]
    return DayMemory(
        noise=noise,
        state=state,
        doubt=doubt,
        usual=np.stack(usual, axis=1),
        tail=tail,
        levels=tuple(last_ratio(blocks, number, weeks_ago=k) for k in range(1, WEEKS + 1)),
    )


def score_last(values: Floats, trials: Floats | None, clock: Clock, memory: DayMemory) -> Scores:
    """Verdicts on the last window, (n_series, 1), with the memory of its local day.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing. The windows need not be adjacent:
            the local day and the one before it, the same days of the last weeks, …
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
        memory: of the last window's local day.
    """
    local_day = np.maximum.accumulate(clock.day)
    first = int(np.searchsorted(local_day, local_day[-1]))
    past = _residuals(values, trials, clock, first=first, before=memory.levels)
    slot_variance = memory.noise.white[:, None] * memory.noise.slot**2
    slots, turns = clock.slot[first:], _turns(clock.is_holiday[first - 1 :])[1:]
    keep = forgetting(clock.per_day)
    tracker = Tracker.resumed(memory.noise.slow, state=memory.state, doubt=memory.doubt, keep=keep)
    for at in range(past.residual.shape[1]):
        variance = np.maximum(slot_variance[:, slots[at]], past.floor[:, at])
        step = tracker.step(past.residual[:, at], variance, turns[at])
    predicted = step.predicted[:, None]
    score, spread = _score(
        np.hstack([memory.tail, past.residual])[:, -TAIL - 1 :],
        slow=memory.noise.slow[:, None],
        white=variance[:, None],
        predicted=predicted,
        spread=step.spread[:, None],
        usual=[memory.usual[:, [place]] for place in range(len(WIDTHS))],
        holiday=clock.is_holiday[-1:],
    )
    return _in_metric_units(past, score, predicted, spread, now=slice(-1, None))


def _score(
    residuals: Floats,
    *,
    slow: Floats,
    white: Floats,
    predicted: Floats,
    spread: Floats,
    usual: Sequence[Floats],
    holiday: np.ndarray,
) -> tuple[Floats, Floats]:
    """Scores and the spread that holidays may have widened, (n_series, n).

    Args:
        residuals: (n_series, TAIL + n): the windows and the ``TAIL`` before them.
        slow: variance of the slow part, (n_series, n) as all that follow.
        white: of the white part.
        predicted: residuals that the tracker expected.
        spread: standard deviations of residual - predicted.
        usual: what the sums of each width usually amount to.
        holiday: bool (n,).
    """
    residual = residuals[:, TAIL:]
    spread = spread * np.where(holiday, _HOLIDAY_WIDER, 1.0)
    score = np.abs(residual - predicted) / spread
    for width, usually in zip(WIDTHS, usual, strict=True):
        means = lasting_mean(residuals, np.sqrt(slow + white), width)
        wider = usually * np.where(holiday, _HOLIDAY_SUMS_WIDER, 1.0)
        score = np.fmax(score, strangeness(means, slow, white, width) / wider)
    score[np.isnan(residual)] = np.nan
    return score, spread


def _turns(holiday: np.ndarray) -> np.ndarray:
    """Where a holiday begins or ends, bool (n,)."""
    return np.diff(holiday, prepend=holiday[0])


def _residuals(
    values: Floats,
    trials: Floats | None,
    clock: Clock,
    *,
    first: int,
    before: Sequence[LastRatio] | None = None,
) -> _Past:
    at_once = max(1, _VALUES_AT_ONCE // (values.shape[1] - first))
    parts = [
        weekly_baseline(
            values[some],
            None if trials is None else trials[some],
            clock,
            first=first,
            before=None if before is None else [LastRatio(b.ratio[some], b.age[some]) for b in before],
        )
        for some in (slice(i, i + at_once) for i in range(0, len(values), at_once))
    ]
    low = np.concatenate([part.low for part in parts])
    holidays = any(part.low is not part.high for part in parts)
    baseline = Baseline(low, np.concatenate([part.high for part in parts]) if holidays else low)
    nearest = baseline.nearest(values[:, first:])
    scale: Scale = Counts() if trials is None else Ratios(trials[:, first:])
    residual = scale.residual(values[:, first:], nearest)
    holiday = clock.is_holiday[first:]
    return _Past(
        first=first,
        clock=clock,
        scale=scale,
        baseline=baseline,
        residual=residual,
        ordinary=np.where(holiday, np.nan, residual) if holiday.any() else residual,
        nearest=nearest,
        floor=scale.least_noise(nearest),
    )


def _noises(past: _Past, lanes: Positions) -> list[Noise]:
    changes = np.diff(past.ordinary, axis=1, prepend=np.nan)
    least = _LEAST_NOISE_DAYS * past.clock.per_day
    fortnights = [np.arange(day - NOISE_DAYS, day) for day in lanes]
    return [
        measure_noise(past.days(past.ordinary, days), past.days(changes, days), least=least)
        for days in fortnights
    ]


def _usual_sums(past: _Past, lanes: Positions, noises: list[Noise], width: int) -> Floats:
    """What the sums of the two weeks before each lane amounted to, float64 (n_series, n_lanes)."""
    means = trailing_mean(past.ordinary, width)
    thin = slice(None, None, max(1, width // 2))  # neighbours share most of their windows
    usual = np.empty((len(means), len(lanes)))
    for i, (day, noise) in enumerate(zip(lanes, noises, strict=True)):
        days = np.arange(day - NOISE_DAYS, day)
        white = np.maximum(
            noise.white[:, None, None] * noise.slot[:, None, thin] ** 2,
            past.days(past.floor, days)[:, :, thin],
        )
        ordinary = strangeness(past.days(means, days)[:, :, thin], noise.slow[:, None, None], white, width)
        usual[:, i] = usual_strangeness(ordinary.reshape(len(means), -1))
    return usual


def _track(
    past: _Past, starts: Positions, noises: list[Noise], *, first: int
) -> tuple[Floats, Floats, Floats]:
    """White variance, predicted residual and its spread of the windows from ``first`` on, (n_series, n)."""
    per_day = past.clock.per_day
    rows, windows = past.residual.shape
    ends = np.append(starts[1:], windows)
    steps = np.arange(-WARM_UP_DAYS * per_day, int((ends - starts).max()))
    places = starts + steps[:, None]  # (steps, lanes)
    places[(places < 0) | (places >= ends)] = -1
    turns = np.append(_turns(past.clock.is_holiday[past.first :]), False)  # the last one answers for -1
    slots = past.clock.slot[past.first :]
    # One row per window: a step reads whole rows.
    residual = np.vstack([past.residual.T, np.full(rows, np.nan)])
    floor = np.vstack([past.floor.T, np.full(rows, np.nan)])
    slot_variance = np.stack([(noise.white[:, None] * noise.slot**2).T for noise in noises])
    tracker = Tracker(np.stack([noise.slow for noise in noises]), keep=forgetting(per_day))
    lanes = np.arange(len(starts))
    white, predicted, spread = (np.full((windows - first, rows), np.nan) for _ in range(3))
    for at in places:
        variance = np.maximum(slot_variance[lanes, slots[at]], floor[at])
        step = tracker.step(residual[at], variance, turns[at][:, None])
        wanted = at >= np.maximum(starts, first)
        target = at[wanted] - first
        white[target] = variance[wanted]
        predicted[target] = step.predicted[wanted]
        spread[target] = step.spread[wanted]
    return white.T, predicted.T, spread.T


def _in_metric_units(past: _Past, score: Floats, predicted: Floats, spread: Floats, *, now: slice) -> Scores:
    scale: Scale = Ratios(past.scale.trials[:, now]) if isinstance(past.scale, Ratios) else past.scale
    return Scores(
        score=score,
        expected=scale.metric(past.nearest[:, now], predicted),
        lower=scale.metric(past.baseline.low[:, now], predicted - BAND_SIGMAS * spread),
        upper=scale.metric(past.baseline.high[:, now], predicted + BAND_SIGMAS * spread),
    )
