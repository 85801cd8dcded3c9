"""Watching the watcher on a real instance: failures told once, the sign of life, old runs deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from vk_alerts.failures import progress_from
from vk_alerts.housekeeping import forget_old_runs
from vk_alerts.pipeline import open_post
from vk_alerts.sensors import run_failure_sensor
from vk_alerts.settings import read_settings
from vk_alerts.state.outbox import OutboxRow
from vk_alerts_tests.integration.dagster_runs import new_dagster_home, resources_at

HOUR = timedelta(hours=1)
TOKEN = f"{123456789}:{'Ab' * 17}x"
PARTITIONS = dg.StaticPartitionsDefinition(["2026-01-29-15:00", "2026-01-29-15:15"])


class Switch(dg.Config):
    fails: bool = True


@dg.asset(name="scores_of_test", partitions_def=PARTITIONS)
def scores_of_test(context: dg.AssetExecutionContext, config: Switch) -> dg.MaterializeResult[None]:
    if config.fails:
        raise ValueError(f"{context.partition_key}: https://u:s3cret@h/bot{TOKEN} refused\nand more")
    return dg.MaterializeResult(metadata={"rows": 1})


DEFS = dg.Definitions(
    assets=[scores_of_test], jobs=[dg.define_asset_job("check_test", selection="scores_of_test")]
)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    folder = new_dagster_home(tmp_path_factory.mktemp("watching") / "dagster")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DAGSTER_HOME", str(folder))
        with dg.DagsterInstance.get() as made:
            yield made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TELEGRAM_TOKEN", "TELEGRAM_CHAT", "STATE_URL"):
        monkeypatch.delenv(f"VK_ALERTS_{name}", raising=False)
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path))
    monkeypatch.setenv("VK_ALERTS_DAGSTER_URL", "https://dagster.example.org")
    return tmp_path


def run(instance: dg.DagsterInstance, key: str, *, fails: bool) -> str:
    done = DEFS.resolve_job_def("check_test").execute_in_process(
        instance=instance,
        partition_key=key,
        raise_on_error=False,
        run_config={
            "ops": {"scores_of_test": {"config": {"fails": fails}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
    )
    assert done.success is not fails
    return done.run_id


def tick(instance: dg.DagsterInstance, cursor: str | None, now: datetime) -> str:
    context = dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources_at(now))
    ticked = run_failure_sensor.evaluate_tick(context)
    assert ticked.cursor is not None
    assert not ticked.run_requests
    return ticked.cursor


def told() -> list[OutboxRow]:
    post = open_post(read_settings())
    try:
        return post.outbox.rows()
    finally:
        post.close()


def test_a_cause_is_told_once_whatever_it_costs_and_once_when_it_is_over(
    instance: dg.DagsterInstance, home: Path
) -> None:
    now = datetime.now(UTC)
    first, second = PARTITIONS.get_partition_keys()
    before = tick(instance, None, now)
    failed = run(instance, first, fails=True)
    run(instance, second, fails=True)
    cursor = tick(instance, before, now)
    cursor = tick(instance, cursor, now)
    tick(instance, before, now)  # as after a crash between the outbox and the cursor
    (row,) = told()
    assert row.chat == "console"
    text = row.heading or ""
    for part in ("check_test", ": 2", "refused", f"https://dagster.example.org/runs/{failed}"):
        assert part in text
    for secret in ("s3cret", TOKEN, "and more"):
        assert secret not in f"{text}{cursor}"

    run(instance, first, fails=False)
    run(instance, second, fails=False)
    cursor = tick(instance, cursor, datetime.now(UTC))
    assert len(told()) == 1
    cursor = tick(instance, cursor, datetime.now(UTC) + HOUR)
    cursor = tick(instance, cursor, datetime.now(UTC) + 2 * HOUR)
    assert [row.key for row in told()] == [f"failing:{failed}", f"over:{failed}"]
    assert progress_from(cursor, now=now).troubles == ()


def test_what_failed_before_the_sensor_first_looked_is_not_told(
    instance: dg.DagsterInstance, home: Path
) -> None:
    assert instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    cursor = tick(instance, None, datetime.now(UTC) + HOUR)
    tick(instance, cursor, datetime.now(UTC) + HOUR)
    assert told() == []
    assert tick(instance, "no cursor of ours", datetime.now(UTC) + HOUR)


def test_old_runs_are_deleted_and_the_partitions_stay_materialized(instance: dg.DagsterInstance) -> None:
    key = dg.AssetKey("scores_of_test")
    old = [run(instance, "2026-01-29-15:00", fails=False), run(instance, "2026-01-29-15:15", fails=True)]
    forgotten = forget_old_runs(instance, before=datetime.now(UTC) + HOUR)
    assert forgotten.runs >= 2
    assert not any(instance.has_run(one) for one in old)
    assert list((Path(instance.root_directory) / "history" / "runs").glob(f"{old[0]}*")) == []
    assert "2026-01-29-15:00" in instance.get_materialized_partitions(key)
    newest = instance.get_latest_materialization_event(key)
    assert newest is not None
    assert newest.asset_materialization is not None
    assert newest.asset_materialization.metadata["rows"].value == 1
    assert forget_old_runs(instance, before=datetime.now(UTC) + HOUR).runs == 0
    kept = run(instance, "2026-01-29-15:00", fails=False)
    assert forget_old_runs(instance, before=datetime.now(UTC) - HOUR).runs == 0
    assert instance.has_run(kept)
