"""Keeps the Dagster instance small: old runs and their logs go, what the assets' pages show stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable

KEPT_FOR = timedelta(days=30)
# A transaction holds the log's lock; live runs write between two of them.
_RUNS_AT_ONCE = 200
# A night's work: the first one after a year without has 200,000 runs to delete, and goes on in the next ones.
_MOST_RUNS = 20_000
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
# Assets' and checks' pages are made of these.
_KEPT = (
    dg.DagsterEventType.ASSET_MATERIALIZATION.value,
    dg.DagsterEventType.ASSET_OBSERVATION.value,
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted.

    Attributes:
        runs: how many runs.
        events: how many events of the log that all runs share; those in a run's own file are not counted.
    """

    runs: int
    events: int


def forget_old_runs(instance: dg.DagsterInstance, *, before: datetime) -> Forgotten:
    """Deletes runs that were created before a moment and have ended, with their logs, oldest first.

    Dagster's own `delete_run` takes the materializations with it; their partitions would be missing again.

    Args:
        instance: whose storage is SQLite's or PostgreSQL's.
        before: aware UTC.
    """
    runs, events = 0, 0
    while runs < _MOST_RUNS:
        records = instance.get_run_records(
            filters=dg.RunsFilter(statuses=_ENDED, created_before=before), limit=_RUNS_AT_ONCE, ascending=True
        )
        if not records:
            break
        ids = [record.dagster_run.run_id for record in records]
        events += _forget_events(instance, ids)
        _forget_runs(instance, ids)
        runs += len(ids)
    return Forgotten(runs, events)


def _forget_events(instance: dg.DagsterInstance, runs: Sequence[str]) -> int:
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return 0
    table = SqlEventLogStorageTable
    # Lines of the log have no type.
    is_kept = sa.func.coalesce(table.c.dagster_event_type, "").in_(_KEPT)
    checks = AssetCheckExecutionsTable
    with storage.index_connection() as connection:
        connection.execute(sa.delete(checks).where(checks.c.run_id.in_(runs)))
        deleted = connection.execute(sa.delete(table).where(table.c.run_id.in_(runs), ~is_kept)).rowcount
    if isinstance(storage, SqliteEventLogStorage):  # there each run has a file besides
        for run in runs:
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{storage.path_for_shard(run)}{ending}").unlink(missing_ok=True)
    return int(deleted)


def _forget_runs(instance: dg.DagsterInstance, runs: Sequence[str]) -> None:
    storage = instance.run_storage
    if not isinstance(storage, SqlRunStorage):
        for run in runs:
            storage.delete_run(run)
        return
    with storage.connect() as connection:
        connection.execute(sa.delete(RunTagsTable).where(RunTagsTable.c.run_id.in_(runs)))
        connection.execute(sa.delete(RunsTable).where(RunsTable.c.run_id.in_(runs)))
