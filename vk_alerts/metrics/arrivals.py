"""How far a source's events reach: how many each window has, and when the newest of them was."""

from datetime import datetime

from vk_alerts.metrics.model import Source
from vk_alerts.metrics.query import epoch, quoted, table_of


def arrivals_query(source: Source, start: datetime, end: datetime) -> str:
    """A query with a row for each window in which there are events between ``start`` and ``end`` (aware).

    Columns: ``window_epoch``, ``events``, ``newest_epoch``; seconds since 1970.
    """
    time = quoted(source.time)
    columns = (
        f"toUInt32(toStartOfFifteenMinutes({time})) AS window_epoch",
        "count() AS events",
        f"toUInt32(max({time})) AS newest_epoch",
    )
    listed = ",\n    ".join(columns)
    where = f"{time} >= toDateTime({epoch(start)}) AND {time} < toDateTime({epoch(end)})"
    sql = f"SELECT\n    {listed}\nFROM {table_of(source)}\nWHERE {where}"
    return f"{sql}\nGROUP BY window_epoch\nORDER BY window_epoch"
