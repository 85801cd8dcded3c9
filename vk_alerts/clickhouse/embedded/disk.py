"""The disk below the engine, which acknowledges what it could not write.

chDB 4.4 ignores errors of ``write``: on a full disk (also with EIO, or beyond ``ulimit -f``) an INSERT ends
well, and its rows are gone; a CREATE TABLE leaves an empty file that keeps the engine from starting. So
nothing is written where space is short, and what was written is read again before it is acknowledged.
"""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.statement import TableName

# Below, no statement that writes is taken: merges in the background need room, too.
LEAST_FREE_BYTES = 64 << 20
# Below, the engine is not even started: it could not write down that it runs.
LEAST_FREE_BYTES_TO_START = 8 << 20
_REMEMBERED_PARTS = 10_000
# Times of parts have no fractions of a second.
_CLOCK_STEP_SECONDS = 1

Query = Callable[[str], bytes]


class DiskTrouble(Exception):  # noqa: N818 - says how things are
    """Nothing can be stored; the message names the place and the remedy."""

    @property
    def as_server_error(self) -> str:
        """The text in which a server of ClickHouse tells it."""
        return f"Code: 243. DB::Exception: {self} (NOT_ENOUGH_SPACE)"


def require_space(folder: Path, *, size: int = 0, least: int = LEAST_FREE_BYTES) -> None:
    """Checks that the disk has room.

    Args:
        folder: on the disk.
        size: how many bytes are about to be written; as many again may be needed to merge them.
        least: how many bytes should remain.

    Raises:
        DiskTrouble: it has not.
    """
    disk = os.statvfs(folder)
    free, needed = disk.f_bavail * disk.f_frsize, least + 2 * size
    if free < needed:
        raise DiskTrouble(
            f"the disk of {folder} has {free >> 20} MiB free, and the embedded engine writes only with "
            f"{needed >> 20} MiB or more; free some, or set VK_ALERTS_HOME to a folder on another disk"
        )


def require_files_of_any_size() -> None:
    """Lifts a soft limit on the size of files.

    Raises:
        DiskTrouble: the limit is a hard one.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if hard != resource.RLIM_INFINITY:
        raise DiskTrouble(
            f"files are limited to {hard} bytes (ulimit -f), and the embedded engine would lose what goes "
            "beyond; lift the limit"
        )
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


class StoredParts:
    """Reads again what inserts have written, each part once."""

    def __init__(self) -> None:
        self._read: set[str] = set()
        self._lock = Lock()

    def verify(self, query: Query, table: TableName, *, since: float) -> None:
        """Checks the sums of the parts that a table got since a moment; broken ones are dropped.

        Args:
            query: runs SQL, and gives its result in TabSeparated.
            table: with its database.
            since: seconds since the epoch.

        Raises:
            DiskTrouble: a part is not what was written.
        """
        conditions = (
            f"database = {literal(table.database)} AND table = {literal(table.name)} "
            f"AND modification_time >= {int(since) - _CLOCK_STEP_SECONDS}"
        )
        listed = query(f"SELECT path, name FROM system.parts WHERE active AND {conditions}")  # noqa: S608 - literals
        broken = [line for line in listed.decode().splitlines() if not self._is_whole(query, table, line)]
        if broken:
            raise DiskTrouble(
                f"table {table.database}.{table.name}: what was written cannot be read again, and was "
                "dropped; the rows were not stored: is the disk full, or failing?"
            )

    def _is_whole(self, query: Query, table: TableName, line: str) -> bool:
        with self._lock:
            if line in self._read:
                return True
        part = literal(line.partition("\t")[2])
        answer = query(f"CHECK TABLE {table.quoted} PART {part} SETTINGS check_query_single_value_result = 0")
        is_whole = all(row.split(b"\t")[1:2] == [b"1"] for row in answer.splitlines())
        if not is_whole:
            query(f"ALTER TABLE {table.quoted} DROP PART {part}")
            return False
        with self._lock:
            if len(self._read) >= _REMEMBERED_PARTS:
                self._read.clear()
            self._read.add(line)
        return True
