"""Missing tables are made, and those that an earlier release made get the columns that have come since."""

from collections.abc import Sequence

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import identifier
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.clickhouse.spec import TableSpec, create_statement
from vk_alerts.errors import ClickHouseError


def complete_tables(clickhouse: ClickHouse, specs: Sequence[TableSpec]) -> None:
    """Creates what the database lacks of some tables; rows written before hold each new column's default.

    Where nothing is missing this is one request: every step of a run begins with it.

    Raises:
        ClickHouseError: the server cannot be reached, or the user may not create or alter a table.
    """
    known = _known(clickhouse, specs)
    for spec in specs:
        if spec.name not in known:
            clickhouse.execute(create_statement(spec))
            continue
        for column in spec.columns:
            if column.name in known[spec.name]:
                continue
            name = identifier(column.name)
            try:
                clickhouse.execute(f"ALTER TABLE {identifier(spec.name)} ADD COLUMN {name} {column.type}")
            except ClickHouseError:
                # Another process may have been first; servers of 2018 know no IF NOT EXISTS here.
                if column.name not in _known(clickhouse, [spec]).get(spec.name, ()):
                    raise


def _known(clickhouse: ClickHouse, specs: Sequence[TableSpec]) -> dict[str, set[str]]:
    """The columns of those tables that there are."""
    found = clickhouse.read(named_query("known_columns", tables=[spec.name for spec in specs]))
    known: dict[str, set[str]] = {}
    for table, column in zip(found["table"], found["name"], strict=True):
        known.setdefault(table, set()).add(column)
    return known
