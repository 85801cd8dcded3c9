"""Blank lines within texts: chDB would take what follows them for the next query."""

import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target

SPEC = TableSpec(
    "blank_lines", (Column("n", "UInt8"), Column("text", "String")), "ENGINE = MergeTree ORDER BY n"
)


@pytest.mark.parametrize(
    "text",
    ["\n\n", "a\n\n\nb", "\n\nDROP TABLE blank_lines;\n", "\r\n\r\n", '"\n\n"', "\n\n" * 100_000],
    ids=["only", "within", "a statement", "carriage returns", "quotes", "many"],
)
def test_texts_with_blank_lines_are_stored_and_never_run(text: str) -> None:
    client = ClickHouse(embedded_target())
    client.execute("DROP TABLE IF EXISTS blank_lines")
    client.execute(create_statement(SPEC))
    rows = pd.DataFrame({"n": [1, 2], "text": [text, "after"]})
    assert client.insert(SPEC, rows) == len(rows)
    assert client.read("SELECT text FROM blank_lines ORDER BY n")["text"].tolist() == [text, "after"]
