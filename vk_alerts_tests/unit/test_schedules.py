from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from vk_alerts.definitions import defs
from vk_alerts.resources import ClockResource
from vk_alerts.schedules import (
    ALLOWED_LATENESS,
    LOOK_BACK,
    MOST_PER_TICK,
    _keys_in_progress,
    build_schedule,
    keys_in_range,
    windows_to_fill,
)
from vk_alerts.windows import STEP, window_key, windows_between

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def keys(*windows):
    return {window_key(window) for window in windows}


def all_but(*missing, now=NOON):
    return keys(*(w for w in windows_between(now - timedelta(days=3), now) if w not in missing))


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (NOON + timedelta(seconds=89), NOON - 2 * STEP),
        (NOON + timedelta(seconds=90), NOON - STEP),
        (NOON + timedelta(minutes=16), NOON - STEP),
        (NOON + timedelta(minutes=16, seconds=30), NOON),
    ],
)
def test_a_window_is_due_90_seconds_after_its_end(now, newest):
    assert timedelta(seconds=90) == ALLOWED_LATENESS
    assert windows_to_fill(now, done=(), in_progress=(), start=EARLY)[0] == newest


@pytest.mark.parametrize(
    ("done", "in_progress", "expected"),
    [
        pytest.param(all_but(NOON - STEP), (), [NOON - STEP], id="the newest is missing"),
        pytest.param(all_but(), (), [], id="nothing is missing"),
        pytest.param(all_but(NOON - STEP), keys(NOON - STEP), [], id="a run is at work on it"),
        pytest.param(
            all_but(NOON - 3 * STEP, NOON - STEP), (), [NOON - STEP, NOON - 3 * STEP], id="newest first"
        ),
        pytest.param(
            all_but(NOON - 3 * STEP, NOON - STEP),
            keys(NOON - STEP),
            [NOON - 3 * STEP],
            id="one of two is at work",
        ),
        pytest.param(all_but(NOON - LOOK_BACK), (), [NOON - LOOK_BACK], id="48 h ago is looked at"),
        pytest.param(all_but(NOON - LOOK_BACK - STEP), (), [], id="before that is a backfill's"),
        pytest.param(all_but() | {"nonsense"}, (), [], id="other keys do not matter"),
    ],
)
def test_what_is_due_and_missing_is_asked_for(done, in_progress, expected):
    now = NOON + timedelta(minutes=2)
    assert windows_to_fill(now, done=done, in_progress=in_progress, start=EARLY) == expected


def test_a_tick_asks_for_a_bounded_number_of_the_newest():
    now = NOON + timedelta(minutes=2)
    asked = windows_to_fill(now, done=(), in_progress=(), start=EARLY)
    assert asked == [NOON - n * STEP for n in range(1, MOST_PER_TICK + 1)]


def test_what_is_in_progress_does_not_use_up_the_number():
    now = NOON + timedelta(minutes=2)
    busy = keys(*(NOON - n * STEP for n in range(1, MOST_PER_TICK + 1)))
    asked = windows_to_fill(now, done=(), in_progress=busy, start=EARLY)
    assert asked == [NOON - n * STEP for n in range(MOST_PER_TICK + 1, 2 * MOST_PER_TICK + 1)]


@pytest.mark.parametrize(
    ("start", "count"), [(NOON - 2 * STEP, 2), (NOON - STEP, 1), (NOON, 0), (NOON + STEP, 0)]
)
def test_nothing_before_the_first_window_is_asked_for(start, count):
    asked = windows_to_fill(NOON + timedelta(minutes=2), done=(), in_progress=(), start=start)
    assert asked == [NOON - n * STEP for n in range(1, count + 1)]


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
def test_a_tick_asks_for_what_is_missing_and_then_says_that_nothing_is(kept_instance):
    schedule = build_schedule(NOON - 4 * STEP)

    def tick():
        clock = ClockResource(fixed_at=(NOON + timedelta(minutes=2)).isoformat())
        with dg.build_schedule_context(
            kept_instance,
            scheduled_execution_time=NOON + timedelta(minutes=2),
            resources={"clock": clock},
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
    assert tick() == ([], "no window is due and missing")


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


def test_the_schedule_runs_two_minutes_past_every_quarter():
    schedule = build_schedule(EARLY)
    assert (schedule.name, schedule.cron_schedule, schedule.job_name, schedule.default_status) == (
        "every_quarter_hour",
        "2-59/15 * * * *",
        "check_metrics",
        dg.DefaultScheduleStatus.RUNNING,
    )
