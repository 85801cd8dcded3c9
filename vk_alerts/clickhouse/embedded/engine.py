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

from vk_alerts.clickhouse.embedded.disk import DiskTrouble, StoredParts, require_space
from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.statement import InlineRows, first_word, inline_rows, inserted_table, is_several

_SETTING = re.compile(r"[a-z][a-z0-9_]*")
# A process that has been killed may hold the folder for a moment.
_LOCK_WAIT_SECONDS = 3.0
_LOCK_POLL_SECONDS = 0.2
_FILE_SYSTEM = "filesystem_error"
_CODE = re.compile(r"Code: (\d+)")
_HEAD_BYTES = 65_536
# What may run on a full disk: it writes nothing, or makes room.
_TAKES_NO_SPACE = {
    "SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "USE", "SET", "KILL",
    "SYSTEM", "DROP", "TRUNCATE", "DETACH",
}  # fmt: skip
_NO_SUCH_PART = 232


class EngineError(Exception):
    """The engine refused a query.

    Attributes:
        code: ClickHouse's number of the error.
    """

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        found = _CODE.search(text)
        self.code = code if code is not None else int(found.group(1)) if found else 1001


# Rows within a query end here for chDB, in the middle of a quoted text too.
_END_OF_INLINE_ROWS = b"\n\n"
_INSERT_PIECE_BYTES = 1 << 20


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
        EngineError: the engine does not start, perhaps because another program holds the folder.
    """

    def __init__(self, folder: Path, *, max_result_bytes: int) -> None:
        self._folder = folder
        self._parts = StoredParts()
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
        head = sql[:_HEAD_BYTES].decode(errors="replace")
        rows = inline_rows(sql)
        if rows is None and is_several(sql.decode(errors="replace")):
            raise EngineError("Code: 62. DB::Exception: Multi-statements are not allowed (SYNTAX_ERROR)")
        try:
            if first_word(head) not in _TAKES_NO_SPACE:
                require_space(self._folder, size=len(sql))
            started = time.time()
            result: bytes
            with self._session(database, settings) as connection:
                if rows is not None and sql.find(_END_OF_INLINE_ROWS, rows.start) >= 0:
                    result = _streamed(connection, rows, sql)
                else:
                    # What streaming lacks: it does not tell when its end fails.
                    result = connection.query(sql, output_format).bytes()
            table = inserted_table(head, database)
            if table:
                self._parts.verify(self._ask, table, since=started)
        except DiskTrouble as trouble:
            raise EngineError(trouble.as_server_error) from trouble
        if len(result) > self._max_result_bytes:
            raise EngineError(
                f"Code: 396. DB::Exception: the result has more than {self._max_result_bytes} bytes; "
                "ask for less at once (TOO_MANY_ROWS_OR_BYTES)"
            )
        return result

    def _ask(self, sql: str) -> bytes:
        try:
            with self._session("default", {}) as connection:
                answer: bytes = connection.query(sql, "TabSeparated").bytes()
                return answer
        except EngineError as error:
            if error.code == _NO_SUCH_PART:  # it has been merged, and so read, meanwhile
                return b""
            raise

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
                is_lasting = _FILE_SYSTEM in str(error)  # of a lock it does not tell
                if is_lasting or time.monotonic() > deadline:
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


def _streamed(connection: Any, rows: InlineRows, sql: bytes) -> bytes:
    """Inserts rows that hold a blank line, where chDB would take what follows for the next query."""
    inserter = connection.send_insert(rows.head, rows.format)
    view = memoryview(sql)
    for start in range(rows.start, len(sql), _INSERT_PIECE_BYTES):
        inserter.append(bytes(view[start : start + _INSERT_PIECE_BYTES]))
    inserter.finish()
    return b""
