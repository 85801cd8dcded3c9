"""Scores of metric windows: pure functions over arrays."""

from vk_alerts.detection.history import DETECTORS, HISTORY, score_history
from vk_alerts.detection.scores import BAND_SIGMAS, Scores

__all__ = ["BAND_SIGMAS", "DETECTORS", "HISTORY", "Scores", "score_history"]
