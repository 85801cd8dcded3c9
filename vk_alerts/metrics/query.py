"""(source, range of windows) → one SQL query that computes all metrics in all slices of every window.

The query reads the events once: each row meets the key of every slice it belongs to (ARRAY JOIN over hashed
keys, the fastest of the forms measured), and one GROUP BY aggregates them all. It uses nothing that
ClickHouse 18.16 lacks.
"""

from dataclasses import dataclass
from datetime import datetime

from vk_alerts.metrics.model import Metric, MetricKind, Source, SourceFile

WINDOW_COLUMN = "window_epoch"
GROUPING_COLUMN = "grouping"
EVENTS_COLUMN = "events"


@dataclass(frozen=True, slots=True)
class SnapshotQuery:
    """A query and how to read its answer.

    The answer has one row per window and slice with at least one event: ``window_epoch`` (seconds, UTC),
    ``grouping`` (index into :attr:`groupings`), ``events``, one column per dimension, and one column per
    metric that is no ratio.

    Attributes:
        sql: the text.
        groupings: combinations of dimensions, the empty one first.
        dimension_columns: dimension → column of the answer.
        value_columns: metric (no ratio) → column of the answer.
    """

    sql: str
    groupings: tuple[tuple[str, ...], ...]
    dimension_columns: dict[str, str]
    value_columns: dict[str, str]


def snapshot_query(file: SourceFile, start: datetime, end: datetime) -> SnapshotQuery:
    """The query for all windows in [start, end) (aware, starts of windows) of one source."""
    source = file.source
    dimensions = {name: f"dimension_{name}" for name in source.dimensions}
    bases = [metric for metric in file.metrics if metric.kind is not MetricKind.RATIO]
    values = {metric.name: f"value_{metric.name}" for metric in bases}
    time = quoted(source.time)
    inner = [f"toStartOfFifteenMinutes({time}) AS window_start"]
    inner += [
        f"toString({expression}) AS {dimensions[name]}" for name, expression in source.dimensions.items()
    ]
    inner += [column for metric in bases for column in _inputs(metric)]
    outer = [f"toUInt32(window_start) AS {WINDOW_COLUMN}", GROUPING_COLUMN, f"count() AS {EVENTS_COLUMN}"]
    outer += [f"any({column}) AS {column}_value" for column in dimensions.values()]
    outer += [f"{_aggregate(metric)} AS {values[metric.name]}" for metric in bases]
    order = ", ".join(f"{column}_value" for column in dimensions.values()) or "slice_key"
    sql = f"""SELECT
    {_lines(outer, 1)}
FROM
(
    SELECT
        {_lines(inner, 2)}
    FROM {table_of(source)}
    WHERE {time} >= toDateTime({epoch(start)}) AND {time} < toDateTime({epoch(end)})
)
ARRAY JOIN
    [{_lines(_slice_keys(source, dimensions), 2)}] AS slice_key,
    {list(range(len(source.groupings)))} AS {GROUPING_COLUMN}
GROUP BY window_start, {GROUPING_COLUMN}, slice_key
ORDER BY window_start, {GROUPING_COLUMN}, {order}"""
    return SnapshotQuery(
        sql=sql,
        groupings=source.groupings,
        dimension_columns={name: f"{column}_value" for name, column in dimensions.items()},
        value_columns=values,
    )


def _inputs(metric: Metric) -> list[str]:
    """The columns a metric's aggregate reads, computed once a row, before rows are multiplied by slices."""
    columns = []
    if metric.condition is not None:
        columns.append(f"toUInt8({metric.condition}) AS condition_{metric.name}")
    if metric.expression is not None:
        columns.append(f"({metric.expression}) AS expression_{metric.name}")
    return columns


def _aggregate(metric: Metric) -> str:
    condition = None if metric.condition is None else f"condition_{metric.name}"
    if metric.kind is MetricKind.UNIQUE:
        value = f"expression_{metric.name}"
        return f"uniqExactIf({value}, {condition})" if condition else f"uniqExact({value})"
    return f"countIf({condition})" if condition else "count()"


def _slice_keys(source: Source, dimensions: dict[str, str]) -> list[str]:
    keys = []
    for number, grouping in enumerate(source.groupings):
        columns = "".join(f", {dimensions[name]}" for name in grouping)
        keys.append(f"cityHash64({number}{columns})")
    return keys


def table_of(source: Source) -> str:
    """The source's table as SQL names it."""
    return ".".join(quoted(part) for part in source.table.split("."))


def quoted(name: str) -> str:
    """A name as SQL takes it; the catalog's model admits only letters, digits and underscores."""
    return f"`{name}`"


def epoch(moment: datetime) -> int:
    """Seconds since 1970."""
    return int(moment.timestamp())


def _lines(parts: list[str], depth: int) -> str:
    return (",\n" + "    " * depth).join(parts)
