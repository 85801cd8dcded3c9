"""The one client of ClickHouse: pandahouse, made to keep its promises."""

import re
import time
from functools import partial

import pandahouse
import pandas as pd

from vk_alerts.clickhouse import seams
from vk_alerts.clickhouse.conform import conform
from vk_alerts.clickhouse.native import Columns, parse_native
from vk_alerts.clickhouse.outages import is_distrust, is_timeout
from vk_alerts.clickhouse.parse import Answer
from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.clickhouse.statement import without_tail
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.transport import Reply, Transport
from vk_alerts.errors import ClickHouseUnavailable

# One INSERT becomes visible at once only as long as the server does not cut it into blocks, by default at
# 1,048,545 rows or 256 MiB of memory, where each value of a text or a list takes 9 bytes more than its text.
_BLOCK_ROWS = 1_000_000
_BLOCK_BYTES = 200_000_000
_VALUE_BYTES = 9
_WHOLE_INSERT = {
    "max_insert_block_size": str(2**40),
    "min_insert_block_size_rows": str(2**40),
    "min_insert_block_size_bytes": str(2**50),
}
_ZONE = re.compile(r"[A-Za-z0-9_+/-]+")
_RETRY_PAUSES_SECONDS = (0.2, 0.8)


class ClickHouse:
    """Reads, writes and runs SQL in one database. Safe to use from several threads.

    Args:
        target: which server, database and user.
        connect_timeout_seconds: how long to wait for a connection.
        read_timeout_seconds: how long a query may take, and how long its answer may take to arrive.
    """

    def __init__(
        self, target: Target, *, connect_timeout_seconds: float = 5, read_timeout_seconds: float = 120
    ) -> None:
        seams.install()
        self._transport = Transport(
            target,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
        )
        self._zone = ""

    @property
    def target(self) -> Target:
        """Where this client goes."""
        return self._transport.target

    def read(self, sql: str) -> pd.DataFrame:
        """The rows of a SELECT, with the dtypes that `parse_answer` tells.

        The query goes without FORMAT; braces, comments and a semicolon at the end are fine. A connection
        that fails is tried again, since reading twice does no harm.

        Raises:
            ClickHouseUnavailable: no answer, not in time, or not whole.
            ClickHouseDenied: wrong user, password or rights.
            ClickHouseQueryError: the server refused the query, or a column's type cannot be read.
        """
        frame: pd.DataFrame = pandahouse.read_clickhouse(_escaped(sql), connection=self._connection())
        return frame

    def read_arrays(self, sql: str) -> Columns:
        """The columns of a SELECT as arrays: for few, wide rows of numbers by the million.

        The query goes without FORMAT, as for `read`; strings, numbers and arrays of numbers are known.

        Raises:
            ClickHouseUnavailable: no answer, not in time, or not whole.
            ClickHouseDenied: wrong user, password or rights.
            ClickHouseQueryError: the server refused the query, or a column has another type.
        """
        text = f"{without_tail(sql)}\nFORMAT Native"
        answer: Answer = pandahouse.execute(_escaped(text), connection=self._connection(), stream=True)
        return parse_native(answer.body)

    def execute(self, sql: str) -> None:
        """Run a statement which returns nothing of interest, such as CREATE, ALTER or INSERT … SELECT.

        Raises:
            ClickHouseUnavailable: no answer, not in time, or not whole: the statement may have run.
            ClickHouseDenied: wrong user, password or rights.
            ClickHouseQueryError: the server refused the statement.
        """
        pandahouse.execute(_escaped(sql), connection=self._connection())

    def insert(self, spec: TableSpec, frame: pd.DataFrame) -> int:
        """Write rows in one INSERT: all become visible, or none (in each partition of the table).

        Args:
            spec: the table.
            frame: one column per column of the table, in any order; the index is ignored.

        Returns:
            How many rows were written.

        Raises:
            ClickHouseWriteRefused: a value does not fit its column; nothing was sent.
            ClickHouseUnavailable: no answer: the rows may have been written.
            ClickHouseDenied: wrong user, password or rights.
            ClickHouseQueryError: the server refused the rows.
        """
        wire = conform(spec, frame)
        if wire.empty:
            return 0
        database, _, table = spec.name.rpartition(".")
        written: int = pandahouse.to_clickhouse(
            wire, table, index=False, chunksize=len(wire), connection=self._connection(database)
        )
        return written

    def ping(self) -> None:
        """Nothing, when the server answers and knows us.

        Raises:
            ClickHouseUnavailable: nobody answers, or somebody else.
            ClickHouseDenied: wrong user or password.
        """
        if self._retried("SELECT 1 FORMAT TabSeparated").body != b"1\n":
            raise ClickHouseUnavailable(
                f"what answers at {self.target.address} is not ClickHouse; check {self.target.variable}"
            )

    def post(self, sql: str, body: bytes | None, *, is_read: bool) -> Answer:
        """The answer to what pandahouse asks; not for other callers."""
        if is_read:
            reply = self._retried(sql)
        else:
            is_whole = body is None or _fits_one_block(body)
            reply = self._transport.send(sql, body=body, options=None if is_whole else _WHOLE_INSERT)
        return Answer(reply.body, partial(self._server_zone, reply.zone))

    def _connection(self, database: str = "") -> dict[str, object]:
        return {
            "host": seams.Host.of(self.target.address, self),
            "database": database or self.target.database,
        }

    def _retried(self, sql: str) -> Reply:
        options = {"default_format": "TSVWithNamesAndTypes"}  # should a comment have swallowed the FORMAT
        for pause_seconds in _RETRY_PAUSES_SECONDS:
            try:
                return self._transport.send(sql, options=options, is_read=True)
            except ClickHouseUnavailable as error:
                if error.__cause__ is None or _would_repeat(error.__cause__):
                    raise
                time.sleep(pause_seconds)
        return self._transport.send(sql, options=options, is_read=True)

    def _server_zone(self, told: str) -> str:
        if told:
            return told
        if not self._zone:  # servers before 21.x do not tell with every answer
            answer = self._retried("SELECT timezone() FORMAT TabSeparatedRaw")
            self._zone = answer.body.decode(errors="replace").strip()
            if not _ZONE.fullmatch(self._zone):
                raise ClickHouseUnavailable(
                    f"ClickHouse at {self.target.address} does not tell its time zone; "
                    "name one in the query, such as toTimeZone(time, 'UTC')"
                )
        return self._zone


def _fits_one_block(rows: bytes) -> bool:
    lines, commas = rows.count(b"\n"), rows.count(b",")
    return lines <= _BLOCK_ROWS and len(rows) + _VALUE_BYTES * (lines + commas) <= _BLOCK_BYTES


def _would_repeat(cause: BaseException) -> bool:
    return is_timeout(cause) or is_distrust(cause)


def _escaped(sql: str) -> str:
    # pandahouse calls str.format on every query.
    return without_tail(sql).replace("{", "{{").replace("}", "}}")
