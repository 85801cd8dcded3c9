"""The package's SQL files, with values filled in."""

from importlib import resources
from string import Template

from vk_alerts.clickhouse.literals import literal


def named_query(name: str, **values: object) -> str:
    """The text of ``sql/<name>.sql`` with each ``$name`` as the SQL text of its value.

    Raises:
        ClickHouseQueryError: a value cannot be written exactly.
    """
    text = (resources.files("vk_alerts.clickhouse") / "sql" / f"{name}.sql").read_text("utf-8")
    return Template(text).substitute({name: literal(value) for name, value in values.items()})
