"""A window's events by all dimensions at once, beside those of the same windows of earlier weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.metrics.model import Metric, MetricKind, SourceFile
from vk_alerts.metrics.query import epoch, quoted, table_of
from vk_alerts.windows import STEP

_MOST_LEAVES = 20_000  # those with the most events; what is smaller is no cause of anything


@dataclass(frozen=True, slots=True)
class LeavesQuery:
    """A query whose answer has one row per combination of dimensions.

    For each counted metric it has the columns ``<name>_now`` and ``<name>_then``: events in the window, and
    in all of the earlier windows together.

    Attributes:
        sql: the text.
        dimension_columns: dimension → column of the answer, in the order of the catalog. (A column of the
            table with that name must stay visible to conditions.)
        counted: names of the metrics that are counted: a ratio's numerator and denominator, or the metric.
    """

    sql: str
    dimension_columns: dict[str, str]
    counted: tuple[str, ...]


def leaves_query(
    file: SourceFile, metric: Metric, window: datetime, earlier: Sequence[datetime]
) -> LeavesQuery | None:
    """The query for one metric in ``window`` and in the ``earlier`` windows; all are starts, aware.

    Returns:
        None for what cannot be added up over slices: distinct users, quantiles, gauges, and ratios of users.
    """
    by_name = {each.name: each for each in file.metrics}
    names = (
        (metric.numerator or "", metric.denominator or "")
        if metric.kind is MetricKind.RATIO
        else (metric.name,)
    )
    counted = [by_name[name] for name in names]
    if any(each.kind is not MetricKind.COUNT for each in counted):
        return None
    source = file.source
    time = quoted(source.time)
    is_now = within(time, window)
    dimensions = {name: f"dimension_{name}" for name in source.dimensions}
    columns = [
        f"toString({expression}) AS {dimensions[name]}" for name, expression in source.dimensions.items()
    ]
    for each in counted:
        condition = "1" if each.condition is None else f"({each.condition})"
        columns.append(f"countIf({condition} AND {is_now}) AS {each.name}_now")
        columns.append(f"countIf({condition} AND NOT {is_now}) AS {each.name}_then")
    where = " OR ".join(within(time, start) for start in (window, *earlier))
    group = ", ".join(dimensions.values())
    listed = ",\n    ".join(columns)
    sql = f"SELECT\n    {listed}\nFROM {table_of(source)}\nWHERE {where}"
    if group:
        sql += f"\nGROUP BY {group}"
    sql += f"\nORDER BY count() DESC\nLIMIT {_MOST_LEAVES}"
    return LeavesQuery(sql, dimensions, tuple(each.name for each in counted))


def within(time: str, start: datetime) -> str:
    """The condition that a time lies in the window that starts then."""
    return f"({time} >= toDateTime({epoch(start)}) AND {time} < toDateTime({epoch(start + STEP)}))"
