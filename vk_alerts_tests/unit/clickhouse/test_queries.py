from importlib import resources

import pytest

from vk_alerts.clickhouse.queries import Condition, named_query

FILES = sorted(
    file.name
    for file in (resources.files("vk_alerts.clickhouse") / "sql").iterdir()
    if file.name[-4:] == ".sql"
)


@pytest.mark.parametrize("name", FILES)
def test_no_query_merges_rows_as_it_reads(name):
    """Markers say which version is valid; FINAL would hide mistakes, and costs a merge each time."""
    text = (resources.files("vk_alerts.clickhouse") / "sql" / name).read_text("utf-8")
    words = " ".join(line for line in text.splitlines() if not line.startswith("--")).upper().split()
    assert "FINAL" not in words


@pytest.mark.parametrize("name", FILES)
def test_every_query_says_what_its_rows_are(name):
    text = (resources.files("vk_alerts.clickhouse") / "sql" / name).read_text("utf-8")
    assert text.startswith("-- ")


def test_values_are_rendered_and_conditions_stand_as_they_are():
    values = {"source": "it's", "day": 1, "fingerprint": Condition("lower('A')")}
    sql = named_query("memories", **values)
    assert "source = 'it\\'s' AND day = 1 AND fingerprint = lower('A')" in sql


def test_a_value_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="fingerprint"):
        named_query("memories", source="feed", day=1)
