"""Runs of the project's jobs and ticks of its sensor on a real instance, as the daemon would have them."""

import atexit
import functools
import os
import shutil
import tempfile
import unittest.mock
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import dagster as dg

from vk_alerts.instance import write_dagster_home
from vk_alerts.pipeline.filling import ALLOWED_LATENESS
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.windows import window_end, window_key

# Writing Dagster's debug log to a terminal takes longer than some runs.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Dagster:
    """The project's definitions on an instance.

    Attributes:
        cursor: of the sensor, kept from tick to tick.
    """

    instance: dg.DagsterInstance
    defs: dg.Definitions
    cursor: str | None = field(default=None)

    def check(
        self,
        window: datetime,
        *,
        now: datetime | None = None,
        tags: Mapping[str, str] | None = None,
        must_succeed: bool = True,
    ) -> dg.ExecuteInProcessResult:
        """A run of ``check_metrics`` on one window, by default when it is due."""
        return self.defs.resolve_job_def("check_metrics").execute_in_process(
            instance=self.instance,
            partition_key=window_key(window),
            resources=resources_at(now or due(window)),
            tags=tags,
            run_config=_QUIET,
            raise_on_error=must_succeed,
        )

    def check_range(self, first: datetime, last: datetime) -> dg.ExecuteInProcessResult:
        """One run of ``check_metrics`` on the windows from ``first`` to ``last``, as a backfill makes it."""
        return self.defs.resolve_job_def("check_metrics").execute_in_process(
            instance=self.instance,
            resources=resources_at(due(last)),
            tags={
                "dagster/asset_partition_range_start": window_key(first),
                "dagster/asset_partition_range_end": window_key(last),
                "dagster/backfill": "test",
            },
            run_config=_QUIET,
        )

    def send(self, now: datetime, *, must_succeed: bool = True) -> dg.ExecuteInProcessResult:
        """A run of ``send_alerts``."""
        return self.defs.resolve_job_def("send_alerts").execute_in_process(
            instance=self.instance,
            resources=resources_at(now),
            run_config=_QUIET,
            raise_on_error=must_succeed,
        )

    def calibrate(self, day: str, *, now: datetime) -> dg.ExecuteInProcessResult:
        """A run of ``calibrate_thresholds`` on a local day."""
        return self.defs.resolve_job_def("calibrate_thresholds").execute_in_process(
            instance=self.instance, partition_key=day, resources=resources_at(now), run_config=_QUIET
        )

    def tick(self, now: datetime) -> tuple[list[dg.RunRequest], str]:
        """A tick of the sensor: what it asks for, or why it asks for nothing."""
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            repository_def=self.defs.get_repository_def(),
            resources=resources_at(now),
        )
        ticked = self.defs.resolve_sensor_def("anomaly_alert_sensor").evaluate_tick(context)
        self.cursor = ticked.cursor
        return list(ticked.run_requests or []), ticked.skip_message or ""

    def play(self, window: datetime) -> None:
        """A window as production lives it: checked when due; if the doorbell rings, told."""
        self.check(window)
        requests, _ = self.tick(due(window))
        for _request in requests:
            self.send(due(window))


@functools.cache
def _unused_home() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vk-alerts-dagster-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = write_dagster_home(folder / "home", queues_runs=False)
    with (
        unittest.mock.patch.dict(os.environ, DAGSTER_HOME=str(home)),
        dg.DagsterInstance.get() as instance,
    ):
        instance.get_materialized_partitions(dg.AssetKey("none"))
    return home


def new_dagster_home(folder: Path) -> Path:
    """A DAGSTER_HOME whose databases have their tables: making them takes ten times as long as a copy."""
    return Path(shutil.copytree(_unused_home(), folder))


def due(window: datetime) -> datetime:
    """When a live run is at work on a window."""
    return window_end(window) + ALLOWED_LATENESS


def resources_at(now: datetime) -> dict[str, object]:
    return {"alerting": AlertingResource(), "clock": ClockResource(fixed_at=now.isoformat())}


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """What the UI shows of the run's first failed step."""
    assert not result.success
    failed = next(event for event in result.all_events if event.is_step_failure)
    failure = failed.step_failure_data
    assert failure.user_failure_data is not None, failure.error
    return failure.user_failure_data.description or ""
