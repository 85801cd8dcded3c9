"""Rate and mix of a ratio's change."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.errors import RootCauseInputError
from vk_alerts.rootcause import explain_ratio

COLUMNS = ["os", "actual_numerator", "actual_denominator", "expected_numerator", "expected_denominator"]
counts = st.integers(0, 1000)


def test_a_changed_ratio_of_one_value_is_its_rate():
    frame = pd.DataFrame([("Android", 10, 100, 20, 100), ("iOS", 20, 100, 20, 100)], columns=COLUMNS)
    (first, second) = explain_ratio(frame, dimension="os")
    assert (dict(first.slice), first.rate, first.mix) == ({"os": "Android"}, pytest.approx(-0.05), 0.0)
    assert second.total == 0


def test_a_changed_weight_is_mix():
    frame = pd.DataFrame([("Android", 40, 400, 10, 100), ("iOS", 30, 100, 30, 100)], columns=COLUMNS)
    parts = explain_ratio(frame, dimension="os")
    assert [part.rate for part in parts] == [0, 0]
    assert all(part.mix < 0 for part in parts)


@given(
    st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=5).filter(
        lambda rows: sum(r[1] for r in rows) > 0 and sum(r[3] for r in rows) > 0
    )
)
def test_the_parts_add_up_to_the_change(rows):
    rows = [(min(a, n), n, min(e, m), m) for a, n, e, m in rows]
    frame = pd.DataFrame([(f"v{i}", *row) for i, row in enumerate(rows)], columns=COLUMNS)
    sums = frame.sum(numeric_only=True)
    change = sums.iloc[0] / sums.iloc[1] - sums.iloc[2] / sums.iloc[3]
    parts = explain_ratio(frame, dimension="os")
    assert np.isclose(sum(part.total for part in parts), change, atol=1e-12)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (
            pd.DataFrame([("a", 1, 2, 3)], columns=COLUMNS[:4]),
            "leaves: no column 'expected_denominator'; there are " + ", ".join(COLUMNS[:4]),
        ),
        (
            pd.DataFrame([("a", 0, 0, 1, 1)], columns=COLUMNS),
            "leaves: nothing to divide by; a ratio's change needs denominators",
        ),
    ],
)
def test_leaves_without_a_ratio_are_refused(frame, complaint):
    with pytest.raises(RootCauseInputError, match=f"^{re.escape(complaint)}$"):
        explain_ratio(frame, dimension="os")
