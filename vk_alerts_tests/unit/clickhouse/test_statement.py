"""What a statement's text tells to those who carry it."""

import pytest

from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.statement import inline_rows, named_format, without_tail
from vk_alerts.clickhouse.types import Type, parse_type


@pytest.mark.parametrize(
    ("sql", "rest"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1;", "SELECT 1"),
        ("SELECT 1 -- a", "SELECT 1"),
        ("SELECT 1 -- a\n", "SELECT 1"),
        ("SELECT 1 # a", "SELECT 1"),
        ("SELECT 1 /* a\n; */ ; -- b\n\n;", "SELECT 1"),
        ("-- a\nSELECT 1", "-- a\nSELECT 1"),
        ("SELECT '--'", "SELECT '--'"),
        ("SELECT '\\'--'", "SELECT '\\'--'"),
        ("SELECT '''--'", "SELECT '''--'"),
        ("SELECT `;--` -- x", "SELECT `;--`"),
        ("SELECT 1 - - 1", "SELECT 1 - - 1"),
        ("SELECT 4 / 2 /**/", "SELECT 4 / 2"),
        ("SELECT 'open -- x", "SELECT 'open"),
        ("  ", ""),
    ],
)
def test_the_tail_is_what_does_nothing(sql: str, rest: str) -> None:
    assert without_tail(sql) == rest


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (b"INSERT INTO t FORMAT CSV\n1\n", ("INSERT INTO t", "CSV", b"1\n")),
        (b"insert into t (a, `format`) format CSV\r\n1\n", ("insert into t (a, `format`)", "CSV", b"1\n")),
        (
            b"/* x */ INSERT INTO t SETTINGS a = 1 FORMAT TSV 1",
            ("/* x */ INSERT INTO t SETTINGS a = 1", "TSV", b"1"),
        ),
        (b"INSERT INTO t FORMAT CSV\n\n", ("INSERT INTO t", "CSV", b"\n")),
        (b"INSERT INTO t FORMAT CSV\n\xff\xfe", ("INSERT INTO t", "CSV", b"\xff\xfe")),
        (b"INSERT INTO t VALUES (1, 'FORMAT CSV')", None),
        (b"INSERT INTO t SELECT 1 FORMAT Null", None),
        (b"INSERT INTO t FORMAT Values (1)", None),
        (b"SELECT 1 FORMAT CSV", None),
        (b"INSERT INTO t", None),
        (b"", None),
    ],
)
def test_rows_in_the_text_are_found(sql: bytes, expected: tuple[str, str, bytes] | None) -> None:
    found = inline_rows(sql)

    assert (found and (found.head.strip(), found.format, sql[found.start :])) == expected


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT 1 FORMAT CSV", "CSV"),
        ("SELECT 1 format JSON;", "JSON"),
        ("SELECT 1 FORMAT CSV SETTINGS a = 1", "CSV"),
        ("SELECT 1", ""),
        ("SELECT ' FORMAT CSV'", ""),
    ],
)
def test_the_format_of_a_query_is_found(sql: str, name: str) -> None:
    assert named_format(sql) == name


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("UInt8", Type("UInt8")),
        ("Array(Nullable(Float64))", Type("Array", (Type("Nullable", (Type("Float64"),)),))),
        ("DateTime('UTC')", Type("DateTime", (), ("UTC",))),
        ("DateTime64(6, 'Europe/Moscow')", Type("DateTime64", (), ("6", "Europe/Moscow"))),
        ("Enum8('a' = 1, 'it\\'s, (x)' = -2)", Type("Enum8", (), ("a", "it's, (x)"))),
        ("Tuple(UInt8, Array(String))", Type("Tuple", (Type("UInt8"), Type("Array", (Type("String"),))))),
        ("Tuple(n UInt8, s DateTime('UTC'))", Type("Tuple", (Type("UInt8"), Type("DateTime", (), ("UTC",))))),
        ("Map(String, UInt8)", Type("Map", (Type("String"), Type("UInt8")))),
        (
            "AggregateFunction(quantiles(0.5, 0.9), UInt64)",
            Type("AggregateFunction", (), ("quantiles", "UInt64")),
        ),
        ("Decimal(18, 4)", Type("Decimal", (), ("18", "4"))),
        ("Tuple()", Type("Tuple")),
    ],
)
def test_a_type_is_a_tree(text: str, tree: Type) -> None:
    assert parse_type(text) == tree


@pytest.mark.parametrize(
    "text", ["", "(", "Array(", "Array()", "Array(UInt8", "A)", "A B", "Array(,)", "Map(String)", "'x'("]
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"type"):
        parse_type(text)


def test_a_table_is_created_unless_it_exists() -> None:
    spec = TableSpec("db.t", (Column("a", "UInt8"), Column("b", "String")), "ENGINE = Memory")

    assert create_statement(spec) == (
        "CREATE TABLE IF NOT EXISTS `db`.`t`\n(\n    `a` UInt8,\n    `b` String\n)\nENGINE = Memory"
    )
