"""The jobs: measure and score a window; fold incidents and send; send what is left; calibrate once a day."""

import dagster as dg

from vk_alerts.checks import health


def _of(job: str) -> dg.AssetSelection:
    """The assets of a job; their checks have one of their own, since an alert does not wait for them."""
    return dg.AssetSelection.tag("vk_alerts/job", job).without_checks()


check_metrics = dg.define_asset_job(
    "check_metrics",
    selection=_of("check_metrics"),
    description="Snapshots and scores of one window (or of a range, in a backfill).",
)

send_alerts = dg.define_asset_job(
    "send_alerts",
    selection=_of("send_alerts"),
    description="Folds every new window of scores into incidents, and sends what is to be told.",
)

drain_outbox = dg.define_asset_job(
    "drain_outbox",
    selection=dg.AssetSelection.assets("telegram_alerts").without_checks(),
    description="Sends what is left in the outbox; needs the state database only.",
)

calibrate_thresholds = dg.define_asset_job(
    "calibrate_thresholds",
    selection=_of("calibrate_thresholds"),
    description="Finds the thresholds that keep to the alert budget, from eight weeks of scores.",
)

check_health = dg.define_asset_job(
    "check_health",
    selection=dg.AssetSelection.checks(health),
    description="Looks at whether the watcher itself is well, and gives a sign of life when it is.",
)
