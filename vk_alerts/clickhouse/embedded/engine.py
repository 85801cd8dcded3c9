"""chDB's connections: one per query that runs, kept for the next, thrown away after an error."""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chdb.state.sqlitelike import connect

from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.statement import inline_rows

_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_INSERT_PIECE_BYTES = 1 << 22
_LOCK_WAIT_SECONDS = 30.0
_LOCK_POLL_SECONDS = 0.2
_CODE = re.compile(r"Code: (\d+)")


class EngineError(Exception):
    """The engine refused a query.

    Attributes:
        code: ClickHouse's number of the error.
    """

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        found = _CODE.search(text)
        self.code = code if code is not None else int(found.group(1)) if found else 1001


@dataclass(slots=True)
class _Session:
    connection: Any
    database: str = "default"


class Engine:
    """chDB at one folder.

    Args:
        folder: what chDB owns; created when missing.
        max_result_bytes: the largest result.

    Raises:
        EngineError: the folder stays locked by another process.
    """

    def __init__(self, folder: Path, *, max_result_bytes: int) -> None:
        self._address = f"{folder}?max_result_bytes={max_result_bytes}&result_overflow_mode=throw"
        self._max_result_bytes = max_result_bytes
        self._idle: list[_Session] = []
        self._lock = threading.Lock()
        # The engine shuts down with its last connection; this one keeps it up.
        self._keeper = self._first_connection()

    def run(self, sql: bytes, *, database: str, output_format: str, settings: Mapping[str, str]) -> bytes:
        """The result of a query, whole.

        Args:
            sql: the query; of an INSERT with FORMAT the rows too.
            database: where unqualified names are looked up.
            output_format: for queries which name none.
            settings: of the engine, for this query only.

        Raises:
            EngineError: the engine refused the query, or the result is too large.
        """
        for name in settings:
            if not _SETTING.fullmatch(name):
                raise EngineError(f"Code: 115. DB::Exception: Unknown setting {name!r} (UNKNOWN_SETTING)")
        with self._session(database, settings) as connection:
            rows = inline_rows(sql)
            if rows is not None:
                inserter = connection.send_insert(rows.head, rows.format)
                view = memoryview(sql)
                for start in range(rows.start, len(sql), _INSERT_PIECE_BYTES):
                    inserter.append(bytes(view[start : start + _INSERT_PIECE_BYTES]))
                inserter.finish()
                return b""
            result: bytes = connection.query(sql.decode(), output_format).bytes()
        if len(result) > self._max_result_bytes:
            raise EngineError(
                f"Code: 396. DB::Exception: the result has more than {self._max_result_bytes} bytes; "
                "ask for less at once (TOO_MANY_ROWS_OR_BYTES)"
            )
        return result

    def close(self) -> None:
        """Close every connection; the process would crash at its exit otherwise."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            session.connection.close()
        self._keeper.close()

    def _first_connection(self) -> Any:
        deadline = time.monotonic() + _LOCK_WAIT_SECONDS
        while True:
            try:
                return connect(self._address)
            except RuntimeError as error:
                # A process that has just been told to stop may still hold the folder.
                if "lock" not in str(error).lower() or time.monotonic() > deadline:
                    raise EngineError(str(error)) from error
            time.sleep(_LOCK_POLL_SECONDS)

    @contextmanager
    def _session(self, database: str, settings: Mapping[str, str]) -> Iterator[Any]:
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or _Session(connect(self._address))
        try:
            if session.database != database:
                session.connection.query(f"USE `{database.replace(chr(92), '').replace('`', '')}`")
                session.database = database
            for name, value in settings.items():
                session.connection.query(f"SET {name} = {literal(value)}")
            yield session.connection
        except Exception as error:
            # After an error the next query of the same connection would return the rest of this one's result.
            session.connection.close()
            raise EngineError(str(error)) from error
        if settings:
            session.connection.close()
            return
        with self._lock:
            self._idle.append(session)
