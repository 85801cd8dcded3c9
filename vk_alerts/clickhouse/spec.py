"""What a table looks like: the declaration that creates it and that written rows must fit."""

from dataclasses import dataclass

from vk_alerts.clickhouse.literals import identifier


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: its name.
        type: its ClickHouse type, such as ``Nullable(Float64)``.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table.

    Attributes:
        name: its name, unqualified (the target's database) or ``database.table``.
        columns: in the order of the table.
        engine: the text after the column list, ``ENGINE = MergeTree PARTITION BY … ORDER BY …``.
    """

    name: str
    columns: tuple[Column, ...]
    engine: str

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def create_statement(spec: TableSpec) -> str:
    """The statement that creates the table unless it exists."""
    columns = ",\n".join(f"    {identifier(column.name)} {column.type}" for column in spec.columns)
    return f"CREATE TABLE IF NOT EXISTS {identifier(spec.name)}\n(\n{columns}\n)\n{spec.engine}"
