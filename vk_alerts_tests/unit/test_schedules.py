from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from vk_alerts.definitions import defs
from vk_alerts.instance import end_orphaned_runs
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.schedules import _failures, _keys_in_progress, build_schedule, keys_in_range
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.integration.bot_api import closed_port

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (
            "2026-03-05-12:00",
            "2026-03-05-12:30",
            {"2026-03-05-12:00", "2026-03-05-12:15", "2026-03-05-12:30"},
        ),
        ("2026-03-05-12:00", "2026-03-05-12:00", {"2026-03-05-12:00"}),
        ("2026-03-05-12:30", "2026-03-05-12:00", set()),
        ("2026-03-05", "2026-03-06", set()),
        ("a", "2026-03-05-12:00", set()),
        ("2026-03-05-12:00", "z", set()),
    ],
)
def test_a_range_in_progress_includes_both_ends_and_other_projects_keys_are_no_windows(first, last, expected):
    assert keys_in_range(first, last) == expected


FOUR = [window_key(NOON - n * STEP) for n in range(1, 5)]


def run_with(tags, status=dg.DagsterRunStatus.STARTED):
    # Dagster wants to know where a queued run comes from.
    location = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="location")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "repository"), "check_metrics")
    return dg.DagsterRun(job_name="check_metrics", status=status, tags=tags, remote_job_origin=origin)


@pytest.fixture(scope="module")
def kept_instance(tmp_path_factory):
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance:
        yield instance


@pytest.mark.slow
def test_a_tick_asks_for_what_is_missing_and_then_says_that_nothing_is(kept_instance, monkeypatch):
    # Where ClickHouse cannot be asked how far the events reach, the run shall tell so.
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", f"http://127.0.0.1:{closed_port()}/app")
    schedule = build_schedule(NOON - 4 * STEP)

    def tick():
        clock = ClockResource(fixed_at=(NOON + timedelta(minutes=2)).isoformat())
        with dg.build_schedule_context(
            kept_instance,
            scheduled_execution_time=NOON + timedelta(minutes=2),
            resources={"clock": clock, "alerting": AlertingResource()},
            repository_def=defs.get_repository_def(),
        ) as context:
            result = schedule.evaluate_tick(context)
        requests = result.run_requests or []
        assert [request.run_key for request in requests] == [request.partition_key for request in requests]
        return [request.partition_key for request in requests], result.skip_message

    assert tick() == (FOUR, None)
    for key in (FOUR[0], FOUR[2]):
        kept_instance.report_runless_asset_event(dg.AssetMaterialization("anomaly_scores", partition=key))
    assert tick() == ([FOUR[1], FOUR[3]], None)
    kept_instance.report_runless_asset_event(dg.AssetMaterialization("anomaly_scores", partition=FOUR[1]))
    kept_instance.run_storage.add_run(run_with({"dagster/partition": FOUR[3]}))
    keys, reason = tick()
    assert (keys, (reason or "")[:28]) == ([], "no window is due and missing")


@pytest.mark.parametrize(
    ("tags", "busy"),
    [
        pytest.param({"dagster/partition": FOUR[0]}, {FOUR[0]}, id="one window"),
        pytest.param(
            {"dagster/asset_partition_range_start": FOUR[2], "dagster/asset_partition_range_end": FOUR[0]},
            set(FOUR[:3]),
            id="a range of a backfill",
        ),
        pytest.param({"dagster/asset_partition_range_start": FOUR[2]}, set(), id="half a range"),
        pytest.param({"dagster/asset_partition_range_end": FOUR[2]}, set(), id="the other half"),
        pytest.param(
            {
                "dagster/asset_partition_range_start": "2026-03-01",
                "dagster/asset_partition_range_end": "2026-03-09",
            },
            set(),
            id="a range of another project's days",
        ),
        pytest.param({}, set(), id="a run without partitions"),
    ],
)
def test_a_run_is_at_work_on_its_window_or_its_range(tags, busy):
    with dg.DagsterInstance.ephemeral() as instance:
        instance.run_storage.add_run(run_with(tags))
        assert _keys_in_progress(instance) == busy


@pytest.mark.parametrize(
    ("status", "is_busy"),
    [
        (dg.DagsterRunStatus.QUEUED, True),
        (dg.DagsterRunStatus.NOT_STARTED, True),
        (dg.DagsterRunStatus.STARTING, True),
        (dg.DagsterRunStatus.STARTED, True),
        (dg.DagsterRunStatus.CANCELING, True),
        (dg.DagsterRunStatus.SUCCESS, False),
        (dg.DagsterRunStatus.FAILURE, False),
        (dg.DagsterRunStatus.CANCELED, False),
    ],
)
def test_only_a_run_that_has_ended_is_not_at_work(status, is_busy):
    with dg.DagsterInstance.ephemeral() as instance:
        instance.run_storage.add_run(run_with({"dagster/partition": FOUR[0]}, status))
        assert bool(_keys_in_progress(instance)) is is_busy


@pytest.mark.parametrize(
    ("tags", "statuses", "attempts"),
    [
        pytest.param({}, [dg.DagsterRunStatus.FAILURE], 1, id="one failed"),
        pytest.param({}, [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED], 2, id="two"),
        pytest.param({}, [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.STARTED], None, id="none failed"),
        pytest.param({"dagster/backfill": "b"}, [dg.DagsterRunStatus.FAILURE], None, id="a backfill"),
    ],
)
def test_failed_runs_are_counted_by_window(tags, statuses, attempts):
    now = datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        for status in statuses:
            instance.run_storage.add_run(run_with({"dagster/partition": FOUR[0], **tags}, status))
        found = _failures(instance, now)
        assert {key: failure.attempts for key, failure in found.items()} == (
            {} if attempts is None else {FOUR[0]: attempts}
        )
        assert all(abs(failure.last - now) < timedelta(minutes=1) for failure in found.values())
        assert _failures(instance, now + timedelta(days=3)) == {}


def test_the_schedule_looks_every_minute():
    schedule = build_schedule(EARLY)
    assert (schedule.name, schedule.cron_schedule, schedule.job_name, schedule.default_status) == (
        "every_quarter_hour",
        "* * * * *",
        "check_metrics",
        dg.DefaultScheduleStatus.RUNNING,
    )


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        (dg.DagsterRunStatus.NOT_STARTED, 1),
        (dg.DagsterRunStatus.STARTING, 1),
        (dg.DagsterRunStatus.STARTED, 1),
        (dg.DagsterRunStatus.CANCELING, 1),
        (dg.DagsterRunStatus.QUEUED, 0),
        (dg.DagsterRunStatus.SUCCESS, 0),
    ],
)
def test_a_run_that_was_at_work_when_everything_ended_no_longer_holds_its_window(status, ended):
    with dg.DagsterInstance.ephemeral() as instance:
        instance.run_storage.add_run(run_with({"dagster/partition": FOUR[0]}, status))
        assert end_orphaned_runs(instance) == ended
        is_busy = status is dg.DagsterRunStatus.QUEUED
        assert _keys_in_progress(instance) == ({FOUR[0]} if is_busy else set())
