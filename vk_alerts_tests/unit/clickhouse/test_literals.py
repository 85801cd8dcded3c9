"""Values as SQL: one form per type, and no way to break out of it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.literals import identifier, literal
from vk_alerts.errors import ClickHouseQueryError


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        ("a", "'a'"),
        ("it's \\ \n\t\r\0", "'it\\'s \\\\ \\n\\t\\r\\0'"),
        ("'); DROP TABLE t; --", "'\\'); DROP TABLE t; --'"),
        ("{x}", "'{x}'"),
        (0, "0"),
        (-5, "-5"),
        (2**64 - 1, "18446744073709551615"),
        (np.uint64(7), "7"),
        (True, "1"),
        (np.bool_(False), "0"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (np.float64(0.5), "0.5"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (None, "NULL"),
        (pd.NaT, "NULL"),
        (date(2026, 1, 31), "toDate('2026-01-31')"),
        (datetime(2026, 1, 31, 14, 15, tzinfo=UTC), "toDateTime('2026-01-31 14:15:00', 'UTC')"),
        (
            datetime(2026, 1, 31, 14, 15, tzinfo=timezone(timedelta(hours=3))),
            "toDateTime('2026-01-31 11:15:00', 'UTC')",
        ),
        (pd.Timestamp("2026-01-31", tz="Europe/Moscow"), "toDateTime('2026-01-30 21:00:00', 'UTC')"),
        ([1, "a'", None], "[1, 'a\\'', NULL]"),
        ([], "[]"),
        ((1, 2), "(1, 2)"),
        ((1,), "tuple(1)"),
        ([("a", 1), ("b", 2)], "[('a', 1), ('b', 2)]"),
    ],
)
def test_a_value_has_one_form(value: object, sql: str) -> None:
    assert literal(value) == sql


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (datetime(2026, 1, 31), "no time zone"),
        (datetime(2026, 1, 31, 0, 0, 0, 1, tzinfo=UTC), "whole seconds"),
        (pd.Timestamp(1, unit="ns", tz="UTC"), "whole seconds"),
        (datetime(1969, 12, 31, tzinfo=UTC), "between 1970 and 2105"),
        (datetime(2106, 1, 1, tzinfo=UTC), "between 1970 and 2105"),
        (date(1900, 1, 1), "between 1970-01-01"),
        (2**64, "integers"),
        (-(2**63) - 1, "integers"),
        ((), "no empty tuple"),
        ("\ud800", "Unicode"),
        (b"x", "bytes"),
        (Decimal("1.1"), "Decimal"),
        ({"a": 1}, "dict"),
        (np.array([1]), "ndarray"),
        ([object()], "object"),
    ],
)
def test_what_cannot_be_written_exactly_is_refused(value: object, reason: str) -> None:
    with pytest.raises(ClickHouseQueryError, match=reason):
        literal(value)


@pytest.mark.parametrize(("name", "sql"), [("t", "`t`"), ("db.table_1", "`db`.`table_1`"), ("_x", "`_x`")])
def test_a_name_is_quoted(name: str, sql: str) -> None:
    assert identifier(name) == sql


@pytest.mark.parametrize("name", ["", "a`b", "a b", "1a", "a.", ".a", "é", "a\n", "a;b", "a-b"])
def test_a_name_of_other_characters_is_refused(name: str) -> None:
    with pytest.raises(ClickHouseQueryError, match="Latin letters"):
        identifier(name)
