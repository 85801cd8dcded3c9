"""What a statement's text tells to those who carry it."""

import pytest

from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.statement import (
    TableName,
    first_word,
    inline_rows,
    inserted_table,
    is_several,
    named_format,
    without_tail,
)
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
    ("sql", "is_it"),
    [
        ("SELECT 1", False),
        ("SELECT 1;", False),
        ("SELECT 1; -- ; SELECT 2\n;;", False),
        ("SELECT ';', `;`, \";\" /* ; */", False),
        ("SELECT 1; SELECT 2", True),
        ("SELECT ';' AS x;\nDROP TABLE t", True),
        ("INSERT INTO t VALUES (';');(2)", True),
    ],
)
def test_what_follows_a_semicolon_is_noticed(sql: str, is_it: bool) -> None:
    assert is_several(sql) == is_it


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("select 1", "SELECT"),
        ("-- a\n/* b */ (SELECT 1) UNION ALL (SELECT 2)", "SELECT"),
        (" INSERT\nINTO t", "INSERT"),
        ("", ""),
        ("-- SELECT", ""),
    ],
)
def test_the_first_word_says_what_a_statement_does(sql: str, word: str) -> None:
    assert first_word(sql) == word


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("INSERT INTO t VALUES (1)", TableName("db", "t")),
        ("insert into table t (a, b) FORMAT CSV\n1,2", TableName("db", "t")),
        ("/* x */ INSERT INTO `my-db`.`a``b\\\\c` (x) SELECT 1", TableName("my-db", "a`b\\c")),
        ('INSERT INTO "o.d"."t" SELECT 1', TableName("o.d", "t")),
        ("INSERT INTO other . t(x) SELECT 1", TableName("other", "t")),
        ("INSERT INTO FUNCTION file('x.csv') SELECT 1", None),
        ("INSERT", None),
        ("INSERT INTO", None),
        ("SELECT 'INSERT INTO t'", None),
        ("CREATE TABLE t (x UInt8) ENGINE = Memory", None),
    ],
)
def test_the_table_that_an_insert_writes_to_is_found(sql: str, table: TableName | None) -> None:
    assert inserted_table(sql, "db") == table


def test_the_name_of_a_table_is_quoted_whatever_it_is() -> None:
    assert TableName("my-db", "a`b\\c").quoted == "`my-db`.`a\\`b\\\\c`"


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
        ("Tuple(`a b)` UInt8, c String)", Type("Tuple", (Type("UInt8"), Type("String")))),
        ("Enum8('a\\nb\\\\' = 1)", Type("Enum8", (), ("a\nb\\",))),
    ],
)
def test_a_type_is_a_tree(text: str, tree: Type) -> None:
    assert parse_type(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        *("", "(", "Array(", "Array()", "Array(UInt8", "A)", "A B", "Array(,)", "Map(String)", "'x'("),
        *("<body>", '{"x":1}', "42", "`x`", "Array(<b>)"),
    ],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"type"):
        parse_type(text)


def test_a_table_is_created_unless_it_exists() -> None:
    spec = TableSpec("db.t", (Column("a", "UInt8"), Column("b", "String")), "ENGINE = Memory")

    assert create_statement(spec) == (
        "CREATE TABLE IF NOT EXISTS `db`.`t`\n(\n    `a` UInt8,\n    `b` String\n)\nENGINE = Memory"
    )
