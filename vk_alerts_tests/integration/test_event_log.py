"""Dagster's event log as `up` configures it: what a batch leaves is what single events would have left."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as db
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage

from vk_alerts.event_log import BATCH_SIZE_VARIABLE, BatchingEventLog
from vk_alerts_tests.integration.dagster_runs import new_dagster_home
from vk_alerts_tests.integration.processes import ends, forked

RUN = "11111111-2222-4333-8444-555555555555"
KEYS = [f"2026-01-29-14:{minute:02}" for minute in (0, 15, 30, 45)]
ASSETS = ("feed_snapshots", "anomaly_scores")
CONTENTS = {
    "event_logs": "run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition",
    "asset_keys": "asset_key, last_materialization_timestamp, last_run_id",
    "asset_event_tags": "asset_key, key, value, event_timestamp",
}


def entry(event: DagsterEvent, place: int) -> EventLogEntry:
    return EventLogEntry(
        error_info=None,
        level=10,
        user_message="",
        run_id=RUN,
        timestamp=1_769_700_000.0 + place,
        step_key=event.step_key,
        job_name=event.job_name,
        dagster_event=event,
    )


def materialized(asset: str) -> list[EventLogEntry]:
    """What a step that has computed four windows reports."""
    return [
        entry(
            DagsterEvent(
                "ASSET_MATERIALIZATION",
                "check_metrics",
                step_key=asset,
                event_specific_data=StepMaterializationData(
                    dg.AssetMaterialization(
                        asset, partition=key, metadata={"rows": 7}, tags={"dagster/data_version": f"v{place}"}
                    )
                ),
            ),
            place,
        )
        for place, key in enumerate(KEYS)
    ]


def planned() -> list[EventLogEntry]:
    """What a new run on four windows announces, of all assets in one batch."""
    return [
        entry(
            DagsterEvent.build_asset_materialization_planned_event(
                "check_metrics", asset, AssetMaterializationPlannedData(dg.AssetKey(asset), partition=key)
            ),
            place,
        )
        for asset in ASSETS
        for place, key in enumerate(KEYS)
    ]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[BatchingEventLog]:
    """The log of a home, in which Dagster's own has made the files."""
    home = new_dagster_home(tmp_path / "ours")
    made = BatchingEventLog(str(home / "history" / "runs"))
    yield made
    made.dispose()


def contents(log: SqliteEventLogStorage, shard: str) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(log.path_for_shard(shard)) as database:
        return {
            table: database.execute(f"SELECT {columns} FROM {table} ORDER BY 1, rowid").fetchall()
            for table, columns in CONTENTS.items()
        }


def test_a_batch_leaves_what_single_events_leave(log: BatchingEventLog, tmp_path: Path) -> None:
    theirs = SqliteEventLogStorage(str(new_dagster_home(tmp_path / "theirs") / "history" / "runs"))
    batches = [planned(), *(materialized(asset) for asset in ASSETS)]
    for batch in batches:
        log.store_event_batch(batch)
        for event in batch:
            theirs.store_event(event)
    for shard in (RUN, "index"):
        assert contents(log, shard) == contents(theirs, shard)
        assert contents(log, shard)["event_logs"]
    for asset in map(dg.AssetKey, ASSETS):
        assert log.get_materialized_partitions(asset) == set(KEYS)
        (ours,), (other,) = log.get_asset_records([asset]), theirs.get_asset_records([asset])
        assert ours.asset_entry.last_materialization == other.asset_entry.last_materialization


def test_a_batch_that_cannot_be_stored_leaves_nothing_in_the_index(
    log: BatchingEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_store_asset_event_tags", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        log.store_event_batch(materialized("anomaly_scores"))
    monkeypatch.undo()
    assert log.get_materialized_partitions(dg.AssetKey("anomaly_scores")) == set()
    log.store_event_batch(materialized("anomaly_scores"))
    assert log.get_materialized_partitions(dg.AssetKey("anomaly_scores")) == set(KEYS)


def test_processes_that_were_forked_write_at_the_same_time(log: BatchingEventLog) -> None:
    log.store_event_batch(materialized("feed_snapshots"))  # the connections are open

    def _write() -> None:
        for _ in range(20):
            log.store_event_batch(materialized("anomaly_scores"))

    processes = [forked(_write), forked(_write)]
    _write()
    assert ends(*processes) == [0, 0]
    with sqlite3.connect(log.path_for_shard("index")) as index:
        ((rows,),) = index.execute("SELECT count(*) FROM event_logs WHERE asset_key LIKE '%anomaly_scores%'")
    assert rows == 3 * 20 * len(KEYS)


def test_a_log_that_somebody_else_has_locked_is_waited_for(log: BatchingEventLog) -> None:
    log.store_event_batch(materialized("feed_snapshots"))
    other = sqlite3.connect(log.path_for_shard("index"), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    writer = threading.Thread(target=log.store_event_batch, args=(materialized("anomaly_scores"),))
    writer.start()
    while not log._db_lock.locked():  # it has come to the index, or will
        assert writer.is_alive()
    other.execute("COMMIT")
    writer.join()
    other.close()
    assert log.get_materialized_partitions(dg.AssetKey("anomaly_scores")) == set(KEYS)


def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_room(log: BatchingEventLog) -> None:
    log.store_event_batch(planned())

    def _limit(pages: int) -> None:
        with log.index_connection() as connection:
            connection.execute(db.text(f"PRAGMA max_page_count = {pages}"))

    _limit(1)  # never below what there is: the next page is one too many
    events = materialized("anomaly_scores") * 200
    with pytest.raises(db.exc.OperationalError, match="full"):
        log.store_event_batch(events)
    assert log.get_materialized_partitions(dg.AssetKey("anomaly_scores")) == set()
    _limit(1_000_000)
    log.store_event_batch(materialized("feed_snapshots"))
    assert log.get_materialized_partitions(dg.AssetKey("feed_snapshots")) == set(KEYS)


def test_files_that_are_not_in_use_are_closed(log: BatchingEventLog) -> None:
    for number in range(10):
        log.get_records_for_run(f"00000000-0000-4000-8000-{number:012}")
    assert len(log._engines) <= 8
    log.dispose()
    assert not log._engines


def test_a_home_names_the_log_and_dagster_hands_it_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(new_dagster_home(tmp_path / "home")))
    monkeypatch.setenv(BATCH_SIZE_VARIABLE, "0")
    monkeypatch.delenv(BATCH_SIZE_VARIABLE)
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, BatchingEventLog)
        assert instance._is_batch_writing_enabled()
        assert (tmp_path / "home" / "history" / "runs" / "index.db").exists()
