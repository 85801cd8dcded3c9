from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from vk_alerts.detection import BAND_SIGMAS, score_history
from vk_alerts_tests.unit.detection.habits import DAY, HOUR, MONDAY, WEEK, counts, rhythm

WINDOWS = 9 * WEEK


def score(values: np.ndarray, **known):
    return score_history(values, **({"start": MONDAY, "step": HOUR, "timezone": "UTC"} | known))


def incident(begin: int, length: int, factor: float, *, series: int = 20) -> np.ndarray:
    rng = np.random.default_rng(0)
    factors = np.ones(WINDOWS)
    factors[begin : begin + length] = factor
    return rng.poisson(500 * rhythm(WINDOWS) * factors, (series, WINDOWS)).astype(float)


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_an_incident_is_strange_in_its_first_window_and_over_when_it_ends(factor) -> None:
    begin = 8 * WEEK + 12
    scores = score(incident(begin, 6, factor)).score
    assert scores[:, begin : begin + 6].min() > 6
    assert np.median(scores[:, begin + 6 : begin + 18]) < 2
    assert (scores[:, begin + 6 : begin + 18] > 5).mean() < 0.02


def test_a_small_deviation_that_lasts_adds_up() -> None:
    begin = 8 * WEEK + 36
    scores = score(incident(begin, 8, 0.9)).score
    assert np.median(scores[:, begin + 7]) > 1.5 * np.median(scores[:, begin])


def test_the_incident_of_last_week_is_not_expected_again() -> None:
    begin = 7 * WEEK + 12
    scores = score(incident(begin, 6, 0.3))
    again = slice(begin + WEEK, begin + WEEK + 6)
    np.testing.assert_allclose(
        scores.expected[:, again].mean(axis=0), 500 * rhythm(WINDOWS)[again], rtol=0.05
    )


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.5, 4.0])
@pytest.mark.parametrize("hour", [0, 9, 17])
def test_a_new_level_is_strange_at_first_expected_within_a_day_and_quiet_from_then_on(factor, hour) -> None:
    begin = 7 * WEEK + DAY + hour
    scores = score(incident(begin, WINDOWS - begin, factor))
    later = slice(begin + DAY, begin + 6 * DAY)
    assert np.median(scores.score[:, begin]) > 5
    error = np.median(scores.expected[:, later], axis=0) / (500 * factor * rhythm(WINDOWS)[later]) - 1
    assert np.abs(error).mean() < 0.05
    assert np.abs(error).max() < 0.16
    assert (scores.score[:, later] > 5).mean() < 0.01


def test_two_weeks_of_history_are_enough_to_find_an_incident() -> None:
    begin = 8 * WEEK + 12
    values = incident(begin, 6, 0.5)
    values[:, : begin - 2 * WEEK] = np.nan
    scores = score(values, first=begin).score[:, begin:]
    assert scores[:, :6].min() > 5
    assert (scores[:, 8:] > 5).mean() < 0.02


def test_a_series_that_starts_gets_no_verdict_until_it_has_a_past() -> None:
    values = counts(3, WINDOWS)
    start = 5 * WEEK + 10
    values[:, :start] = np.nan
    scores = score(values)
    assert np.isnan(scores.score[:, : start + 12 * DAY]).all()
    assert not np.isnan(scores.score[:, start + 2 * WEEK :]).any()
    assert (scores.score[:, start + 2 * WEEK :] > 5).mean() < 0.005


def test_a_series_that_comes_back_after_an_absence_of_weeks_is_judged_by_what_it_was() -> None:
    values = counts(5, WINDOWS)
    values[:, 5 * WEEK : 8 * WEEK] = np.nan
    scores = score(values)
    back = slice(8 * WEEK, None)
    assert not np.isnan(scores.expected[:, back]).any()
    np.testing.assert_allclose(
        np.median(scores.expected[:, back], axis=0), 500 * rhythm(WINDOWS)[back], rtol=0.15
    )


@pytest.mark.parametrize("start_hour", [0, 7, 21])
def test_verdicts_begin_after_two_weeks_of_history_and_not_long_before(start_hour) -> None:
    values = counts(3, WINDOWS)
    values[:, : WEEK + start_hour] = np.nan
    scores = score(values)
    assert np.isnan(scores.score[:, : WEEK + start_hour + 12 * DAY]).all()
    assert np.isnan(scores.upper[:, : WEEK + start_hour + 12 * DAY]).all()
    assert np.isnan(scores.expected[:, : WEEK + start_hour + 8 * DAY - 3]).all()  # blocks of three hours
    after = slice(3 * WEEK + start_hour, None)
    assert not np.isnan(scores.score[:, after]).any()
    assert (scores.score[:, after] > 5).mean() < 0.002
    error = scores.expected[:, after] / (500 * rhythm(WINDOWS)[after]) - 1
    assert np.abs(error).mean() < 0.05


def test_the_edge_of_the_band_is_where_one_window_scores_four() -> None:
    values = counts(30, WINDOWS)
    scores = score(values)
    for edge in (scores.lower, scores.upper):
        moved = values.copy()
        moved[:, -1] = edge[:, -1]
        at_edge = score(moved, first=WINDOWS - 1).score[:, -1]
        assert at_edge.min() > BAND_SIGMAS - 1e-6
        assert np.median(at_edge) == pytest.approx(BAND_SIGMAS, abs=1e-6)


def test_expected_lies_within_the_band_and_the_band_within_the_metric() -> None:
    rng = np.random.default_rng(5)
    trials = rng.poisson(20 * rhythm(WINDOWS), (4, WINDOWS)).astype(float)
    ratios = rng.binomial(trials.astype(int), 0.95) / np.where(trials > 0, trials, np.nan)
    for scores in (score(counts(4, WINDOWS, level=1.0)), score(ratios, trials=trials)):
        known = ~np.isnan(scores.score)
        assert (scores.lower[known] <= scores.expected[known]).all()
        assert (scores.expected[known] <= scores.upper[known]).all()
        assert scores.lower[known].min() >= 0
    assert scores.upper[known].max() <= 1


@pytest.mark.parametrize("level", [0.0, 0.02, 0.3, 2.0])
def test_tiny_series_are_quiet(level) -> None:
    scores = score(counts(40, WINDOWS, level=level)).score[:, 3 * WEEK :]
    assert not np.isnan(scores).any()
    assert (scores > 5).mean() < 5e-4


def test_a_constant_series_is_quiet_and_its_end_is_strange() -> None:
    values = np.full((1, WINDOWS), 100.0)
    values[0, -1] = 0.0
    scores = score(values)
    assert scores.score[0, 3 * WEEK : -1].max() == 0
    assert scores.score[0, -1] > 10
    np.testing.assert_allclose(scores.expected[0, 3 * WEEK :], 100.0)


def test_a_series_that_vanishes_is_strange_as_zeros_and_has_no_verdict_as_gaps() -> None:
    values = counts(2, WINDOWS)
    values[0, -5:] = 0.0
    values[1, -5:] = np.nan
    scores = score(values)
    assert scores.score[0, -5:].min() > 8
    assert np.isnan(scores.score[1, -5:]).all()
    assert not np.isnan(scores.expected[1, -5:]).any()


def test_a_week_of_missing_history_is_bridged() -> None:
    values = counts(5, WINDOWS)
    values[:, 6 * WEEK : 7 * WEEK] = np.nan
    later = score(values).score[:, 7 * WEEK + DAY :]
    assert not np.isnan(later).any()
    assert (later > 5).mean() < 0.002


def test_windows_without_trials_get_no_verdict() -> None:
    rng = np.random.default_rng(2)
    trials = rng.poisson(300 * rhythm(WINDOWS), (3, WINDOWS)).astype(float)
    trials[:, ::50] = 0
    ratios = rng.binomial(trials.astype(int), 0.2) / np.where(trials > 0, trials, np.nan)
    scores = score(np.nan_to_num(ratios), trials=trials)
    assert np.isnan(scores.score[:, ::50]).all()
    assert np.isnan(scores.upper[:, ::50]).all()
    usual = scores.score[:, 3 * WEEK :][trials[:, 3 * WEEK :] > 0]
    assert not np.isnan(usual).any()
    assert (usual > 5).mean() < 0.002


def test_a_ratio_that_halves_is_strange() -> None:
    rng = np.random.default_rng(2)
    trials = rng.poisson(3000 * rhythm(WINDOWS), (5, WINDOWS)).astype(float)
    rate = np.where(np.arange(WINDOWS) >= WINDOWS - 2, 0.1, 0.2)
    scores = score(rng.binomial(trials.astype(int), rate) / trials, trials=trials)
    assert scores.score[:, -2:].min() > 6


@pytest.mark.parametrize("like", ["sunday", "weekday"])
def test_a_known_holiday_may_look_like_a_sunday_or_like_the_day_it_is(like) -> None:
    wednesday = 8 * WEEK + 2 * DAY
    shape = rhythm(WINDOWS)
    if like == "sunday":
        shape[wednesday : wednesday + DAY] = shape[7 * WEEK + 6 * DAY : 8 * WEEK]
    values = np.random.default_rng(0).poisson(500 * shape, (20, WINDOWS)).astype(float)
    holiday = (MONDAY + timedelta(hours=wednesday)).date()
    known = score(values, holidays=[holiday]).score
    assert (known[:, wednesday : wednesday + 2 * DAY] > 4).mean() < 0.005
    if like == "sunday":
        assert (score(values).score[:, wednesday : wednesday + DAY] > 4).mean() > 0.1


def feast(*, outage: float = 1.0) -> tuple[np.ndarray, int]:
    """A Wednesday with 30 % less than Sundays have, an outage at 15:00, and when it begins."""
    wednesday = 8 * WEEK + 2 * DAY
    shape = rhythm(WINDOWS)
    shape[wednesday : wednesday + DAY] = 0.7 * shape[7 * WEEK + 6 * DAY : 8 * WEEK]
    shape[wednesday + 15 : wednesday + 18] *= outage
    values = np.random.default_rng(0).poisson(3_000 * shape, (20, WINDOWS)).astype(float)
    holiday = (MONDAY + timedelta(hours=wednesday)).date()
    return score(values, holidays=[holiday]).score, wednesday


def test_a_feast_like_no_sunday_is_followed_within_hours_and_leaves_the_next_day_as_it_is() -> None:
    scores, begin = feast()
    assert (scores[:, begin + 4 : begin + 2 * DAY] > 5).mean() < 0.01


def test_an_outage_on_a_feast_is_found() -> None:
    scores, begin = feast(outage=0.3)
    assert scores[:, begin + 15].min() > 5


def test_a_holiday_without_sundays_in_history_is_judged_by_its_weekday() -> None:
    values = counts(2, WINDOWS)
    sundays = np.arange(WINDOWS) // DAY % 7 == 6
    values[:, sundays] = np.nan
    wednesday = 8 * WEEK + 2 * DAY
    scores = score(values, holidays=[date(2026, 3, 4)])
    assert (MONDAY + timedelta(hours=wednesday)).date() == date(2026, 3, 4)
    assert not np.isnan(scores.score[:, wednesday : wednesday + DAY]).any()


@pytest.mark.parametrize("change", [datetime(2026, 3, 29), datetime(2025, 10, 26)])
def test_habits_follow_the_local_clock_through_its_changes(change) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(change.year, change.month, change.day, tzinfo=MONDAY.tzinfo) - 8 * timedelta(weeks=1)
    hours = [(start + i * HOUR).astimezone(zone) for i in range(WINDOWS)]
    shape = np.array([1 + 0.8 * np.sin(2 * np.pi * (hour.hour - 9) / DAY) for hour in hours])
    values = np.random.default_rng(0).poisson(2000 * shape, (20, WINDOWS)).astype(float)
    local = score_history(values, start=start, step=HOUR, timezone="Europe/Berlin").score[:, 8 * WEEK :]
    naive = score_history(values, start=start, step=HOUR, timezone="UTC").score[:, 8 * WEEK :]
    assert not np.isnan(local).any()
    assert (local[:, : 3 * DAY] > 5).mean() < 0.002
    assert (naive[:, : 3 * DAY] > 5).mean() > 0.05
