"""The package's SQL files, with values filled in."""

from importlib import resources
from string import Template

from vk_alerts.clickhouse.literals import literal


class Condition(str):
    """A part of a WHERE that stands in a query as it is; its maker has rendered its values by ``literal``."""

    __slots__ = ()


def named_query(name: str, **values: object) -> str:
    """The text of ``sql/<name>.sql`` with each ``$name`` as the SQL text of its value.

    Raises:
        ClickHouseQueryError: a value cannot be written exactly.
    """
    text = (resources.files("vk_alerts.clickhouse") / "sql" / f"{name}.sql").read_text("utf-8")
    return Template(text).substitute({name: _text(value) for name, value in values.items()})


def _text(value: object) -> str:
    return value if isinstance(value, Condition) else literal(value)
