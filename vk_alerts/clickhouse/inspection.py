"""What a database holds, without rights on its system tables where that is possible."""

from dataclasses import dataclass

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.types import Type, parse_type
from vk_alerts.errors import ClickHouseQueryError

_NO_TABLE = {60, 81}  # UNKNOWN_TABLE, UNKNOWN_DATABASE


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: as it is written.
        type: ``DateTime('UTC')``, ``LowCardinality(String)``.
    """

    name: str
    type: str

    @property
    def bare(self) -> str:
        """The type's name without ``Nullable``, ``LowCardinality`` and arguments: ``DateTime``."""
        try:
            tree: Type = parse_type(self.type).bare
        except ValueError:  # a type newer than we are
            return self.type
        return tree.name


def in_sql(name: str) -> str:
    """A name of a column or table as SQL takes it, whatever it holds."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def table_in_sql(table: str) -> str:
    """``table`` or ``database.table`` as SQL takes it."""
    return ".".join(in_sql(part) for part in table.split("."))


def columns_of(client: ClickHouse, table: str) -> list[Column] | None:
    """The columns of a table (``table`` or ``database.table``), in its order; None = there is no such table.

    Raises:
        ClickHouseError: the table may not be described.
    """
    try:
        rows = client.read(f"DESCRIBE TABLE {table_in_sql(table)}")
    except ClickHouseQueryError as error:
        if error.code in _NO_TABLE:
            return None
        raise
    return [Column(str(n), str(t)) for n, t in zip(rows["name"], rows["type"], strict=True)]


def tables_of(client: ClickHouse, database: str | None = None) -> list[str]:
    """The names of a database's tables and views, in alphabetical order; by default of the client's own.

    Raises:
        ClickHouseError: they cannot be listed.
    """
    wanted = literal(database or client.target.database)
    rows = client.read(
        f"SELECT name FROM system.tables WHERE database = {wanted} ORDER BY name"  # noqa: S608 - escaped
    )
    return [str(name) for name in rows["name"]]
