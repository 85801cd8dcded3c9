"""A ratio's change is told apart into rates and weights."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.pipeline.ratio_causes import LEAST_MIX_SHARE, Mix, RatioLeaves


def leaves(*rows: tuple[str, str, float, float, float, float], expected: float | None = None) -> RatioLeaves:
    """Rows of os, source, above now, below now, above then, below then."""
    columns = ["os", "source", "above_now", "below_now", "above_then", "below_then"]
    table = pd.DataFrame(list(rows), columns=columns)
    value = table["above_now"].sum() / max(table["below_now"].sum(), 1)
    usual = table["above_then"].sum() / max(table["below_then"].sum(), 1)
    return RatioLeaves(table, ["os", "source"], value=value, expected=usual if expected is None else expected)


def test_a_rate_that_fell_in_one_slice_is_named_and_no_weight() -> None:
    found, mix = leaves(
        ("A", "ads", 500, 10_000, 8_000, 40_000),
        ("A", "organic", 2_000, 10_000, 8_000, 40_000),
        ("B", "ads", 2_000, 10_000, 8_000, 40_000),
        ("B", "organic", 2_000, 10_000, 8_000, 40_000),
    ).causes(3)
    assert [cause.slice for cause in found] == [{"os": "A", "source": "ads"}]
    assert found[0].share == pytest.approx(1.0, abs=0.02)
    assert mix is None


SHIFTED = (
    ("A", "ads", 3_000, 30_000, 4_000, 40_000),
    ("A", "organic", 3_000, 10_000, 12_000, 40_000),
)


def test_a_weight_that_grew_is_named_and_no_rate() -> None:
    found, mix = leaves(*SHIFTED).causes(3)
    assert found == []
    assert mix == Mix({"source": "ads"}, pytest.approx(0.5), pytest.approx(0.75), pytest.approx(1.0))


def test_the_level_of_the_day_is_neither() -> None:
    # Everybody likes a tenth more on such days, and that was expected.
    lively = tuple((os, source, 1.1 * a, n, e, m) for os, source, a, n, e, m in SHIFTED)
    found, mix = leaves(*lively, expected=0.22).causes(3)
    assert found == []
    assert mix is not None
    assert mix.share == pytest.approx(1.0)


def test_half_of_each_is_told_as_both() -> None:
    found, mix = leaves(
        ("A", "ads", 3_000, 30_000, 4_000, 40_000), ("A", "organic", 1_000, 10_000, 12_000, 40_000)
    ).causes(3)
    assert [cause.slice for cause in found] == [{"source": "organic"}]
    assert mix is not None
    assert mix.share == pytest.approx(0.5)
    assert found[0].share == pytest.approx(0.5, abs=0.02)


WEIGHTS = [(16_000.0, 9_000.0, "ads"), (7_000.0, 20_000.0, "organic"), (10_000.0, 10_000.0, None)]


@pytest.mark.parametrize(("ads", "organic", "named"), WEIGHTS)
def test_of_weights_the_one_that_moved_the_ratio_most_is_named(
    ads: float, organic: float, named: str | None
) -> None:
    # Ads are liked most, organic visits least, friends as the whole.
    _, mix = leaves(
        ("A", "ads", 0.5 * ads, ads, 20_000, 40_000),
        ("A", "organic", 0.1 * organic, organic, 4_000, 40_000),
        ("A", "friends", 3_000, 10_000, 12_000, 40_000),
    ).causes(3)
    assert (mix and mix.slice["source"]) == named


def test_nothing_to_divide_by_is_no_cause() -> None:
    assert leaves(("A", "ads", 0, 0, 10, 100)).causes(3) == ([], None)
    assert leaves(("A", "ads", 10, 100, 0, 0), expected=0.1).causes(3) == ([], None)
    assert leaves(("A", "ads", 10, 100, 10, 100)).causes(3) == ([], None)


counts = st.integers(1, 5_000).map(float)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=4))
def test_what_is_told_of_weights_is_more_than_the_least_and_no_more_than_all(
    rows: list[tuple[float, float, float, float]],
) -> None:
    told = leaves(*(("A", f"s{k}", *row) for k, row in enumerate(rows)))
    found, mix = told.causes(3)
    assert mix is None or LEAST_MIX_SHARE <= mix.share <= 1
    assert all(cause.share == cause.share for cause in found)
