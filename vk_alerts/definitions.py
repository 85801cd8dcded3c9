"""Everything Dagster loads, from the catalog that the environment names."""

import dagster as dg

from vk_alerts.assets import build_assets
from vk_alerts.checks import health
from vk_alerts.executor import executor_named
from vk_alerts.investigation import build_what_if
from vk_alerts.jobs import (
    calibrate_thresholds,
    check_health,
    check_metrics,
    drain_outbox,
    keep_house,
    send_alerts,
    tell_alive,
)
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.schedules import (
    build_calibration_schedule,
    build_morning_schedule,
    build_schedule,
    every_cycle,
    every_minute,
    every_night,
)
from vk_alerts.sensors import anomaly_alert_sensor, late_rows_sensor, run_failure_sensor
from vk_alerts.settings import read_settings

_SETTINGS = read_settings()
_CATALOG = load_catalog(_SETTINGS.catalog)

defs = dg.Definitions(
    assets=build_assets(_CATALOG, start=_SETTINGS.start, zone=_SETTINGS.zone),
    asset_checks=[health],
    jobs=[
        check_metrics,
        send_alerts,
        drain_outbox,
        calibrate_thresholds,
        check_health,
        tell_alive,
        keep_house,
        build_what_if(_SETTINGS.start),
    ],
    schedules=[
        build_schedule(_SETTINGS.start),
        build_calibration_schedule(_SETTINGS.start, _SETTINGS.zone),
        build_morning_schedule(_SETTINGS.zone, hour=_CATALOG.system.alive_hour),
        every_minute,
        every_cycle,
        every_night,
    ],
    sensors=[anomaly_alert_sensor, late_rows_sensor, run_failure_sensor],
    resources={"alerting": AlertingResource(), "clock": ClockResource()},
    executor=executor_named(_SETTINGS.executor),
)
