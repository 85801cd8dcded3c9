"""Which slice is named as the cause."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.errors import RootCauseInputError
from vk_alerts.rootcause import explain

DIMENSIONS = {"os": ("Android", "iOS", "web"), "country": ("Russia", "Kazakhstan", "Belarus")}


def leaves(factors: dict[tuple[str, ...], float], *, level: float = 10_000) -> pd.DataFrame:
    """Every combination at one level, those that contain all of a key's values times its factor."""
    rows = []
    for place in product(*DIMENSIONS.values()):
        factor = np.prod([f for key, f in factors.items() if set(key) <= set(place)] or [1.0])
        rows.append((*place, level * factor, level))
    return pd.DataFrame(rows, columns=[*DIMENSIONS, "actual", "expected"])


@pytest.mark.parametrize(
    ("factors", "slices"),
    [
        ({}, []),
        ({("Android",): 0.6}, [{"os": "Android"}]),
        ({("Android",): 1.5}, [{"os": "Android"}]),
        ({("Android", "Russia"): 0.5}, [{"os": "Android", "country": "Russia"}]),
        ({("Android",): 0.0}, [{"os": "Android"}]),
        ({(): 0.8}, [{}]),
        ({("Android",): 0.5, ("Belarus",): 0.8}, [{"os": "Android"}, {"country": "Belarus"}]),
        ({(): 0.9, ("iOS",): 0.5}, [{"os": "iOS"}, {}]),
    ],
    ids=[
        "nothing",
        "fall",
        "rise",
        "two-dimensional",
        "outage",
        "everybody",
        "two causes",
        "all and one more",
    ],
)
def test_the_planted_slices_are_named_first_to_last(factors, slices):
    found = explain(leaves(factors), dimensions=list(DIMENSIONS))
    assert [dict(cause.slice) for cause in found] == slices


def test_shares_of_separate_causes_add_up_to_the_change():
    found = explain(leaves({("Android",): 0.5, ("Belarus", "iOS"): 0.6}), dimensions=list(DIMENSIONS))
    assert sum(cause.share for cause in found) == pytest.approx(1.0, abs=1e-3)


def test_a_slice_that_changed_against_the_total_has_a_negative_share():
    found = explain(leaves({("Android",): 0.2, ("iOS",): 1.3}), dimensions=list(DIMENSIONS))
    assert {dict(c.slice)["os"]: c.share > 0 for c in found} == {"Android": True, "iOS": False}


def test_without_a_change_of_the_total_there_is_no_share():
    frame = leaves({("Android",): 0.5, ("iOS",): 1.5})
    assert [np.isnan(cause.share) for cause in explain(frame, dimensions=list(DIMENSIONS))] == [True, True]


def test_as_many_causes_are_returned_as_were_asked_for():
    frame = leaves({("Android",): 0.5, ("Belarus",): 0.8})
    assert len(explain(frame, dimensions=list(DIMENSIONS), top=1)) == 1


def test_slices_have_as_many_dimensions_as_are_allowed():
    frame = leaves({("Android", "Russia"): 0.2})
    (first, *_) = explain(frame, dimensions=list(DIMENSIONS), max_dims=1)
    assert len(first.slice) == 1


def test_a_larger_variance_makes_a_change_chance():
    frame = leaves({("Android",): 0.9})
    assert explain(frame, dimensions=list(DIMENSIONS))
    assert not explain(frame.assign(variance=1e8), dimensions=list(DIMENSIONS))


def test_no_leaves_have_no_cause():
    assert explain(leaves({}).head(0), dimensions=list(DIMENSIONS)) == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_leaves_does_not_matter(seed):
    frame = leaves({("Android", "Russia"): 0.7, ("web",): 1.2})
    shuffled = frame.sample(frac=1, random_state=seed)
    names = [dict(cause.slice) for cause in explain(frame, dimensions=list(DIMENSIONS))]
    assert [dict(cause.slice) for cause in explain(shuffled, dimensions=list(DIMENSIONS))] == names


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_chance_alone_is_seldom_a_cause_of_much(seed):
    rng = np.random.default_rng(seed)
    frame = leaves({}, level=200)
    frame["actual"] = rng.poisson(frame["expected"])
    assert all(cause.gain < 15 for cause in explain(frame, dimensions=list(DIMENSIONS)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda f: f.drop(columns="actual"), "leaves: no column 'actual'; there are os, country, expected"),
        (lambda f: f.drop(columns="os"), "leaves: no column 'os'; there are country, actual, expected"),
        (lambda f: f.assign(expected=-1.0), "leaves: expected must be finite and >= 0"),
        (lambda f: f.assign(actual=np.inf), "leaves: actual must be finite and >= 0"),
        (lambda f: f.assign(variance=np.nan), "leaves: variance must be finite and >= 0"),
        (
            lambda f: pd.concat([f, f]),
            "leaves: a combination of dimensions stands twice; sum it up first",
        ),
    ],
)
def test_leaves_that_cannot_be_searched_are_refused(change, complaint):
    with pytest.raises(RootCauseInputError, match=f"^{re.escape(complaint)}$"):
        explain(change(leaves({})), dimensions=list(DIMENSIONS))
