"""Everything Dagster loads, from the catalog that the environment names."""

import dagster as dg

from vk_alerts.assets import build_assets
from vk_alerts.checks import health
from vk_alerts.executor import executor_named
from vk_alerts.investigation import build_what_if
from vk_alerts.jobs import calibrate_thresholds, check_health, check_metrics, drain_outbox, send_alerts
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.schedules import build_calibration_schedule, build_schedule, every_cycle, every_minute
from vk_alerts.sensors import anomaly_alert_sensor, late_rows_sensor
from vk_alerts.settings import read_settings

_SETTINGS = read_settings()

defs = dg.Definitions(
    assets=build_assets(load_catalog(_SETTINGS.catalog), start=_SETTINGS.start, zone=_SETTINGS.zone),
    asset_checks=[health],
    jobs=[
        check_metrics,
        send_alerts,
        drain_outbox,
        calibrate_thresholds,
        check_health,
        build_what_if(_SETTINGS.start),
    ],
    schedules=[
        build_schedule(_SETTINGS.start),
        build_calibration_schedule(_SETTINGS.start, _SETTINGS.zone),
        every_minute,
        every_cycle,
    ],
    sensors=[anomaly_alert_sensor, late_rows_sensor],
    resources={"alerting": AlertingResource(), "clock": ClockResource()},
    executor=executor_named(_SETTINGS.executor),
)
