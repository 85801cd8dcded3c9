"""What the newest rows of a database's tables hold, by queries of bounded cost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.inspection import Column, columns_of, in_sql, table_in_sql

_TIMES = {"DateTime", "DateTime64"}
# By how sure a name is that of the moment something happened.
_TIME_NAMES = ("time", "event_time", "timestamp", "ts", "created_at", "created", "datetime", "date_time")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEXTS = {"String", "FixedString", "Enum8", "Enum16"}
_SMALL = {"Int8", "UInt8", "Int16", "UInt16", "Bool"}
_NUMBERS = {"Float32", "Float64", "Decimal", "Int32", "UInt32", "Int64", "UInt64"}
_SAMPLE_ROWS, _SAMPLE_DAYS, MOST_VALUES, _DAY = 20_000, 7, 50, 86_400


@dataclass(frozen=True, slots=True)
class Sampled:
    """A column in the sample.

    Attributes:
        column: itself.
        is_text: of text or an enumeration.
        distinct: different values.
        frequent: the most frequent values, where they are few.
    """

    column: Column
    is_text: bool
    distinct: int
    frequent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The newest rows of a table.

    Attributes:
        time: the column of the events' time.
        rows: how many were looked at.
        columns: what they hold, without the time.
    """

    time: str
    rows: int
    columns: tuple[Sampled, ...]


def time_column(columns: list[Column]) -> str | None:
    """The column that is most likely the moment of an event; None = there is none."""
    times = [
        column.name
        for column in columns
        if column.bare in _TIMES and "Nullable" not in column.type and _PLAIN.fullmatch(column.name)
    ]
    if not times:
        return None
    return min(times, key=lambda name: (_rank(name), times.index(name)))


def sample(client: ClickHouse, table: str) -> Sample | None:
    """What the newest rows of a table hold; None = it has no time, or no rows.

    Raises:
        ClickHouseError: the table may not be read.
    """
    columns = columns_of(client, table)
    time = None if columns is None else time_column(columns)
    if columns is None or time is None:
        return None
    rows = _newest(client, table, time)
    if rows is None:
        return None
    counted = [column for column in columns if column.name != time and _kind(column) is not None]
    wanted = ["count() AS n", *(f"uniq({in_sql(one.name)}) AS u{i}" for i, one in enumerate(counted))]
    names = ", ".join(in_sql(one.name) for one in counted) or "1"
    answer = client.read(f"SELECT {', '.join(wanted)} FROM (SELECT {names} {rows})")  # noqa: S608 - escaped
    total = int(answer["n"].iloc[0])
    if not total:
        return None
    found = []
    for i, column in enumerate(counted):
        distinct = int(answer[f"u{i}"].iloc[0])
        few = distinct <= MOST_VALUES and _kind(column) != "number"
        frequent = tuple(_frequent(client, column, rows)) if few else ()
        found.append(Sampled(column, _kind(column) == "text", distinct, frequent))
    return Sample(time, total, tuple(found))


def _newest(client: ClickHouse, table: str, time: str) -> str | None:
    """Some rows of the last days before the newest one, without sorting the table; None = it has none.

    Only of a table that has stood still for days all times are read.
    """
    name = table_in_sql(table)
    for bound in (f"`{time}` >= now() - {_SAMPLE_DAYS * _DAY} AND ", ""):
        sql = f"SELECT toUInt32(max(`{time}`)) AS newest FROM {name} WHERE {bound}`{time}` <= now()"  # noqa: S608
        newest = int(client.read(sql)["newest"].iloc[0])
        if newest:
            start = newest - _SAMPLE_DAYS * _DAY
            within = f"`{time}` >= toDateTime({start}) AND `{time}` <= toDateTime({newest})"
            return f"FROM {name} WHERE {within} LIMIT {_SAMPLE_ROWS}"
    return None


def _frequent(client: ClickHouse, column: Column, rows: str) -> Iterator[str]:
    answer = client.read(
        f"SELECT toString(v) AS value, count() AS n FROM (SELECT {in_sql(column.name)} AS v {rows}) "  # noqa: S608
        f"GROUP BY v ORDER BY n DESC, value LIMIT {MOST_VALUES}"
    )
    for value in answer["value"]:
        if isinstance(value, str) and value:
            yield value


def _kind(column: Column) -> str | None:
    if column.bare in _TEXTS:
        return "text"
    if column.bare in _SMALL:
        return "small"
    return "number" if column.bare in _NUMBERS else None


def _rank(name: str) -> int:
    lowered = name.lower()
    if lowered in _TIME_NAMES:
        return _TIME_NAMES.index(lowered)
    return len(_TIME_NAMES) + (0 if "time" in lowered or lowered.endswith(("_at", "_ts")) else 1)
