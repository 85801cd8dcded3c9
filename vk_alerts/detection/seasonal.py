"""The default detector: weekly habits at today's level, a slow drift that is followed, sums over windows.

The local days that hold windows to score are *lanes*. Noise is measured on the two weeks before a lane's day,
and the tracker begins two days before it; so whatever else is scored, a window's verdict takes the same
numbers. What they are at midnight is the day's memory: with it a window can be scored from much less history.
"""

import numpy as np

from vk_alerts.detection.clock import Clock, Positions
from vk_alerts.detection.days_off import days_off_of
from vk_alerts.detection.following import follow, follow_through
from vk_alerts.detection.fortnights import NOISE_DAYS, Fortnights
from vk_alerts.detection.judging import Evidence, judge
from vk_alerts.detection.levels import WEEKS, last_ratio
from vk_alerts.detection.memory import TAIL, DayMemory
from vk_alerts.detection.noise import Noise, forgetting
from vk_alerts.detection.past import Past, past_of
from vk_alerts.detection.residual import scale_of
from vk_alerts.detection.rows import strips
from vk_alerts.detection.scores import Floats, Scores
from vk_alerts.detection.sums import WIDTHS
from vk_alerts.detection.tracker import WARM_UP_DAYS, Tracker


def score_seasonal(values: Floats, trials: Floats | None, clock: Clock, *, first: int, into: Scores) -> None:
    """Verdicts of the default detector on the windows from ``first`` on.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape, NaN = none; None for counts.
        clock: local time of the windows.
        first: windows before it are history only.
        into: where the verdicts go.
    """
    local_day = np.maximum.accumulate(clock.day)
    lanes = np.arange(local_day[first], local_day[-1] + 1)
    past, noise = _studied(values, trials, clock, lanes, judged=first)
    starts = np.searchsorted(local_day, lanes)
    followed = follow(past, noise, clock, starts=starts, judged=first)
    lane = local_day[first:] - lanes[0]
    for some in strips(len(values), width=4 * len(lane)):
        evidence = Evidence(
            residuals=past.tailed(some, judged=first, tail=TAIL),
            slow=past.slow(np.take(noise.slow[some], lane, axis=1), some, judged=first),
            white=np.ascontiguousarray(followed.white[:, some].T),
            predicted=np.ascontiguousarray(followed.predicted[:, some].T),
            spread=np.ascontiguousarray(followed.spread[:, some].T),
            usual=np.take(noise.usual[some], lane, axis=1),
            divisor=np.take(noise.bursts[some], lane, axis=1) * followed.unrest[:, some].T,
            is_holiday=clock.is_holiday[first:],
            days_off=days_off_of(trials),
            scale=scale_of(None if trials is None else trials[some], slice(first, None)),
            baseline=past.baseline.of(some),
            nearest=past.nearest[some],
        )
        into.put(some, judge(evidence))


def remember(values: Floats, trials: Floats | None, clock: Clock) -> DayMemory:
    """What the windows of the local day that follows the history need of it.

    Args:
        values: float64 (n_series, n_windows), metric units, up to the day's midnight; NaN = missing.
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
    """
    windows = values.shape[1]
    day = int(clock.day.max()) + 1
    past, noise = _studied(values, trials, clock, np.array([day]), judged=windows)
    tracker = _tracker(noise)
    follow_through(tracker, past, noise, clock)
    state, doubt, unrest = tracker.left_off
    blocks = past.levels.blocks
    return DayMemory(
        noise=noise,
        state=state,
        doubt=doubt,
        unrest=unrest,
        tail=past.tailed(slice(None), judged=windows, tail=TAIL),
        levels=tuple(last_ratio(blocks, day * blocks.per_day, weeks_ago=k) for k in range(1, WEEKS + 1)),
    )


def score_last(
    values: Floats, trials: Floats | None, clock: Clock, memory: DayMemory, *, into: Scores
) -> None:
    """Verdicts on the last window, (n_series, 1), with the memory of its local day.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing. The windows need not be adjacent:
            the local day and the one before it, the same days of the last weeks, …
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
        memory: of the last window's local day.
        into: where the verdicts go.
    """
    local_day = np.maximum.accumulate(clock.day)
    today, last = int(np.searchsorted(local_day, local_day[-1])), len(local_day) - 1
    past = past_of(values, trials, clock, compared=today, followed=today, judged=last, before=memory.levels)
    noise = memory.noise
    tracker = _tracker(noise)
    tracker.resume(memory.state, memory.doubt, memory.unrest)
    followed = follow_through(tracker, past, noise, clock)
    residuals = np.hstack([memory.tail, past.residual[:-1].T])
    evidence = Evidence(
        residuals=residuals[:, -TAIL - 1 :],
        slow=past.slow(noise.slow, slice(None), judged=last),
        white=followed.white.T,
        predicted=followed.predicted.T,
        spread=followed.spread.T,
        usual=noise.usual,
        divisor=noise.bursts * followed.unrest.T,
        is_holiday=clock.is_holiday[last:],
        days_off=days_off_of(trials),
        scale=scale_of(trials, slice(last, None)),
        baseline=past.baseline,
        nearest=past.nearest,
    )
    into.put(slice(None), judge(evidence))


def _tracker(noise: Noise) -> Tracker:
    """That of the only lane."""
    return Tracker(
        noise.slow[:, 0], noise.bursts[:, 0], keep=forgetting(noise.per_day), per_day=noise.per_day
    )


def _studied(
    values: Floats, trials: Floats | None, clock: Clock, lanes: Positions, *, judged: int
) -> tuple[Past, Noise]:
    """The past of windows in adjacent local days, and the noise before each of these."""
    local_day = np.maximum.accumulate(clock.day)
    # The first mean of the two weeks looks back too.
    compared = max(0, int(np.searchsorted(local_day, lanes[0] - NOISE_DAYS)) - max(WIDTHS))
    followed = max(0, int(np.searchsorted(local_day, lanes[0])) - WARM_UP_DAYS * clock.per_day)
    noise = Noise.to_be_put(len(values), len(lanes), per_day=clock.per_day)
    fortnights = Fortnights.before(lanes, clock, first=compared)
    past = past_of(
        values,
        trials,
        clock,
        compared=compared,
        followed=followed,
        judged=judged,
        measured=(fortnights, noise),
    )
    return past, noise
