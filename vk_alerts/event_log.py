"""Dagster's event log in SQLite, faster: batches in one transaction, connections that stay open.

Dagster's own log opens a connection for each event, twice, and looks at the table's columns each time: 25 ms
an event on two cores, three minutes of a month's backfill. `dagster.yaml` names `BatchingSqliteStorage`; the
files are those of Dagster's own, so that either can be named for the same home.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as db
from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

# Dagster hands out batches only where this is set; it reads the environment anew each time.
BATCH_SIZE_VARIABLE = "DAGSTER_EVENT_BATCH_SIZE"
# A day of windows, and more than an asset has in one run.
BATCH_SIZE = 1000
# The index and the runs at work; a webserver looks at many more, one after the other.
_MOST_OPEN = 8


class BatchingEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log with `store_event_batch` in one transaction per file.

    A crash of the process loses nothing that was stored. One of the machine may lose the last seconds
    (``synchronous = NORMAL``), never more: windows whose materialization is lost are asked for again.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[tuple[int, str], Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)
        # Connections are shared by threads; whoever holds this one uses them.
        self._db_lock = threading.Lock()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of a file, with one connection; never one that a fork has inherited."""
        key = (os.getpid(), shard)
        if key not in self._engines:
            self._engines[key] = _engine(self.conn_string_for_shard(shard))
            while len(self._engines) > _MOST_OPEN:
                (process, _), oldest = self._engines.popitem(last=False)
                if process == os.getpid():
                    oldest.dispose()
        self._engines.move_to_end(key)
        return self._engines[key]

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Stores asset events of one run, all or none in each file; anything else one by one.

        Args:
            events: what `DagsterInstance.handle_new_event` has gathered.
        """
        kinds = {event.dagster_event_type for event in events}
        runs = {event.run_id for event in events}
        if len(runs) != 1 or not kinds <= ASSET_EVENTS:
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(runs.pop()) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        insert = SqlEventLogStorageTable.insert().returning(
            SqlEventLogStorageTable.c.id, sort_by_parameter_order=True
        )
        with self.index_transaction() as connection:
            ids = list(connection.execute(insert, rows).scalars())
            self._store_asset_event_tags(connection, events, ids)
            # An asset's row holds its newest event.
            newest = {event.get_dagster_event().asset_key: place for place, event in enumerate(events)}
            for place in newest.values():
                self._store_asset_event(connection, events[place], ids[place])

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; one that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        name = f"asset_keys.{column_name}"
        if name not in self._tables and super()._has_asset_key_col_on_connection(conn, column_name):
            self._tables.add(name)
        return name in self._tables

    def wipe(self) -> None:
        """Deletes every event."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Closes the files."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            for (process, _), engine in self._engines.items():
                if process == os.getpid():
                    engine.dispose()
            self._engines.clear()


class BatchingSqliteStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage of runs, events and ticks, with `BatchingEventLog`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage: SqliteEventLogStorage = BatchingEventLog(
            os.path.join(base_dir, "history", "runs", "")  # noqa: PTH118 - as Dagster has it
        )
        os.environ.setdefault(BATCH_SIZE_VARIABLE, str(BATCH_SIZE))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "BatchingSqliteStorage":
        """The storage that ``dagster.yaml`` describes: ``base_dir`` is DAGSTER_HOME."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _engine(url: str) -> Engine:
    engine = db.create_engine(
        url,
        poolclass=StaticPool,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
    )

    @db.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine
