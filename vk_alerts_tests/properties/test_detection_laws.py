"""Laws of scoring that hold for every history."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.detection import (
    BAND_SIGMAS,
    DETECTORS,
    HISTORY,
    Scores,
    count_shares,
    decide,
    rate_shares,
    score_history,
)
from vk_alerts.detection.calibration import HIGHEST

HOUR = timedelta(hours=1)
START = datetime(2025, 11, 3, 7, tzinfo=UTC)
NEW_YEAR = [date(2025, 12, 31), *(date(2026, 1, day) for day in range(1, 9))]
DAY = 24


def habits(series: int, windows: int, *, seed: int, level: float = 300.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    hours = np.arange(windows)
    daily = 1 + 0.6 * np.sin(2 * np.pi * hours / DAY)
    weekly = 1 + 0.2 * np.sin(2 * np.pi * hours / (7 * DAY))
    levels = level * np.exp(rng.normal(0, 1, (series, 1)))
    return rng.poisson(levels * daily * weekly).astype(np.float64)


def holes(values: np.ndarray, *, seed: int, share: float = 0.02) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(values.shape) < share, np.nan, values)


def arrays(scores: Scores) -> tuple[np.ndarray, ...]:
    return scores.score, scores.expected, scores.lower, scores.upper


def assert_same(one: Scores, two: Scores, *, rtol: float = 1e-9) -> None:
    for a, b in zip(arrays(one), arrays(two), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-9)


def columns(scores: Scores, where: slice) -> Scores:
    return Scores(*(array[:, where] for array in arrays(scores)))


def ratio_history(series: int, windows: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    trials = habits(series, windows, seed=seed)
    trials[:, 500:503] = 0
    with np.errstate(invalid="ignore"):
        return rng.binomial(trials.astype(int), 0.2) / np.where(trials > 0, trials, np.nan), trials


FURTHER = 12
MOSTLY = 0.8
CLEAR = 0.75 * HIGHEST
"""Beyond all but the highest thresholds: a slice that all but vanishes is told whatever decides about it."""


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("timezone", ["Europe/Moscow", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("late", [0, 30 * DAY])
def test_a_window_scored_alone_equals_the_same_window_in_a_range(detector, timezone, late) -> None:
    back = HISTORY // HOUR
    windows = back + 12 * DAY
    values = holes(habits(3, windows, seed=1), seed=2)
    values[:, :late] = np.nan
    values[1, 900:950] *= 0.3
    known = {"holidays": NEW_YEAR, "timezone": timezone, "detector": detector, "step": HOUR}
    start = datetime(2026, 3, 31, 12, tzinfo=UTC) - HISTORY if timezone != "Europe/Moscow" else START
    whole = score_history(values, start=start, first=back, **known)
    for window in [back, back + 1, back + 13, back + 100, windows - 1]:
        cut = slice(window - back, window + 1)
        alone = score_history(values[:, cut], start=start + HOUR * (window - back), first=back, **known)
        assert_same(columns(alone, slice(back, None)), columns(whole, slice(window, window + 1)))
    whole_history = score_history(values, start=start, **known)
    assert_same(columns(whole_history, slice(back, None)), columns(whole, slice(back, None)))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("change", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2025, 11, 2, tzinfo=UTC)])
def test_windows_around_a_clock_change_scored_alone_equal_the_range(zone, change) -> None:
    back = HISTORY // HOUR
    values = holes(habits(2, back + 4 * DAY, seed=3), seed=4)
    start = change - 2 * timedelta(days=1) - HISTORY
    known = {"timezone": zone, "step": HOUR, "first": back}
    whole = score_history(values, start=start, **known)
    for window in range(back, back + 4 * DAY, 3):
        cut = slice(window - back, window + 1)
        alone = score_history(values[:, cut], start=start + HOUR * (window - back), **known)
        assert_same(columns(alone, slice(back, None)), columns(whole, slice(window, window + 1)))


def test_ratios_scored_alone_equal_the_range() -> None:
    back = HISTORY // HOUR
    values, trials = ratio_history(3, back + 6 * DAY, seed=5)
    known = {"step": HOUR, "first": back, "holidays": NEW_YEAR}
    whole = score_history(values, trials=trials, start=START, **known)
    for window in range(back, back + 6 * DAY, 7):
        cut = slice(window - back, window + 1)
        alone = score_history(
            values[:, cut], trials=trials[:, cut], start=START + HOUR * (window - back), **known
        )
        assert_same(columns(alone, slice(back, None)), columns(whole, slice(window, window + 1)))


def test_a_quarter_of_an_hour_scored_alone_equals_the_range() -> None:
    quarter = timedelta(minutes=15)
    back = HISTORY // quarter
    values = holes(habits(4, back + 96, seed=6), seed=7)
    whole = score_history(values, start=START, first=back)
    for window in (back, back + 37, back + 95):
        cut = slice(window - back, window + 1)
        alone = score_history(values[:, cut], start=START + quarter * (window - back), first=back)
        assert_same(columns(alone, slice(back, None)), columns(whole, slice(window, window + 1)))


LONG = 66 * DAY
FIXED = {"start": START, "step": HOUR, "holidays": NEW_YEAR, "timezone": "Europe/Berlin"}


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), now=st.integers(60 * DAY, LONG - 2))
def test_the_future_does_not_matter(detector, seed, now) -> None:
    values = holes(habits(2, LONG, seed=seed), seed=seed)
    before = score_history(values, detector=detector, **FIXED)
    later = values.copy()
    later[:, now + 1 :] = np.random.default_rng(seed).choice([0.0, np.nan, 1e6], later[:, now + 1 :].shape)
    after = score_history(later, detector=detector, **FIXED)
    for a, b in zip(arrays(before), arrays(after), strict=True):
        np.testing.assert_array_equal(a[:, : now + 1], b[:, : now + 1])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), now=st.integers(60 * DAY, LONG - 2))
def test_the_future_of_a_ratio_does_not_matter(seed, now) -> None:
    values, trials = ratio_history(2, LONG, seed=seed)
    before = score_history(values, trials=trials, **FIXED)
    values[:, now + 1 :], trials[:, now + 1 :] = 1.0, 7.0
    after = score_history(values, trials=trials, **FIXED)
    for a, b in zip(arrays(before), arrays(after), strict=True):
        np.testing.assert_array_equal(a[:, : now + 1], b[:, : now + 1])


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_series_do_not_matter_to_each_other(detector, seed) -> None:
    values = holes(habits(60, LONG, seed=seed), seed=seed, share=0.001)
    order = np.random.default_rng(seed).permutation(60)
    first = LONG - DAY
    together = score_history(values, detector=detector, first=first, **FIXED)
    shuffled = score_history(values[order], detector=detector, first=first, **FIXED)
    alone = score_history(values[7:8], detector=detector, first=first, **FIXED)
    assert_same(Scores(*(array[order] for array in arrays(together))), shuffled, rtol=1e-12)
    assert_same(Scores(*(array[7:8] for array in arrays(together))), alone, rtol=1e-12)


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), values=st.lists(st.floats(0, 5_000), min_size=3, max_size=3, unique=True))
def test_a_value_between_two_others_never_scores_above_both(detector, seed, values) -> None:
    history = np.tile(habits(1, LONG, seed=seed), (3, 1))
    history[:, -1] = sorted(values)
    low, middle, high = score_history(history, detector=detector, first=LONG - 1, **FIXED).score[:, -1]
    assert middle <= max(low, high) + 1e-9


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), beyond=st.lists(st.floats(0, 10), min_size=2, max_size=2))
def test_beyond_the_band_a_larger_deviation_never_scores_lower(detector, seed, beyond) -> None:
    history = np.tile(habits(1, LONG, seed=seed), (2, 1))
    scores = score_history(history, detector=detector, first=LONG - 1, **FIXED)
    width = scores.upper[:, -1] - scores.expected[:, -1]
    history[:, -1] = scores.upper[:, -1] + width * np.sort(beyond)
    nearer, further = score_history(history, detector=detector, first=LONG - 1, **FIXED).score[:, -1]
    assert BAND_SIGMAS - 1e-6 <= nearer <= further + 1e-9


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shares=st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_below_the_band_a_larger_deviation_never_scores_lower(detector, seed, shares) -> None:
    history = np.tile(habits(1, LONG, seed=seed), (2, 1))
    scores = score_history(history, detector=detector, first=LONG - 1, **FIXED)
    history[:, -1] = scores.lower[:, -1] * np.sort(shares)[::-1]
    nearer, further = score_history(history, detector=detector, first=LONG - 1, **FIXED).score[:, -1]
    assert nearer <= further + 1e-9
    if scores.lower[0, -1] > 0:
        assert nearer >= BAND_SIGMAS - 1e-6


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shares=st.lists(st.floats(0, 1), min_size=2, max_size=2))
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_a_ratio_further_out_never_scores_lower_and_bands_stay_within_zero_and_one(
    detector, side, seed, shares
) -> None:
    values, trials = ratio_history(1, LONG, seed=seed)
    values, trials = np.tile(values, (2, 1)), np.tile(trials, (2, 1))
    known = {"detector": detector, "first": LONG - 1} | FIXED
    scores = score_history(values, trials=trials, **known)
    band = np.stack([scores.lower[:, -1], scores.expected[:, -1], scores.upper[:, -1]])
    assert (np.diff(np.vstack([np.zeros(2), band, np.ones(2)]), axis=0) >= 0).all()
    room = -band[0] if side == "lower" else 1.0 - band[2]
    values[:, -1] = np.clip((band[0] if side == "lower" else band[2]) + room * np.sort(shares), 0.0, 1.0)
    nearer, further = score_history(values, trials=trials, **known).score[:, -1]
    assert nearer <= further + 1e-9


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    part=st.one_of(st.floats(0.02, 0.5), st.floats(0.5, 0.99)),
    mood=st.sampled_from([0.0, 0.05]),
    others=st.sampled_from([0.5, 0.9, 1.0, 1.2]),
    least=st.sampled_from([0.0, 0.1]),
)
@pytest.mark.parametrize("is_rate", [False, True])
def test_beyond_its_band_a_slice_further_out_never_scores_lower_whether_its_share_or_its_own_value_decides(
    is_rate, seed, part, mood, others, least
) -> None:
    rng = np.random.default_rng(seed)
    rhythm = (1 + 0.6 * np.sin(2 * np.pi * np.arange(LONG) / DAY)) * np.exp(mood * rng.standard_normal(LONG))
    level = np.exp(rng.uniform(3, 10))
    mine, theirs = rng.poisson(level * np.stack([rhythm, rhythm * (1 - part) / part])).astype(np.float64)
    known = {"first": LONG - 1} | FIXED
    trials = None
    if is_rate:
        trials, rest_trials = np.maximum(mine, 1.0), np.maximum(theirs, 1.0)
        mine = rng.binomial(trials.astype(int), 0.2) / trials
        theirs = rng.binomial(rest_trials.astype(int), 0.2) / rest_trials
        trials, rest_trials = np.tile(trials, (FURTHER, 1)), np.tile(rest_trials, (FURTHER, 1))
    values, rest = np.tile(mine, (FURTHER, 1)), np.tile(theirs, (FURTHER, 1))
    rest[:, -1] *= others
    expected = score_history(
        values[:1], trials=None if trials is None else trials[:1], **known
    ).expected.item(-1)
    values[:, -1] = expected * np.exp(np.linspace(-2.5, 1.5, FURTHER))
    if is_rate:
        values = np.minimum(values, 1.0)
        whole = trials + rest_trials
        total = (values * trials + rest * rest_trials) / whole
        shares = rate_shares(values, trials, total, whole)
    else:
        shares = count_shares(values, values + rest)
    decision = decide(
        score_history(values, trials=trials, **known),
        values,
        shares,
        score_history(shares.values, trials=shares.trials, **known),
        min_deviation=least,
    )
    verdict, now = decision.scores, values[:, -1]
    # A large slice that all but vanishes leaves few events to tell a share from: beyond all thresholds.
    score = np.minimum(verdict.score[:, -1], 1.4 * HIGHEST)
    below, above = now < verdict.lower[:, -1], now > verdict.upper[:, -1]
    for outwards in (np.flatnonzero(below)[::-1], np.flatnonzero(above)):
        nearer, further = score[outwards[:-1]], score[outwards[1:]]
        # Few events make a share's band depend on the value a little: what decides may change within an inch.
        by_share = decision.by_share[outwards, -1]
        changes = by_share[:-1] != by_share[1:]
        least = np.where(changes, np.minimum(MOSTLY * nearer, CLEAR), nearer)
        assert (further >= least - 1e-9).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([3.0, 10.0, 100.0]))
def test_the_unit_of_large_counts_hardly_changes_scores(seed, factor) -> None:
    values = habits(5, LONG, seed=seed, level=200_000.0)
    plain = score_history(values, first=LONG - 3 * DAY, **FIXED).score[:, -3 * DAY :]
    scaled = score_history(values * factor, first=LONG - 3 * DAY, **FIXED).score[:, -3 * DAY :]
    assert np.abs(plain - scaled).mean() < 0.15


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 1.0))
def test_a_missing_value_gets_no_verdict(detector, seed, share) -> None:
    values = holes(habits(3, LONG, seed=seed), seed=seed, share=share)
    scores = score_history(values, detector=detector, **FIXED)
    assert np.isnan(scores.score[np.isnan(values)]).all()
    known = scores.score[~np.isnan(scores.score)]
    assert np.isfinite(known).all()
    assert (known >= 0).all()


@pytest.mark.parametrize("detector", DETECTORS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_wild_histories_score_without_a_warning(detector, seed) -> None:
    rng = np.random.default_rng(seed)
    wild = rng.choice([0.0, 1.0, 5.0, 1e3, 1e9, 1e15, np.nan], (6, LONG), p=rng.dirichlet(np.ones(7)))
    scores = score_history(wild, detector=detector, **FIXED)
    for array in arrays(scores):
        assert not np.isinf(array).any()
