"""A catalog against the live tables: every table, column and expression, each mistake with its line.

Expressions are tried on no rows (``WHERE 0``), which costs nothing and works on every version of the server;
then the source's own query runs on one window, as it will every quarter of an hour.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.inspection import Column, columns_of, tables_of
from vk_alerts.errors import ClickHouseDenied, ClickHouseQueryError
from vk_alerts.metrics.loader import WrittenFile
from vk_alerts.metrics.metric import Metric, MetricKind
from vk_alerts.metrics.mistakes import Mistake, Path
from vk_alerts.metrics.near import hint
from vk_alerts.metrics.query import SLICE_COLUMN, snapshot_query, table_of
from vk_alerts.metrics.slices import ALL_KEY, Slice
from vk_alerts.windows import STEP, last_closed

_WORD = re.compile(r"'(?:\\.|[^'\\])*'|`([^`]+)`|([A-Za-z_][A-Za-z0-9_.]*)(?!\s*\()\b")
MOST_SERIES = 5_000
"""Series of one grouping from which on a catalog is worth a second thought."""
_COUNTABLE = {"DateTime", "DateTime64"}


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """What a source's file came to.

    Attributes:
        file: the file's name.
        table: of the source.
        columns: those that the source uses, in the table's order.
        series: metric × slice pairs in the newest window; None = it was not looked at.
        mistakes: none = everything runs.
        notes: slices that are worth a second thought, because they make very many series.
    """

    file: str
    table: str
    columns: tuple[str, ...]
    series: int | None
    mistakes: tuple[Mistake, ...]
    notes: tuple[Mistake, ...] = ()


def check_source(events: ClickHouse, written: WrittenFile, *, now: datetime) -> CheckedSource:
    """Whether the table is there, has what the file names, and every expression runs.

    Raises:
        ClickHouseUnavailable: the server does not answer.
        ClickHouseDenied: the user may not read there.
    """
    source = written.content.source
    columns = columns_of(events, source.table)
    if columns is None:
        text = f"source.table: {_no_table(events, source.table)}"
        mistake = Mistake(written.name, written.tree.line(("source", "table")), text)
        return CheckedSource(written.name, source.table, (), None, (mistake,))
    mistakes = [
        Mistake(written.name, written.tree.line(path), f"{where}: {said}")
        for path, where, said in _mistakes(events, written, columns)
    ]
    counts: dict[str, int] | None = None
    if not mistakes:
        try:
            counts = expected_series(events, written, now=now)
        except ClickHouseQueryError as error:
            line = written.tree.line(("source", "table"))
            mistakes = [Mistake(written.name, line, f"source {source.name!r}: {error}")]
    used, metrics = _used(written, columns), len(written.content.metrics)
    series = None if counts is None else metrics * sum(counts.values())
    notes = tuple(_many(written, counts or {}))
    return CheckedSource(written.name, source.table, used, series, tuple(mistakes), notes)


def _many(written: WrittenFile, counts: dict[str, int]) -> Iterator[Mistake]:
    """Groupings that make more series than people can care about."""
    source, metrics = written.content.source, len(written.content.metrics)
    for number, grouping in enumerate(source.slices):
        name = "+".join(grouping)
        series = metrics * counts.get(name, 0)
        if series > MOST_SERIES:
            line = written.tree.line(("source", "slices", number))
            told = (
                f"source.slices: {name} makes {series} series ({counts[name]} slices, {metrics} metrics), "
                f"over {MOST_SERIES}; join rare values in the dimension's expression, or leave the slice out"
            )
            yield Mistake(written.name, line, told)


def _mistakes(
    events: ClickHouse, written: WrittenFile, columns: list[Column]
) -> Iterator[tuple[Path, str, str]]:
    """For each mistake its path in the file, the place in words, and what is wrong."""
    source = written.content.source
    types = {column.name: column for column in columns}
    if source.time not in types:
        times = [column.name for column in columns if column.bare in _COUNTABLE]
        yield ("source", "time"), "source.time", _no_column(source.table, source.time, times or [*types])
    elif types[source.time].bare not in _COUNTABLE:
        told = (
            f"column {source.time!r} of {source.table} is a {types[source.time].type}; a DateTime is needed"
        )
        yield ("source", "time"), "source.time", told
    for path, where, expression, form in _expressions(written):
        sql = f"SELECT {form.format(expression)} AS tried FROM {table_of(source)} WHERE 0"  # noqa: S608
        try:
            events.read(sql)
        except ClickHouseQueryError as error:
            yield path, where, _explained(error, expression, source.table, [*types])


def _expressions(written: WrittenFile) -> Iterator[tuple[Path, str, str, str]]:
    """Each expression with its path, its place in words, and the form in which the query takes it."""
    for name, expression in written.content.source.dimensions.items():
        yield ("source", "dimensions", name), f"source.dimensions.{name}", expression, "toString(({}))"
    for number, metric in enumerate(written.content.metrics):
        place: Path = ("metrics", number)
        if metric.condition is not None:
            where = f"metrics.{metric.name}.condition"
            yield (*place, "condition"), where, metric.condition, "toUInt8({})"
        if metric.expression is not None:
            where = f"metrics.{metric.name}.expression"
            yield (*place, "expression"), where, metric.expression, _form(metric)


def _form(metric: Metric) -> str:
    if metric.kind is MetricKind.UNIQUE:
        return "groupUniqArray(({}))"
    if metric.kind is MetricKind.QUANTILE:
        return "isFinite(toFloat64({}))"
    return "toFloat64({})"


def _explained(error: ClickHouseQueryError, expression: str, table: str, columns: list[str]) -> str:
    """What is wrong with an expression: the column that is not there, or the server's words."""
    for word in _words(expression):
        if word not in columns and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", str(error)):
            return _no_column(table, word, columns)
    return str(error).removesuffix("; compare the query with the table's columns")


def _no_column(table: str, name: str, columns: list[str]) -> str:
    return f"no column {name!r} in {table}; {hint(name, columns, most=40)}"


def _no_table(events: ClickHouse, table: str) -> str:
    database, _, name = table.rpartition(".")
    database = database or events.target.database
    told = f"no table {name!r} in database {database!r} of {events.target.address}"
    try:
        known = tables_of(events, database)
    except (ClickHouseDenied, ClickHouseQueryError):
        return f"{told}; create it, or name the right database in {events.target.variable}"
    if not known:
        return f"{told}, which has none; name the right database in {events.target.variable}"
    return f"{told}; {hint(name, known)}"


def _used(written: WrittenFile, columns: list[Column]) -> tuple[str, ...]:
    words = {written.content.source.time}
    for _, _, expression, _ in _expressions(written):
        words.update(_words(expression))
    return tuple(column.name for column in columns if column.name in words)


def _words(expression: str) -> list[str]:
    """The names in an expression that call no function, in its order."""
    return [match[1] or match[2] for match in _WORD.finditer(expression) if match[1] or match[2]]


def expected_series(events: ClickHouse, written: WrittenFile, *, now: datetime) -> dict[str, int]:
    """Slices of each grouping in the newest window that has closed; ``all`` is 1.

    Raises:
        ClickHouseError: the events cannot be read.
    """
    window = last_closed(now)
    answer = events.read(snapshot_query(written.content, window, window + STEP).sql)
    counts = {"+".join(grouping) or ALL_KEY: 0 for grouping in written.content.source.groupings}
    for key in answer[SLICE_COLUMN]:
        name = _grouping_of(str(key))
        counts[name] = counts.get(name, 0) + 1
    return counts


def _grouping_of(key: str) -> str:
    return "+".join(name for name, _ in Slice.from_key(key).items) or ALL_KEY
