"""The use cases, in the order of the data's way; what the assets, the commands and the demo call."""

from vk_alerts.pipeline.backfill import backfill
from vk_alerts.pipeline.calibration import CalibrationReport, calibrate_thresholds
from vk_alerts.pipeline.completeness import may_need_waiting, waits_for, watermarks
from vk_alerts.pipeline.delivering import DeliveryReport, Post, deliver, drain_due, open_post, post_of
from vk_alerts.pipeline.doorbell import Ring, ring_for
from vk_alerts.pipeline.health import CheckResult, check_alive, check_health
from vk_alerts.pipeline.history import HistoryReport, copy_history
from vk_alerts.pipeline.incidents import IncidentReport, advance_incidents
from vk_alerts.pipeline.lateness import LateRows, late_rows
from vk_alerts.pipeline.liveliness import is_told, tell_alive
from vk_alerts.pipeline.notices import tell_troubles
from vk_alerts.pipeline.revisions import RescoreReport, rescore_windows
from vk_alerts.pipeline.scoring import ScoreReport, score_windows
from vk_alerts.pipeline.snapshots import SnapshotReport, take_snapshots
from vk_alerts.pipeline.stores import Stores, open_stores
from vk_alerts.pipeline.what_if import Answer, Question, what_if

__all__ = [
    "Answer",
    "CalibrationReport",
    "CheckResult",
    "DeliveryReport",
    "HistoryReport",
    "IncidentReport",
    "LateRows",
    "Post",
    "Question",
    "RescoreReport",
    "Ring",
    "ScoreReport",
    "SnapshotReport",
    "Stores",
    "advance_incidents",
    "backfill",
    "calibrate_thresholds",
    "check_alive",
    "check_health",
    "copy_history",
    "deliver",
    "drain_due",
    "is_told",
    "late_rows",
    "may_need_waiting",
    "open_post",
    "open_stores",
    "post_of",
    "rescore_windows",
    "ring_for",
    "score_windows",
    "take_snapshots",
    "tell_alive",
    "tell_troubles",
    "waits_for",
    "watermarks",
    "what_if",
]
