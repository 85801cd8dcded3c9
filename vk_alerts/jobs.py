"""The two jobs: measure and score a window; fold incidents and send."""

import dagster as dg

check_metrics = dg.define_asset_job(
    "check_metrics",
    selection=dg.AssetSelection.tag("vk_alerts/job", "check_metrics"),
    description="Snapshots and scores of one window (or of a range, in a backfill).",
)

send_alerts = dg.define_asset_job(
    "send_alerts",
    selection=dg.AssetSelection.tag("vk_alerts/job", "send_alerts"),
    description="Folds every new window of scores into incidents, and sends what is to be told.",
)
