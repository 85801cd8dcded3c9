"""Tables that an earlier release made get the columns that have come since."""

from collections.abc import Sequence

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import identifier
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.clickhouse.spec import Column, TableSpec
from vk_alerts.errors import ClickHouseError


def add_missing_columns(clickhouse: ClickHouse, specs: Sequence[TableSpec]) -> None:
    """Adds what existing tables of the database lack; rows written before hold each type's default.

    Raises:
        ClickHouseError: the server cannot be reached, or the user may not alter the table.
    """
    for spec, column in _missing(clickhouse, specs):
        statement = f"ALTER TABLE {identifier(spec.name)} ADD COLUMN {identifier(column.name)} {column.type}"
        try:
            clickhouse.execute(statement)
        except ClickHouseError:
            # Another process may have been first; servers of 2018 know no IF NOT EXISTS here.
            if (spec, column) in _missing(clickhouse, [spec]):
                raise


def _missing(clickhouse: ClickHouse, specs: Sequence[TableSpec]) -> list[tuple[TableSpec, Column]]:
    found = clickhouse.read(named_query("known_columns", tables=[spec.name for spec in specs]))
    known = set(zip(found["table"], found["name"], strict=True))
    return [
        (spec, column) for spec in specs for column in spec.columns if (spec.name, column.name) not in known
    ]
