"""After the daemon was away, its schedule asks for every window that was due meanwhile, for each once."""

from datetime import datetime, timedelta

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from vk_alerts.marks import mark_materialized
from vk_alerts.pipeline.filling import MOST_PER_TICK
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.windows import STEP, window_from_key, window_key, windows_between
from vk_alerts_tests.integration.bot_api import closed_port
from vk_alerts_tests.integration.dagster_runs import Dagster

BACK = datetime.fromisoformat("2026-03-05T12:02+00:00")
# So short that no window closes while an outage is filled.
PAUSE = timedelta(seconds=30)
DAYS = timedelta(days=2)


class Daemon:
    """Ticks of the schedule, one after the other; a run that it asks for ends three ticks later."""

    def __init__(self, dagster: Dagster, now: datetime) -> None:
        self.dagster = dagster
        self.now = now
        self.asked: list[str] = []
        self.at_work: dict[str, tuple[datetime, dg.DagsterRun]] = {}

    def tick(self) -> list[str]:
        for key, (ends, run) in list(self.at_work.items()):
            if ends <= self.now:
                mark_materialized(
                    self.dagster.instance, "anomaly_scores", [window_from_key(key)], by="its run"
                )
                self.dagster.instance.run_storage.delete_run(run.run_id)
                del self.at_work[key]
        resources = {"clock": ClockResource(fixed_at=self.now.isoformat()), "alerting": AlertingResource()}
        with dg.build_schedule_context(
            self.dagster.instance,
            scheduled_execution_time=self.now,
            resources=resources,
            repository_def=self.dagster.defs.get_repository_def(),
        ) as context:
            ticked = self.dagster.defs.resolve_schedule_def("every_quarter_hour").evaluate_tick(context)
        keys = [str(request.partition_key) for request in ticked.run_requests or []]
        for key in keys:
            self.at_work[key] = (self.now + 3 * PAUSE, self.dagster.instance.add_run(_run_on(key)))
        self.asked += keys
        self.now += PAUSE
        return keys


def _run_on(key: str) -> dg.DagsterRun:
    location = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="location")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "repository"), "check_metrics")
    return dg.DagsterRun(
        job_name="check_metrics",
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": key},
        remote_job_origin=origin,
    )


@pytest.mark.parametrize("hours", [2, pytest.param(24, marks=pytest.mark.slow)])
def test_after_an_outage_every_window_is_asked_for_once_newest_first(
    dagster: Dagster, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    # Where ClickHouse cannot be asked how far the events reach, the run shall tell so.
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", f"http://127.0.0.1:{closed_port()}/app")
    missed = windows_between(BACK - timedelta(hours=hours, minutes=2), BACK - timedelta(minutes=2))
    mark_materialized(
        dagster.instance, "anomaly_scores", windows_between(missed[0] - DAYS, missed[0]), by="earlier runs"
    )
    daemon = Daemon(dagster, BACK)
    while keys := daemon.tick():
        assert len(keys) <= MOST_PER_TICK
    assert daemon.asked == [window_key(window) for window in reversed(missed)]
    for _ in range(4):  # while the last ones are at work, and after they have ended
        assert daemon.tick() == []
    assert not daemon.at_work


def test_a_window_that_closes_while_an_outage_is_filled_comes_first(
    dagster: Dagster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", f"http://127.0.0.1:{closed_port()}/app")
    daemon = Daemon(dagster, BACK)
    daemon.tick()
    daemon.now = BACK + STEP
    assert daemon.tick()[0] == window_key(BACK + STEP - timedelta(minutes=17))
