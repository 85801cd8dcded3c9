"""The jobs: measure and score a window; fold incidents and send; send what is left; calibrate once a day."""

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

drain_outbox = dg.define_asset_job(
    "drain_outbox",
    selection=dg.AssetSelection.assets("telegram_alerts"),
    description="Sends what is left in the outbox; needs the state database only.",
)

calibrate_thresholds = dg.define_asset_job(
    "calibrate_thresholds",
    selection=dg.AssetSelection.tag("vk_alerts/job", "calibrate_thresholds"),
    description="Finds the thresholds that keep to the alert budget, from eight weeks of scores.",
)
