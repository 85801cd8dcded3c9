"""Distinct users do not add up over slices."""

import re

import pandas as pd
import pytest

from vk_alerts.errors import RootCauseInputError
from vk_alerts.rootcause import explain_uniques


def slices(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["dimension", "value", "actual", "expected"])


def test_users_who_are_in_one_slice_each_add_up():
    frame = slices([("os", "Android", 3000, 5000), ("os", "iOS", 5000, 5000)])
    (cause,) = explain_uniques(frame, dimensions=["os"], actual_total=8000, expected_total=10_000)
    assert (dict(cause.slice), cause.share) == ({"os": "Android"}, pytest.approx(1.0))


def test_a_user_lost_in_one_slice_may_be_there_through_another():
    # 10,000 users, 8,000 of whom come through either source: 2,000 come through both.
    frame = slices([("source", "ads", 4000, 6000), ("source", "organic", 6000, 6000)])
    (cause,) = explain_uniques(frame, dimensions=["source"], actual_total=8_500, expected_total=10_000)
    assert cause.slice == {"source": "ads"}
    assert cause.share == pytest.approx(2000 * (10 / 12) / 1500)


def test_the_dimension_that_the_change_runs_along_is_named():
    frame = slices(
        [
            ("os", "Android", 4000, 5000),
            ("os", "iOS", 4000, 5000),
            ("country", "Russia", 3000, 5000),
            ("country", "Belarus", 5000, 5000),
        ]
    )
    causes = explain_uniques(frame, dimensions=["os", "country"], actual_total=8_000, expected_total=10_000)
    assert [dict(cause.slice) for cause in causes] == [{"country": "Russia"}]


def test_a_fall_everywhere_is_everybodys():
    frame = slices([("os", "Android", 4000, 5000), ("os", "iOS", 4000, 5000)])
    (cause,) = explain_uniques(frame, dimensions=["os"], actual_total=8_000, expected_total=10_000)
    assert (dict(cause.slice), cause.share) == ({}, 1.0)


def test_a_missing_column_is_named():
    complaint = "slices: no column 'expected'; there are dimension, value, actual"
    with pytest.raises(RootCauseInputError, match=f"^{re.escape(complaint)}$"):
        explain_uniques(
            slices([]).drop(columns="expected"), dimensions=["os"], actual_total=1, expected_total=1
        )
