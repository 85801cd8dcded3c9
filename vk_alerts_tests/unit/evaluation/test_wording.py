"""Figures as people read them."""

from datetime import timedelta

import pytest

from vk_alerts.evaluation.report import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.01, "< 0.1"), (0.25, "0.2"), (7.75, "7.8"), (9.96, "10"), (233.6, "234")],
)
def test_rates(value: float | None, text: str) -> None:
    assert wording.rate(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (None, 0, "–"),
        (float("nan"), 0, "–"),
        (0.0, 1, "0.0%"),
        (0.0002, 1, "< 0.1%"),
        (0.0012, 1, "0.1%"),
        (0.917, 0, "92%"),
        (1.0, 0, "100%"),
        (0.001, 0, "< 1%"),
    ],
)
def test_shares(value: float | None, decimals: int, text: str) -> None:
    assert wording.share(value, decimals=decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.128, ".13"), (-0.22, "−.22"), (1.0, "1.00"), (-0.001, ".00"), (0.0, ".00")],
)
def test_correlations(value: float | None, text: str) -> None:
    assert wording.correlation(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.7071, "×0.7"), (1.0, "×1"), (2.8284, "×2.8"), (16.0, "×16")])
def test_factors(value: float, text: str) -> None:
    assert wording.times(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(days=28), "28 days"),
        (timedelta(days=6.97), "7 days"),
        (timedelta(hours=21.5), "21 h 30 min"),
    ],
)
def test_lengths(value: timedelta, text: str) -> None:
    assert wording.days(value).replace("\u00a0", " ") == text


def test_slices() -> None:
    assert wording.slice_name("all") == "everybody"
    assert wording.slice_name("os=Android,source=ads") == "Android · ads"
