"""Scores of metric windows: pure functions over arrays.

A range is scored from all of its history: ``score_history``. One window needs 18 days of it, those of
``tick_ranges``, once the ``day_state`` of its local day is known, from the ``HISTORY`` before ``day_start``:
``score_tick`` then gives the same numbers. A state is kept with ``STATE_REVISION``; ``needs_state`` tells
which detectors take one.
"""

from vk_alerts.detection.history import DETECTORS, HISTORY, score_history
from vk_alerts.detection.memory import STATE_REVISION, STATE_WIDTH
from vk_alerts.detection.ranges import day_start, tick_ranges
from vk_alerts.detection.scores import BAND_SIGMAS, Scores
from vk_alerts.detection.shares import SHARE_DETECTORS, Decision, Shares, count_shares, decide, rate_shares
from vk_alerts.detection.tick import day_state, needs_state, score_tick

__all__ = [
    "BAND_SIGMAS",
    "DETECTORS",
    "HISTORY",
    "SHARE_DETECTORS",
    "STATE_REVISION",
    "STATE_WIDTH",
    "Decision",
    "Scores",
    "Shares",
    "count_shares",
    "day_start",
    "day_state",
    "decide",
    "needs_state",
    "rate_shares",
    "score_history",
    "score_tick",
    "tick_ranges",
]
