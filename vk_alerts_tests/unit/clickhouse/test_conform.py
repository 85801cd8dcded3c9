"""Rows fit their table, or the column and row that do not fit are named and nothing is sent."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.conform import conform
from vk_alerts.clickhouse.spec import Column, TableSpec
from vk_alerts.errors import ClickHouseWriteRefused

MOMENT = pd.Timestamp("2026-01-31 14:15", tz="UTC")


def table(kind: str) -> TableSpec:
    return TableSpec("t", (Column("x", kind),), "ENGINE = Memory")


@pytest.mark.parametrize(
    ("kind", "values", "csv"),
    [
        ("UInt8", pd.Series([0, 255]), "0\n255\n"),
        ("UInt8", pd.Series([True, False]), "1\n0\n"),
        ("UInt8", pd.Series([1.0, 2.0]), "1\n2\n"),
        ("UInt64", pd.Series([2**64 - 1], dtype="uint64"), "18446744073709551615\n"),
        ("Nullable(Int64)", pd.Series([1, None], dtype="Int64"), "1\n\\N\n"),
        ("Float64", pd.Series([1, float("nan"), float("-inf")]), "1\nnan\n-inf\n"),
        ("Float64", pd.Series([1, 2]), "1\n2\n"),
        ("Float64", pd.Series([Decimal("0.5")]), "0.5\n"),
        ("Float64", pd.Series([0.1, 0.00001]), "0.10000000000000001\n0.000010000000000000001\n"),
        ("Float64", pd.Series([-0.0, 1e300]), "-0\n1e+300\n"),
        ("Nullable(Float64)", pd.Series([1.5, None]), "1.5\n\\N\n"),
        ("String", pd.Series(['a"b', "\\N", ""]), '"a""b"\n"\\N"\n""\n'),
        ("String", pd.Series(["a", "b", "a"], dtype="category"), '"a"\n"b"\n"a"\n'),
        ("String", pd.Series(["a", "a", "a", "b"]), '"a"\n"a"\n"a"\n"b"\n'),
        ("Nullable(String)", pd.Series(["a", None, pd.NA], dtype=object), '"a"\n\\N\n\\N\n'),
        ("DateTime", pd.Series([MOMENT]), "1769868900\n"),
        ("DateTime", pd.Series([MOMENT + pd.Timedelta("1.9s")]), "1769868901\n"),
        ("DateTime", pd.Series([MOMENT.tz_convert("Asia/Tokyo")]), "1769868900\n"),
        ("DateTime", pd.Series([datetime(1970, 1, 1, 0, 1, tzinfo=UTC)], dtype=object), "0000000060\n"),
        ("DateTime64(3)", pd.Series([MOMENT + pd.Timedelta("1.9s")]), "1769868901.900\n"),
        ("DateTime64(0)", pd.Series([MOMENT]), "1769868900\n"),
        ("Date", pd.Series([date(2026, 1, 31)]), "2026-01-31\n"),
        ("Date", pd.Series(pd.to_datetime(["2026-01-31"])), "2026-01-31\n"),
        ("Bool", pd.Series([True, False]), "true\nfalse\n"),
        ("Decimal(9, 2)", pd.Series([Decimal("1.50"), 2]), "1.50\n2\n"),
        (
            "Array(String)",
            pd.Series([["a'\\", '"[x'], []]),
            '"[\'a\\\'\\\\\', \'""[x\']"\n"[]"\n'.replace("', '", "','"),
        ),
        ("Array(Date)", pd.Series([[date(2026, 1, 31)]]), "\"['2026-01-31']\"\n"),
        ("Array(UInt8)", pd.Series([np.array([1, 2])]), '"[1,2]"\n'),
    ],
)
def test_a_value_that_fits_is_written(kind: str, values: "pd.Series[object]", csv: str) -> None:
    assert conform(table(kind), pd.DataFrame({"x": values})).csv().decode() == csv


@pytest.mark.parametrize(
    ("kind", "values", "where", "reason"),
    [
        ("UInt8", [1, 256], "row 1", "256 does not fit UInt8"),
        ("UInt8", [-1], "row 0", "-1 does not fit UInt8"),
        ("Int64", [2**63], "row 0", "does not fit Int64"),
        ("UInt32", [1.0, 1.5], "row 1", "1.5 is not a whole number"),
        ("UInt32", [1.0, float("nan")], "row 1", "missing values do not fit UInt32"),
        ("UInt32", [float("inf")], "row 0", "inf is not a whole number"),
        ("UInt32", ["1"], "row 0", "'1' is not a whole number"),
        ("UInt32", [datetime(2026, 1, 1, tzinfo=UTC)], "row 0", "is not a whole number"),
        ("Nullable(UInt8)", [None, 1, 300], "row 2", "300.0 does not fit|300 does not fit"),
        ("Float64", pd.Series([1.0, None], dtype=object), "row 1", "missing values do not fit Float64"),
        ("Float64", pd.Series([1.0, None], dtype="Float64"), "row 1", "missing values do not fit Float64"),
        ("Float64", ["x"], "row 0", "'x' is not a number"),
        ("Float64", [0, 10**400], "row 1", "000… does not fit Float64"),
        ("Float64", [Decimal("sNaN")], "column 'x'", "signalling NaN"),
        ("Float32", [1e300], "row 0", "does not fit Float32"),
        ("String", ["a", None], "row 1", "missing values do not fit String"),
        ("String", pd.Series(["a", 5], dtype=object), "row 1", "5 is not text"),
        ("String", [b"a"], "row 0", "is not text"),
        ("String", pd.Series(["a", "\ud800"], dtype=object), "row 1", "not valid Unicode"),
        ("FixedString(2)", ["ab", "яя"], "row 1", "too long"),
        ("Enum8('a' = 1)", ["b"], "row 0", "'b' is none of a"),
        ("DateTime", pd.to_datetime(["2026-01-31"]), "column 'x'", r"not aware time.*tz_localize\('UTC'\)"),
        ("DateTime", pd.Series([datetime(2026, 1, 31)], dtype=object), "row 0", "not an aware time"),
        ("DateTime", [MOMENT, pd.NaT], "row 1", "missing values do not fit DateTime"),
        ("DateTime", [pd.Timestamp("1969-12-31", tz="UTC")], "row 0", "not between 1970 and 2105"),
        ("DateTime", [pd.Timestamp("2106-01-01", tz="UTC")], "row 0", "not between 1970 and 2105"),
        ("DateTime", ["2026-01-31"], "row 0|column 'x'", "not (an )?aware"),
        ("DateTime64(3)", [pd.Timestamp("1969-12-31", tz="UTC")], "row 0", "not between 1970 and 2286"),
        ("DateTime64(3)", [datetime(2290, 1, 1, tzinfo=UTC)], "row 0", "not between 1970 and 2286"),
        ("DateTime64(9)", [datetime(2600, 1, 1, tzinfo=UTC)], "row 0", "not between 1970 and 2262"),
        ("Date", [MOMENT], "column 'x'", "not a date"),
        ("Date", [date(2150, 1, 1)], "row 0", "not a date between"),
        ("Date", pd.to_datetime(["2026-01-31 14:15"]), "row 0", "not a date between"),
        ("Bool", [2], "row 0", "neither true nor false"),
        ("Decimal(9, 2)", [Decimal("1.001")], "row 0", "more than 2 decimals"),
        ("Decimal(4, 2)", [Decimal("123.5")], "row 0", "too many digits"),
        ("Decimal(4, 2)", [Decimal("NaN")], "row 0", "decimals|missing"),
        ("Decimal32(2)", [Decimal("12345678.5")], "row 0", "too many digits"),
        ("Decimal(4, 2)", [0.5], "row 0", "is not a Decimal"),
        ("Array(UInt8)", [[1], [1, 256]], "row 1", "element 1: 256 does not fit"),
        ("Array(UInt8)", [1], "row 0", "not a list"),
        ("AggregateFunction(sum, UInt8)", ["x"], "column 'x'", "not supported"),
    ],
)
def test_a_value_that_does_not_fit_is_named(kind: str, values: object, where: str, reason: str) -> None:
    with pytest.raises(
        ClickHouseWriteRefused, match=rf"table 't', column 'x'.*({reason}).*nothing was written"
    ) as caught:
        conform(table(kind), pd.DataFrame({"x": values}))

    assert any(part in str(caught.value) for part in where.split("|"))
    assert "\n" not in str(caught.value)


def test_columns_that_do_not_match_are_named() -> None:
    with pytest.raises(ClickHouseWriteRefused, match="lack column 'x'"):
        conform(table("UInt8"), pd.DataFrame({"y": [1]}))
    with pytest.raises(ClickHouseWriteRefused, match="'y' is unknown or there twice; known: x"):
        conform(table("UInt8"), pd.DataFrame({"x": [1], "y": [1]}))
    with pytest.raises(ClickHouseWriteRefused, match="'x' is unknown or there twice"):
        conform(table("UInt8"), pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_the_frame_is_left_as_it_was_and_its_index_ignored() -> None:
    frame = pd.DataFrame({"x": pd.Series([3, 1], index=[7, 7])})
    before = frame.copy()

    assert conform(table("Nullable(Int8)"), frame).csv() == b"3\n1\n"
    pd.testing.assert_frame_equal(frame, before)
