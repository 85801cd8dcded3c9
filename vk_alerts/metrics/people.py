"""Distinct users of a slice and of its parts by each other dimension, beside those of earlier weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.metrics.leaves import within
from vk_alerts.metrics.model import Metric, SourceFile
from vk_alerts.metrics.query import quoted, table_of
from vk_alerts.metrics.slices import Slice

_MOST_PARTS = 1_000  # of each dimension, those with the most users


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """A query whose answer has one row per part of a slice, and such rows of the slices beside it.

    Columns: ``part_dimension`` (empty: the slice as a whole), ``part_value``, the distinct users
    ``users_now`` and ``users_then`` (the sum over the earlier windows), and one column per dimension of the
    slice with the value to look for.

    Attributes:
        sql: the text.
        slice_columns: dimension of the slice → column of the answer.
        dimensions: the dimensions of the parts.
    """

    sql: str
    slice_columns: dict[str, str]
    dimensions: tuple[str, ...]


def people_query(
    file: SourceFile, metric: Metric, part: Slice, window: datetime, earlier: Sequence[datetime]
) -> PeopleQuery:
    """The query for a metric of unique values in ``window`` and the ``earlier`` ones; all are aware starts.

    Args:
        file: the metric's source.
        metric: what is counted.
        part: the slice whose parts are asked for. Its values do not stand in the text: rows of the other
            values come along, and are for the reader to leave out.
        window: its start.
        earlier: starts of the windows to compare with.
    """
    source = file.source
    time = quoted(source.time)
    fixed = {name: f"slice_{name}" for name, _ in part.items}
    others = tuple(name for name in source.dimensions if name not in fixed)
    columns = [f"toString({source.dimensions[name]}) AS {column}" for name, column in fixed.items()]
    condition = "1" if metric.condition is None else f"({metric.condition})"

    def users(start: datetime) -> str:
        return f"uniqExactIf({metric.expression}, {condition} AND {within(time, start)})"

    then = " + ".join(users(start) for start in earlier) or "0"
    where = " OR ".join(within(time, start) for start in (window, *earlier))
    answers = []
    for name in ("", *others):
        value = f"toString({source.dimensions[name]})" if name else "''"
        listed = [
            f"'{name}' AS part_dimension",
            f"{value} AS part_value",
            *columns,
            f"{users(window)} AS users_now",
            f"{then} AS users_then",
        ]
        keys = ", ".join(["part_value", *fixed.values()])
        # In ClickHouse the order and the limit before UNION ALL are those of the one query.
        of_each = f" BY {', '.join(fixed.values())}" if fixed else ""
        most = f"ORDER BY users_now + users_then DESC\nLIMIT {_MOST_PARTS}{of_each}"
        answer = f"{_selected(listed)}\nFROM {table_of(source)}\nWHERE {where}\nGROUP BY {keys}\n{most}"
        answers.append(answer)
    return PeopleQuery("\nUNION ALL\n".join(answers), fixed, others)


def _selected(columns: Sequence[str]) -> str:
    return "SELECT\n    " + ",\n    ".join(columns)
