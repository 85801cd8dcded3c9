"""(source, range of windows) → one SQL query that computes all metrics in all slices of every window.

The query reads the events once and works in two steps. First it aggregates the *leaves*, each of them the
events that are alike in every watched dimension: an event counts once, however many slices it belongs to.
Then each leaf meets the slices it is part of (ARRAY JOIN), and the parts are added up; of unique values a
leaf hands over the values themselves, so that whoever is seen in two leaves still counts once, of quantiles
and gauges the states of their aggregates. Leaves are
few: some hundred in a window of ten thousand events. On a cluster every shard computes its part of the
leaves, and only those travel. Of the forms measured (benchmarks/snapshot_queries.py) it is the fastest. It
uses nothing that ClickHouse 18.16 lacks.

Of a single window most of the time goes into the engine's planning, which grows with the number of
expressions and with the length of their names. So the texts of slices are made by one lambda for all
dimensions, and once per leaf, not per event; one more puts together the keys of all slices with as many
dimensions; and a single window is no key of anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.metrics.aggregates import AggregateCall, aggregate_calls, put_together
from vk_alerts.metrics.model import Metric, MetricKind, Source, SourceFile
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.windows import STEP

WINDOW_COLUMN = "window_epoch"
SLICE_COLUMN = "slice"
EVENTS_COLUMN = "events"


@dataclass(frozen=True, slots=True)
class SnapshotQuery:
    """A query and how to read its answer.

    The answer has one row per window and slice with at least one event: ``window_epoch`` (seconds, UTC),
    ``slice`` (its canonical key, as :class:`~vk_alerts.metrics.slices.Slice` writes it), ``events``, and one
    column per metric that is no ratio; sorted by window and slice. Measured metrics have one more: the events
    that the value comes from.

    Attributes:
        sql: the text.
        value_columns: metric (no ratio) → column of the answer.
        evidence_columns: quantile or gauge → column of the answer.
    """

    sql: str
    value_columns: dict[str, str]
    evidence_columns: dict[str, str]


def snapshot_query(file: SourceFile, start: datetime, end: datetime) -> SnapshotQuery:
    """The query for all windows in [start, end) (aware, starts of windows) of one source."""
    source = file.source
    time = quoted(source.time)
    bases = [metric for metric in file.metrics if metric.kind is not MetricKind.RATIO]
    watched = [name for name in source.dimensions if any(name in grouping for grouping in source.groupings)]
    values = {metric.name: f"value_{metric.name}" for metric in bases}
    evidence = {metric.name: f"evidence_{metric.name}" for metric in bases if metric.kind.is_measured}
    keys = [f"dimension_{name}" for name in watched]
    # Without any key there would be a row of nothing for a window without events.
    is_single = bool(keys) and end - start == STEP
    window = [] if is_single else ["window_start"]
    leaves = [] if is_single else [f"toStartOfFifteenMinutes({time}) AS window_start"]
    leaves += [f"{_pairs(source, watched)} AS pairs_of_leaf"] if watched else []
    leaves += ["count() AS events_in_leaf"]
    leaves += [part for metric in bases for part in _of_leaf(metric)]
    answer = [f"toUInt32({epoch(start) if is_single else 'window_start'}) AS {WINDOW_COLUMN}", SLICE_COLUMN]
    answer += [f"sum(events_in_leaf) AS {EVENTS_COLUMN}"]
    answer += [f"{_of_slice(metric)} AS {values[metric.name]}" for metric in bases]
    answer += [f"sum(events_of_{name}) AS {column}" for name, column in evidence.items()]
    sql = f"""SELECT
    {_lines(answer, 1)}
FROM
(
    SELECT
        {_lines(leaves, 2)}
    FROM {table_of(source)}
    WHERE {time} >= toDateTime({epoch(start)}) AND {time} < toDateTime({epoch(end)})
    GROUP BY {", ".join([*window, *keys])}
)
ARRAY JOIN
    {_slice_keys(source, watched)} AS {SLICE_COLUMN}
GROUP BY {", ".join([*window, SLICE_COLUMN])}
ORDER BY {", ".join([*window, SLICE_COLUMN])}"""
    return SnapshotQuery(sql=sql, value_columns=values, evidence_columns=evidence)


def _of_leaf(metric: Metric) -> list[str]:
    """What a leaf tells of a metric: how many events, which values, or how far its aggregates have come."""
    # The condition may be Nullable or any number; what aggregates take is UInt8.
    condition = None if metric.condition is None else f"toUInt8({metric.condition})"
    part = f"part_{metric.name}"
    if metric.kind is MetricKind.UNIQUE:
        value = f"({metric.expression})"
        unique = f"groupUniqArrayIf({value}, {condition})" if condition else f"groupUniqArray({value})"
        return [f"{unique} AS {part}"]
    events = f"countIf({condition})" if condition else "count()"
    if metric.kind is MetricKind.QUANTILE:
        value = f"toFloat64({metric.expression})"
        # Without what is no number: among sorted values it has no place.
        usable = f"ifNull(isFinite({value}), 0)"
        usable = f"ifNull({condition}, 0) AND {usable}" if condition else usable
        state = f"quantileExactIfState({metric.quantile})(assumeNotNull({value}), {usable})"
        return [f"{state} AS {part}", f"countIf({usable}) AS events_of_{metric.name}"]
    if metric.kind is MetricKind.GAUGE:
        states = [
            f"{call.of_leaf} AS {_part_of_gauge(metric, number)}"
            for number, call in enumerate(_calls_of(metric))
        ]
        return [*states, f"{events} AS events_of_{metric.name}"]
    return [f"{events} AS {part}"]


def _of_slice(metric: Metric) -> str:
    part = f"part_{metric.name}"
    if metric.kind is MetricKind.UNIQUE:
        # A third quicker than uniqExactArray, which inserts each value into a growing table of its slice's.
        return f"arrayUniq(groupArrayArray({part}))"
    if metric.kind is MetricKind.QUANTILE:
        return f"quantileExactIfMerge({metric.quantile})({part})"
    if metric.kind is MetricKind.GAUGE:
        merged = put_together(
            metric.expression or "", _calls_of(metric), lambda number: _part_of_gauge(metric, number)
        )
        return f"toFloat64({merged})"
    return f"sum({part})"


def _calls_of(metric: Metric) -> tuple[AggregateCall, ...]:
    return aggregate_calls(metric.expression or "", condition=metric.condition)


def _part_of_gauge(metric: Metric, number: int) -> str:
    return f"part_{number}_{metric.name}"


def _pairs(source: Source, watched: list[str]) -> str:
    """An array of ``os=Android``, with the escapes of a slice's key, of all watched dimensions.

    Leaves are alike in the values as they are in the table: texts would be made for every event.
    """
    value = "ifNull(value, 'NULL')"
    for character in (r"\\", ",", "="):
        value = rf"replaceAll({value}, '{character}', '\\{character}')"
    prefixes = ", ".join(f"'{name}='" for name in watched)
    values = [f"toString(({source.dimensions[name]}) AS dimension_{name})" for name in watched]
    return f"""arrayMap((prefix, value) -> concat(prefix, {value}), [{prefixes}], [
            {_lines(values, 3)}
        ])"""


def _slice_keys(source: Source, watched: list[str]) -> str:
    """An array of the keys of a leaf's slices.

    All groupings of as many dimensions are made by one lambda: written out, they take a tenth of the time
    that a single window takes, all of it planning.
    """
    by_size: dict[int, list[tuple[str, ...]]] = {}
    for grouping in source.groupings:
        by_size.setdefault(len(grouping), []).append(grouping)
    arrays = []
    for size, groupings in by_size.items():
        places = [[watched.index(name) + 1 for name in names] for names in zip(*groupings, strict=True)]
        if size == 0:
            arrays.append(f"['{ALL_KEY}']")
        elif places == [[*range(1, len(watched) + 1)]]:
            arrays.append("pairs_of_leaf")
        elif len(groupings) == 1:
            arrays.append(f"[{_key([place for (place,) in places])}]")
        else:
            names = [f"place_{nth}" for nth in range(size)]
            arrays.append(f"arrayMap(({', '.join(names)}) -> {_key(names)}, {', '.join(map(str, places))})")
    return f"arrayConcat({', '.join(arrays)})" if len(arrays) > 1 else arrays[0]


def _key(places: Sequence[int | str]) -> str:
    pairs = ", ',', ".join(f"pairs_of_leaf[{place}]" for place in places)
    return f"concat({pairs})" if len(places) > 1 else pairs


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
