"""What is written is what is read, type by type, on the embedded engine and on a real server."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.errors import ClickHouseQueryError
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target
from vk_alerts_tests.integration.clickhouse_server import server_target

pytestmark = pytest.mark.server
UTC = ZoneInfo("UTC")
TEXTS = [
    "\ufeff first",  # a byte order mark, which parsers like to drop
    "",
    "it's",
    'a"b"',
    "tab\tnew\nline\r",
    "back\\slash",
    "\\N",
    "NULL",
    "nan",
    "👍 Москва",
    "a,b",
    "\0",
    "[x]",
]
MOMENTS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
    datetime(2001, 9, 9, 1, 46, 39, tzinfo=UTC),
    datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
    datetime(2026, 1, 31, 14, 15, 59, tzinfo=UTC),
]
DAYS = [date(1970, 1, 1), date(2026, 1, 31), date(2100, 2, 28)]
OLD = {  # types which a server of 2018 knows
    "UInt8": ([0, 255], "uint8"),
    "UInt16": ([0, 65535], "uint16"),
    "UInt32": ([0, 2**32 - 1], "uint32"),
    "UInt64": ([0, 2**53 + 1, 2**64 - 1], "uint64"),
    "Int8": ([-128, 127], "int8"),
    "Int16": ([-(2**15), 2**15 - 1], "int16"),
    "Int32": ([-(2**31), 2**31 - 1], "int32"),
    "Int64": ([-(2**63), -(2**53) - 1, 2**63 - 1], "int64"),
    "Float64": ([0.0, -1.5, 1 / 3, 1e-300, 1.7e308, float("nan"), float("inf"), float("-inf")], "float64"),
    "Float32": ([0.0, float(np.float32(0.1)), float("nan"), float("inf")], "float32"),
    "String": (TEXTS, "str"),
    "FixedString(3)": (["abc", "xyz"], "str"),
    "UUID": (["61f0c404-5cb3-11e7-907b-a6006ad3dba0"], "str"),
    "Enum8('a' = 1, 'it\\'s' = 2, '' = 3)": (["a", "it's", ""], "str"),
    "Enum16('a\\tb\\\\' = -300, '👍, (1)' = 300)": (["a\tb\\", "👍, (1)"], "str"),
    "Date": (DAYS, "datetime64[s]"),
    "DateTime": (MOMENTS, "datetime64[us, UTC]"),
    "DateTime('Europe/Moscow')": (MOMENTS, "datetime64[us, UTC]"),
    "Decimal(18, 4)": ([Decimal("0"), Decimal("-12345678901234.5678"), Decimal("0.0001")], "object"),
    "Decimal(38, 10)": ([Decimal("-1234567890123456789012345678.0123456789")], "object"),
    "Nullable(UInt8)": ([0, None, 255], "UInt8"),
    "Nullable(UInt16)": ([None, 65535], "UInt16"),
    "Nullable(UInt32)": ([2**32 - 1, None], "UInt32"),
    "Nullable(Int8)": ([-128, None, 127], "Int8"),
    "Nullable(Int16)": ([None, None], "Int16"),
    "Nullable(Int32)": ([-(2**31), None], "Int32"),
    "Nullable(Float32)": ([float(np.float32(0.1)), None, float("-inf")], "float32"),
    "Nullable(FixedString(2))": (["ab", None], "str"),
    "Nullable(UUID)": ([None, "61f0c404-5cb3-11e7-907b-a6006ad3dba0"], "str"),
    "Nullable(Enum8('a' = 1, 'NULL' = 2))": (["a", None, "NULL"], "str"),
    "Nullable(DateTime('Europe/Moscow'))": ([None, MOMENTS[-1]], "datetime64[us, UTC]"),
    "Nullable(UInt64)": ([2**64 - 1, None], "UInt64"),
    "Nullable(Int64)": ([-(2**63), None, 2**53 + 1], "Int64"),
    "Nullable(Float64)": ([0.1, None, float("inf")], "float64"),
    "Nullable(String)": ([*TEXTS, None], "str"),
    "Nullable(Date)": ([date(2026, 1, 31), None], "datetime64[s]"),
    "Nullable(DateTime)": ([MOMENTS[-1], None], "datetime64[us, UTC]"),
    "Nullable(Decimal(9, 2))": ([Decimal("1.25"), None], "object"),
    "Array(UInt64)": ([[2**64 - 1, 0], [], [7]], "object"),
    "Array(UInt8)": ([[0, 255], [], [7]], "object"),
    "Array(Int8)": ([[-128, 127]], "object"),
    "Array(Int32)": ([[], []], "object"),
    "Array(Int64)": ([[-(2**63), 2**63 - 1], []], "object"),
    "Array(Float32)": ([[float(np.float32(0.1)), float("nan")], []], "object"),
    "Array(Float64)": ([[0.1, float("nan"), float("-inf")], []], "object"),
    "Array(Nullable(Float64))": ([[0.1, None], []], "object"),
    "Array(Nullable(Int64))": ([[2**53 + 1, None], []], "object"),
    "Array(String)": ([TEXTS, [], [""], ["a','b"]], "object"),
    "Array(Array(String))": ([[["a", "it's"], []], []], "object"),
    "Array(Array(Float64))": ([[[0.1, 1 / 3], []], []], "object"),
    "Array(Nullable(String))": ([["a", None, "", "NULL", "it's"], [None], []], "object"),
    "Array(Nullable(DateTime))": ([[MOMENTS[-1], None], []], "object"),
    "Array(FixedString(1))": ([["a", ","], []], "object"),
    "Array(Enum8('a' = 1, ',' = 2))": ([["a", ","], []], "object"),
    "Array(Decimal(9, 2))": ([[Decimal("1.25"), Decimal("-0.01")], []], "object"),
    "Array(Date)": ([DAYS, []], "object"),
    "Array(DateTime)": ([MOMENTS, []], "object"),
}
NEW = {
    "Bool": ([True, False], "bool"),
    "Nullable(Bool)": ([True, None], "boolean"),
    "LowCardinality(String)": (TEXTS, "str"),
    "LowCardinality(Nullable(String))": (["a", None, ""], "str"),
    "LowCardinality(FixedString(2))": (["ab", "cd"], "str"),
    "DateTime64(3)": ([datetime(2026, 1, 31, 14, 15, 59, 123000, tzinfo=UTC)], "datetime64[us, UTC]"),
    "DateTime64(6, 'Europe/Moscow')": (
        [datetime(2026, 1, 31, 14, 15, 59, 1, tzinfo=UTC)],
        "datetime64[us, UTC]",
    ),
    "DateTime64(9)": ([pd.Timestamp("2026-01-31 14:15:59.123456789", tz="UTC")], "datetime64[ns, UTC]"),
    "Nullable(DateTime64(3))": (
        [datetime(2026, 1, 31, 14, 15, 59, 123000, tzinfo=UTC), None],
        "datetime64[us, UTC]",
    ),
    "Array(DateTime64(3))": ([[datetime(2026, 1, 31, 14, 15, 59, 123000, tzinfo=UTC)], []], "object"),
    "Decimal(76, 40)": ([Decimal("-0.0123456789012345678901234567890123456789")], "object"),
    "Array(LowCardinality(String))": ([["a", ""], []], "object"),
    "Array(Bool)": ([[True, False], []], "object"),
}
CASES = [
    *(("embedded", kind, *case) for kind, case in {**OLD, **NEW}.items()),
    *(("server", kind, *case) for kind, case in OLD.items()),
]


def client_of(engine: str) -> ClickHouse:
    if engine == "embedded":
        pytest.importorskip("chdb", reason="the embedded engine is not installed")
        return ClickHouse(embedded_target())
    return ClickHouse(server_target())


def as_python(value: object) -> object:
    """The value in a form that compares by meaning: times to times, NaN to None, arrays to lists."""
    if isinstance(value, np.ndarray):
        return [as_python(element) for element in value]
    if isinstance(value, list):
        return [as_python(element) for element in value]
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, (np.datetime64, pd.Timestamp, datetime, date)):
        moment = pd.Timestamp(value)
        return moment if moment.tzinfo else moment.tz_localize("UTC")
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize(("engine", "kind", "values", "dtype"), CASES, ids=[f"{e}-{k}" for e, k, *_ in CASES])
def test_values_come_back_as_they_went(engine: str, kind: str, values: list[object], dtype: str) -> None:
    client = client_of(engine)
    spec = TableSpec("types", (Column("n", "UInt32"), Column("x", kind)), "ENGINE = Memory")
    client.execute("DROP TABLE IF EXISTS types")
    client.execute(create_statement(spec))
    series = pd.Series(values, dtype=object) if None in values or kind != "Float64" else pd.Series(values)
    assert client.insert(spec, pd.DataFrame({"x": series, "n": range(len(values))})) == len(values)

    frame = client.read("SELECT x FROM types ORDER BY n")

    assert [as_python(value) for value in frame["x"]] == [as_python(value) for value in values]
    assert str(frame["x"].dtype) == dtype
    empty = client.read("SELECT x FROM types WHERE n > 1000")
    assert len(empty) == 0
    assert str(empty["x"].dtype) == dtype


@pytest.mark.parametrize("engine", ["embedded", "server"])
def test_zones_of_server_and_column_do_not_matter(engine: str) -> None:
    client = client_of("embedded") if engine == "embedded" else ClickHouse(server_target("Europe/Moscow"))
    columns = (Column("a", "DateTime"), Column("b", "DateTime('Asia/Tokyo')"), Column("c", "DateTime('UTC')"))
    spec = TableSpec("zones", columns, "ENGINE = Memory")
    client.execute("DROP TABLE IF EXISTS zones")
    client.execute(create_statement(spec))
    moments = pd.Series(pd.to_datetime(MOMENTS, utc=True))
    client.insert(spec, pd.DataFrame(dict.fromkeys("abc", moments)))

    frame = client.read("SELECT *, [a] AS d, toUnixTimestamp(a) AS e FROM zones")

    for name in "abc":
        assert list(frame[name]) == list(moments)
    assert [as_python(value) for value in frame["d"]] == [[moment] for moment in moments]
    assert list(frame["e"]) == [int(moment.timestamp()) for moment in moments]


def test_an_hour_shown_twice_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ClickHouseQueryError, match=r"Europe/Berlin.*toUnixTimestamp"):
        client_of("embedded").read("SELECT toDateTime(1729989000, 'Europe/Berlin')")


@pytest.mark.parametrize("engine", ["embedded", "server"])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT '' AS x FROM numbers(3)", [[""], [""], [""]]),
        ("SELECT '\ufeff' AS x, '\ufeffb' AS y", [["\ufeff", "\ufeffb"]]),
        ("SELECT '\ufeffa' AS x FROM numbers(2)", [["\ufeffa"], ["\ufeffa"]]),
        ("SELECT arrayJoin(['', 'a', '']) AS x", [[""], ["a"], [""]]),
        ("SELECT '{}' AS x, '{db}' AS y", [["{}", "{db}"]]),
        ("SELECT 1 AS x -- the end {", [[1]]),
        ("SELECT 1 AS x; /* ; */ -- ;\n;\n", [[1]]),
        ("-- first\nSELECT ' -- ' AS x", [[" -- "]]),
        ("SELECT 'quote '' --' AS x", [["quote ' --"]]),
        ("SELECT 1, 1 AS y, 1", [[1, 1, 1]]),
        ("SELECT NULL AS x", [[None]]),
        ("SELECT (1, 'a\\'b') AS x, tuple(NULL) AS y", [[(1, "a'b"), (None,)]]),
        ("SELECT -0.0 AS x, 1 / 0 AS y", [[0, float("inf")]]),
        (
            "SELECT (toDate('2026-01-31'), [toDateTime('2026-01-31 00:00:00', 'UTC')]) AS x",
            [[(np.datetime64("2026-01-31"), [np.datetime64("2026-01-31")])]],
        ),
        (f"SELECT length('{'x' * 200_000}') AS x", [[200_000]]),
        (f"SELECT length('{'x' * 246_000}') AS x", [[246_000]]),
        (f"SELECT length('{'x' * 300_000}') AS x", [[300_000]]),
    ],
)
def test_queries_are_taken_as_they_are(engine: str, sql: str, expected: list[list[object]]) -> None:
    if engine == "server":
        sql = sql.replace("numbers(3)", "system.numbers LIMIT 3")

    frame = client_of(engine).read(sql)

    assert [[as_python(value) for value in row] for row in frame.itertuples(index=False)] == expected


def test_new_composites_are_read() -> None:
    frame = client_of("embedded").read(
        "SELECT map('a', [1, 2], 'it\\'s', []) AS m, toInt256('-7') AS big, "
        "CAST((1, 'x'), 'Tuple(n UInt8, s String)') AS named, INTERVAL 3 DAY AS days, "
        "toIPv4('127.0.0.1') AS ip"
    )

    assert frame.iloc[0].to_dict() == {
        "m": {"a": [1, 2], "it's": []},
        "big": -7,
        "named": (1, "x"),
        "days": 3,
        "ip": "127.0.0.1",
    }


def test_a_type_without_counterpart_names_column_and_remedy() -> None:
    with pytest.raises(ClickHouseQueryError, match=r"column 's'.*AggregateFunction.*toString\(s\)"):
        client_of("embedded").read("SELECT sumState(1) AS s")


@pytest.mark.parametrize("engine", ["embedded", "server"])
def test_an_error_in_the_middle_of_an_answer_is_an_error(engine: str) -> None:
    client = client_of(engine)
    rows = "SELECT number FROM system.numbers LIMIT 3000000"
    for what in ("toString(number + throwIf(number = 2900000))", "number, throwIf(number = 2900000)"):
        with pytest.raises(ClickHouseQueryError) as caught:
            client.read(f"SELECT {what} FROM ({rows})")
        assert (caught.value.code, caught.value.name) == (395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO")


@pytest.mark.parametrize("engine", ["embedded", "server"])
def test_refusals_carry_the_number_and_name_of_the_error(engine: str) -> None:
    client = client_of(engine)
    for sql, code, name in (
        ("SELECT * FROM nowhere", 60, "UNKNOWN_TABLE"),
        ("SELECT nothing", 47, "UNKNOWN_IDENTIFIER"),
        ("SELECT (", 62, "SYNTAX_ERROR"),
        ("SELECT toUInt8('x')", 6, "CANNOT_PARSE_TEXT"),
    ):
        with pytest.raises(ClickHouseQueryError) as caught:
            client.read(sql)
        assert (caught.value.code, caught.value.name) == (code, name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ["embedded", "server"])
def test_what_gives_no_table_is_not_read(engine: str) -> None:
    with pytest.raises(ClickHouseQueryError, match="returned no table"):
        client_of(engine).read("DROP TABLE IF EXISTS nothing_at_all")


def test_a_query_longer_than_a_reader_may_send_is_told_with_the_remedy() -> None:
    reader = ClickHouse(replace(server_target(), user="reader"))
    assert reader.read(f"SELECT length('{'x' * 260_000}') AS n")["n"].tolist() == [260_000]

    with pytest.raises(
        ClickHouseQueryError, match=r"has 300050 bytes, and user 'reader' may not raise max_query_"
    ):
        reader.read(f"SELECT length('{'x' * 300_000}') AS n")
    roomy = ClickHouse(replace(server_target(), user="roomy_reader"))
    assert roomy.read(f"SELECT length('{'x' * 300_000}') AS n")["n"].tolist() == [300_000]
    with pytest.raises(ClickHouseQueryError, match="UNKNOWN_TABLE"):
        roomy.read(f"SELECT * FROM nowhere WHERE 'x' = '{'x' * 300_000}'")


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(ClickHouseQueryError, match="UTF-8"):
        client_of("embedded").read("SELECT unhex('FF') AS x")


def test_a_reader_without_rights_reads_but_does_not_write() -> None:
    from vk_alerts.errors import ClickHouseDenied

    client = ClickHouse(replace(server_target(), user="reader"))

    assert client.read("SELECT 1 AS x")["x"].tolist() == [1]
    with pytest.raises(ClickHouseDenied, match="READONLY"):
        client.execute("CREATE TABLE nothing (x UInt8) ENGINE = Memory")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["embedded", "server"])
def test_many_rows_are_still_one_insert(engine: str) -> None:
    client = client_of(engine)
    spec = TableSpec("large", (Column("x", "UInt32"),), "ENGINE = MergeTree ORDER BY x")
    client.execute("DROP TABLE IF EXISTS large")
    client.execute(create_statement(spec))

    assert client.insert(spec, pd.DataFrame({"x": np.arange(2_500_000)})) == 2_500_000

    # Level 0: one part from the start, not several that were merged.
    parts = client.read("SELECT rows, level FROM system.parts WHERE table = 'large' AND active")
    assert parts.to_dict("list") == {"rows": [2_500_000], "level": [0]}
