"""The tracker over the windows of some local days, the lanes, each of which begins two days before it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.clock import Clock, Positions
from vk_alerts.detection.noise import Noise, forgetting
from vk_alerts.detection.past import Past
from vk_alerts.detection.scores import Floats
from vk_alerts.detection.tracker import WARM_UP_DAYS, Tracker


@dataclass(frozen=True, slots=True)
class Followed:
    """What was known before each window; float64 (n_windows, n_series), one row per window.

    Attributes:
        white: variance of the window's white part.
        predicted: the residual that the tracker expected.
        spread: the standard deviation of residual - predicted.
        unrest: by how much larger it is to be taken.
    """

    white: Floats
    predicted: Floats
    spread: Floats
    unrest: Floats


def follow(past: Past, noise: Noise, clock: Clock, *, starts: Positions, judged: int) -> Followed:
    """The windows from ``judged`` on.

    Args:
        past: of all windows that the tracker sees.
        noise: before each lane.
        clock: local time of the windows.
        starts: int64 (n_lanes,): the windows with which the lanes begin.
        judged: the first window wanted.
    """
    per_day = clock.per_day
    windows, rows = past.residual.shape[0] - 1, past.residual.shape[1]
    starts, first = starts - past.first, judged - past.first
    ends = np.append(starts[1:], windows)
    steps = np.arange(-WARM_UP_DAYS * per_day, int((ends - starts).max()))
    places = starts + steps[:, None]  # (steps, lanes)
    places[(places < 0) | (places >= ends)] = -1
    turns = np.append(holiday_turns(clock)[past.first :], False)  # the last one answers for -1
    slots = clock.slot[past.first :]
    slot_white = np.ascontiguousarray(noise.slot_white.transpose(1, 2, 0))
    tracker = Tracker(
        np.ascontiguousarray(noise.slow.T),
        np.ascontiguousarray(noise.bursts.T),
        keep=forgetting(per_day),
        per_day=per_day,
    )
    lanes = np.arange(len(starts))
    white, predicted, spread, unrest = (np.empty((windows - first, rows)) for _ in range(4))
    for at in places:
        variance = np.maximum(slot_white[lanes, slots[at]], past.floor[at])
        step = tracker.step(past.residual[at], variance, turns[at][:, None], _of(past.day_off, at))
        wanted = at >= np.maximum(starts, first)
        if not wanted.any():
            continue
        target = at[wanted] - first
        white[target] = variance[wanted]
        predicted[target] = step.predicted[wanted]
        spread[target] = step.spread[wanted]
        unrest[target] = step.unrest[wanted]
    return Followed(white, predicted, spread, unrest)


def follow_through(tracker: Tracker, past: Past, noise: Noise, clock: Clock) -> Followed:
    """What was known before the last window, after the tracker has seen all of the past.

    Args:
        tracker: of one lane, arrays (n_series,); it is moved on, past the last window.
        past: of the windows that it sees, at least one.
        noise: before the lane.
        clock: local time of the windows.
    """
    slot_white = np.ascontiguousarray(noise.slot_white[:, 0].T)
    slots, turns = clock.slot[past.first :], holiday_turns(clock)[past.first :]
    for at, slot in enumerate(slots):
        variance = np.maximum(slot_white[slot], past.floor[at])
        step = tracker.step(past.residual[at], variance, turns[at], _of(past.day_off, at))
    return Followed(variance[None], step.predicted[None], step.spread[None], step.unrest[None])


def _of(day_off: Floats | None, at: Positions | int) -> Floats | float:
    return 0.0 if day_off is None else day_off[at]


def holiday_turns(clock: Clock) -> NDArray[np.bool_]:
    """The windows with which a holiday begins or has ended, bool (n_windows,)."""
    return np.diff(clock.is_holiday, prepend=clock.is_holiday[:1])
