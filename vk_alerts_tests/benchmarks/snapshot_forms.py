"""The forms in which the same snapshots can be asked for: the product's, and those it is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from vk_alerts.metrics.model import Metric, MetricKind, SourceFile
from vk_alerts.metrics.query import epoch, quoted, snapshot_query
from vk_alerts.metrics.slices import Slice

Sql = Callable[[SourceFile, datetime, datetime], str]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to compute all metrics in all slices of the windows in [start, end).

    Attributes:
        name: for people.
        sql: the query.
        is_modern: needs an engine younger than 18.16.
    """

    name: str
    sql: Sql
    is_modern: bool = False


def product(file: SourceFile, start: datetime, end: datetime) -> str:
    """The product's own query."""
    return snapshot_query(file, start, end).sql


def hashed_keys(file: SourceFile, start: datetime, end: datetime) -> str:
    """Every event meets the hashed key of every slice it belongs to."""
    groupings = file.source.groupings
    keys = [
        f"cityHash64({', '.join([str(number), *map(_dimension, grouping)])})"
        for number, grouping in enumerate(groupings)
    ]
    return f"""SELECT toUInt32(window_start) AS window_epoch, grouping,
    {_listed([*(f"any({_dimension(name)}) AS {name}" for name in _watched(file)), *_values(file)])}
FROM ({_events(file, start, end)})
ARRAY JOIN [{", ".join(keys)}] AS slice_key, {list(range(len(groupings)))} AS grouping
GROUP BY window_start, grouping, slice_key"""


def tuples(file: SourceFile, start: datetime, end: datetime) -> str:
    """Every event meets every slice it belongs to, as a tuple of values."""
    watched = _watched(file)
    slices = [
        f"tuple({', '.join([f'toUInt8({number})', *_cells(watched, grouping)])})"
        for number, grouping in enumerate(file.source.groupings)
    ]
    columns = [f"slice.{place} AS {name}" for place, name in enumerate(watched, start=2)]
    return f"""SELECT toUInt32(window_start) AS window_epoch, slice.1 AS grouping,
    {_listed([*columns, *_values(file)])}
FROM ({_events(file, start, end)})
ARRAY JOIN [{", ".join(slices)}] AS slice
GROUP BY window_start, slice"""


def grouping_sets(file: SourceFile, start: datetime, end: datetime) -> str:
    """The SQL standard's own way."""
    watched = _watched(file)
    sets = [f"({', '.join(['window_start', *map(_dimension, names)])})" for names in file.source.groupings]
    # A bit per dimension, the first the highest; set where the dimension is not in the set.
    mask = f"grouping({', '.join(map(_dimension, watched))})" if watched else "0"
    number = {
        sum((name not in names) << place for place, name in enumerate(reversed(watched))): number
        for number, names in enumerate(file.source.groupings)
    }
    which = f"transform({mask}, {list(number)}, {list(number.values())}, 999)"
    return f"""SELECT toUInt32(window_start) AS window_epoch, {which} AS grouping,
    {_listed([*(f"{_dimension(name)} AS {name}" for name in watched), *_values(file)])}
FROM ({_events(file, start, end)})
GROUP BY GROUPING SETS ({", ".join(sets)})"""


def union_all(file: SourceFile, start: datetime, end: datetime) -> str:
    """One query after the other, glued together."""
    watched = _watched(file)
    return "\nUNION ALL\n".join(
        f"""SELECT toUInt32(window_start) AS window_epoch, {number} AS grouping,
    {_listed([*_named_cells(watched, grouping), *_values(file)])}
FROM ({_events(file, start, end)})
GROUP BY {", ".join(["window_start", *map(_dimension, grouping)])}"""
        for number, grouping in enumerate(file.source.groupings)
    )


KNOWN_FORMS = (
    Form("ARRAY JOIN of hashed keys", hashed_keys),
    Form("GROUPING SETS", grouping_sets, is_modern=True),
    Form("UNION ALL", union_all),
    Form("ARRAY JOIN of tuples", tuples),
)
PRODUCT = Form("product", product)


def classic_query(table: str, now: datetime) -> str:
    """What analysts write: yesterday and today up to now, no slices; for the feed's events."""
    yesterday = now.replace(hour=0, minute=0) - timedelta(days=1)
    return f"""SELECT
    toStartOfFifteenMinutes(time) AS ts,
    toDate(time) AS date,
    formatDateTime(ts, '%R') AS hm,
    uniqExact(user_id) AS users_feed,
    countIf(user_id, action = 'view') AS views,
    countIf(user_id, action = 'like') AS likes
FROM {quoted(table)}
WHERE time >= toDateTime({epoch(yesterday)}) AND time < toStartOfFifteenMinutes(toDateTime({epoch(now)}))
GROUP BY ts, date, hm
ORDER BY ts"""


def canonical(file: SourceFile, answer: pd.DataFrame) -> pd.DataFrame:
    """A form's answer with the columns and in the order of the product's."""
    numbers = ["events", *(f"value_{metric.name}" for metric in _bases(file))]
    if "slice" not in answer:
        answer = answer.assign(slice=[_key(file, row) for row in answer.to_dict("records")])
    answer = answer[["window_epoch", "slice", *numbers]].astype(dict.fromkeys(numbers, "int64"))
    return answer.sort_values(["window_epoch", "slice"], ignore_index=True)


def fingerprint(file: SourceFile, sql: str) -> str:
    """A query that boils the answer of a form down to a row, the same for all forms."""
    columns = ["window_epoch", "events", *(f"value_{metric.name}" for metric in _bases(file))]
    numbers = ", ".join(f"toUInt64({column})" for column in columns)
    return f"SELECT count() AS rows, sum(cityHash64({numbers})) AS hash FROM ({sql})"


def _key(file: SourceFile, row: dict[str, object]) -> str:
    grouping = file.source.groupings[int(str(row["grouping"]))]
    return Slice(tuple((name, str(row[name])) for name in grouping)).key


def _events(file: SourceFile, start: datetime, end: datetime) -> str:
    source = file.source
    columns = [f"toStartOfFifteenMinutes({quoted(source.time)}) AS window_start"]
    columns += [f"toString({source.dimensions[name]}) AS {_dimension(name)}" for name in _watched(file)]
    for metric in _bases(file):
        if metric.condition:
            columns.append(f"toUInt8({metric.condition}) AS condition_{metric.name}")
        if metric.expression:
            columns.append(f"({metric.expression}) AS expression_{metric.name}")
    time = quoted(source.time)
    return f"""SELECT {", ".join(columns)} FROM {quoted(source.table)}
    WHERE {time} >= toDateTime({epoch(start)}) AND {time} < toDateTime({epoch(end)})"""


def _values(file: SourceFile) -> list[str]:
    return [
        "count() AS events",
        *(f"{_aggregate(metric)} AS value_{metric.name}" for metric in _bases(file)),
    ]


def _aggregate(metric: Metric) -> str:
    if metric.kind is MetricKind.UNIQUE:
        value = f"expression_{metric.name}"
        return f"uniqExactIf({value}, condition_{metric.name})" if metric.condition else f"uniqExact({value})"
    return f"countIf(condition_{metric.name})" if metric.condition else "count()"


def _bases(file: SourceFile) -> list[Metric]:
    return [metric for metric in file.metrics if metric.kind is not MetricKind.RATIO]


def _watched(file: SourceFile) -> list[str]:
    return [name for name in file.source.dimensions if any(name in names for names in file.source.groupings)]


def _dimension(name: str) -> str:
    return f"dimension_{name}"


def _cells(watched: list[str], grouping: tuple[str, ...]) -> list[str]:
    return [_dimension(name) if name in grouping else "''" for name in watched]


def _named_cells(watched: list[str], grouping: tuple[str, ...]) -> list[str]:
    return [f"{cell} AS {name}" for cell, name in zip(_cells(watched, grouping), watched, strict=True)]


def _listed(columns: list[str]) -> str:
    return ",\n    ".join(columns)
