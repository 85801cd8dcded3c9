"""What an asset's page says of its table and its people: columns, and who is responsible."""

import re
from collections.abc import Mapping, Sequence

import dagster as dg

from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.metrics.model import SourceFile

# Dagster takes addresses and teams; the catalog names people as Telegram does.
_NAME = re.compile(r"@([A-Za-z0-9_]+)")


def table_metadata(table: TableSpec) -> Mapping[str, object]:
    """The table's name, columns and types, as Dagster's asset page and search know them."""
    columns = [dg.TableColumn(column.name, column.type) for column in table.columns]
    return {"dagster/table_name": table.name, "dagster/column_schema": dg.TableSchema(columns=columns)}


def owners_of(files: Sequence[SourceFile]) -> list[str]:
    """The owners of sources' metrics as Dagster takes them, ``team:feed_oncall`` for ``@feed_oncall``."""
    texts = [metric.owner or "" for file in files for metric in file.metrics]
    return [f"team:{name}" for name in dict.fromkeys(one for text in texts for one in _NAME.findall(text))]
