"""Laws of the adapter: what goes to ClickHouse in SQL, or in rows, comes back the same."""

import itertools
import math
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.statement import without_tail
from vk_alerts.clickhouse.types import parse_type
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target
from vk_alerts_tests.integration.clickhouse_server import server_target

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
tricky = st.text("'\"\\`{};-/*#\n\t\r\0abN,[]", max_size=20)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2105, 12, 31, 23, 59, 59)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
days = st.dates(date(1970, 1, 1), date(2105, 12, 31))
comments = st.sampled_from(["", " ", "\n", ";", " -- x", "\n-- it's\n", "/* ' */", " ;; -- ;", "# `\n"])
# Few examples, each of them a whole column: a query costs milliseconds, a row nothing.
on_engine = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(scope="module", params=["embedded", "server"])
def client(request: pytest.FixtureRequest) -> ClickHouse:
    if request.param == "server":
        return ClickHouse(server_target())
    pytest.importorskip("chdb", reason="the embedded engine is not installed")
    return ClickHouse(embedded_target())


@pytest.mark.server
@on_engine
@given(values=st.lists(texts | tricky, min_size=1, max_size=50))
def test_a_text_in_sql_is_that_text(client: ClickHouse, values: list[str]) -> None:
    frame = client.read(f"SELECT {', '.join(f'{literal(value)} AS c{i}' for i, value in enumerate(values))}")

    assert frame.iloc[0].tolist() == values


@pytest.mark.server
@on_engine
@given(values=st.lists(texts | tricky, max_size=50))
def test_a_list_in_sql_is_that_list(client: ClickHouse, values: list[str]) -> None:
    frame = client.read(
        f"SELECT {literal(values)} AS x, length(x) AS n" if values else "SELECT [''] AS x, 0 AS n"
    )

    assert frame["n"].tolist() == [len(values)]
    assert not values or frame["x"][0] == values


@pytest.mark.server
@on_engine
@given(
    # 18.16 refuses what is too small for its digits to count.
    numbers=st.lists(st.floats(allow_subnormal=False), min_size=1, max_size=50),
    integers=st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1, max_size=50),
)
def test_a_number_in_sql_is_that_number(
    client: ClickHouse, numbers: list[float], integers: list[int]
) -> None:
    columns = [f"toFloat64({literal(x)}) AS f{i}" for i, x in enumerate(numbers)]
    columns += [f"{literal(x)} AS i{i}" for i, x in enumerate(integers)]
    frame = client.read(f"SELECT {', '.join(columns)}")
    row = {name: frame[name].tolist()[0] for name in frame.columns}

    for i, x in enumerate(numbers):
        found = row[f"f{i}"]
        assert math.isnan(found) if math.isnan(x) else found == x
    for i, x in enumerate(integers):
        assert row[f"i{i}"] == x


@pytest.mark.server
@on_engine
@given(values=st.lists(st.tuples(moments, days), min_size=1, max_size=50))
def test_a_time_in_sql_is_that_time(client: ClickHouse, values: list[tuple[datetime, date]]) -> None:
    columns = [f"{literal(t)} AS t{i}, {literal(d)} AS d{i}" for i, (t, d) in enumerate(values)]
    row = client.read(f"SELECT {', '.join(columns)}").iloc[0]

    assert [(row[f"t{i}"], row[f"d{i}"].date()) for i in range(len(values))] == values


ROWS = TableSpec(
    "laws",
    (
        Column("n", "UInt32"),
        Column("i", "Int64"),
        Column("u", "Nullable(UInt64)"),
        Column("f", "Float64"),
        Column("s", "String"),
        Column("m", "Nullable(String)"),
        Column("t", "DateTime"),
        Column("d", "Date"),
        Column("a", "Array(String)"),
        Column("b", "Array(Float64)"),
    ),
    "ENGINE = Memory",
)
rows = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(0, 2**64 - 1),
    st.floats(allow_nan=False),
    texts | tricky,
    st.none() | texts | tricky,
    moments,
    days,
    st.lists(texts | tricky, max_size=3),
    st.lists(st.floats(allow_nan=False), max_size=3),
)


@pytest.mark.server
@on_engine
@given(values=st.lists(rows, min_size=1, max_size=40))
def test_rows_written_are_rows_read(client: ClickHouse, values: list[tuple[object, ...]]) -> None:
    client.execute("DROP TABLE IF EXISTS laws")
    client.execute(create_statement(ROWS))
    columns = {
        name: pd.Series([row[k] for row in values], dtype=object) for k, name in enumerate("iufsmtdab")
    }

    assert client.insert(ROWS, pd.DataFrame({"n": range(len(values)), **columns})) == len(values)

    frame = client.read("SELECT * FROM laws ORDER BY n")
    for k, name in enumerate("iufsmtdab"):
        expected = [row[k] for row in values]
        if name == "b":
            assert [len(x) for x in frame[name]] == [len(x) for x in expected]
            assert_same_floats(client, np.concatenate(frame[name]).tolist(), list(itertools.chain(*expected)))
        elif name == "f":
            assert_same_floats(client, frame[name].tolist(), expected)
        elif name == "d":
            assert [x.date() for x in frame[name]] == expected
        else:
            assert [None if x is pd.NA or x != x else x for x in frame[name].tolist()] == expected


def assert_same_floats(client: ClickHouse, found: list[float], expected: list[float]) -> None:
    """The same to the last bit; but 18.16 reads no text of very large and very small floats exactly."""
    is_embedded = client.target.home is not None
    for ours, theirs in zip(expected, found, strict=True):
        if is_embedded or ours == 0 or 1e-10 <= abs(ours) < 1e17:
            assert theirs == ours
        else:
            assert theirs == ours or abs(theirs - ours) <= 2 * math.ulp(ours)


@pytest.mark.server
@on_engine
@given(values=st.lists(st.floats(1e-10, 1e17, exclude_max=True), min_size=100, max_size=100))
def test_numbers_of_the_size_of_metrics_are_stored_exactly(client: ClickHouse, values: list[float]) -> None:
    spec = TableSpec("exact_law", (Column("n", "UInt8"), Column("x", "Float64")), "ENGINE = Memory")
    client.execute("DROP TABLE IF EXISTS exact_law")
    client.execute(create_statement(spec))
    client.insert(spec, pd.DataFrame({"n": range(len(values)), "x": values}))

    assert client.read("SELECT x FROM exact_law ORDER BY n")["x"].tolist() == values


@given(text=texts | tricky, comment=st.lists(comments, max_size=4).map("".join))
def test_the_tail_of_a_query_hides_no_part_of_it(text: str, comment: str) -> None:
    sql = f"SELECT {literal(text)} AS x"

    assert without_tail(f"{sql} {comment}") == sql
    assert without_tail(without_tail(f"{sql} {comment}")) == sql


@given(text=st.lists(tricky | st.sampled_from(["SELECT 1", " ", ";", "\u2003"]), max_size=6).map("".join))
def test_a_query_with_and_without_comments_has_the_same_tail(text: str) -> None:
    commented = f"/**/{text}"  # which is looked at token by token

    assert without_tail(text) == without_tail(commented).removeprefix("/**/")


kinds = st.recursive(
    st.sampled_from(
        ["UInt8", "Float64", "String", "DateTime", "DateTime('UTC')", "Decimal(9, 2)", "Enum8('a' = 1)"]
    ),
    lambda inner: (
        inner.map(lambda kind: f"Array({kind})")
        | inner.map(lambda kind: f"Nullable({kind})")
        | st.lists(inner, min_size=1, max_size=3).map(lambda all_: f"Tuple({', '.join(all_)})")
    ),
    max_leaves=5,
)


@given(kind=kinds)
def test_blanks_between_the_parts_of_a_type_mean_nothing(kind: str) -> None:
    assert parse_type(kind) == parse_type(kind.replace("(", "( ").replace(")", " )"))
