"""The counting of the benchmark, on scores written by hand: 15-minute windows, four an hour."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts_tests.benchmarks.detection.protocol import MONTH, false_alerts_by_threshold, judge
from vk_alerts_tests.benchmarks.detection.world import Incident, World

WEEK = 7 * 96


def world(*incidents: Incident, series: int = 1, weeks: int = 1, **parts: object) -> World:
    return World(np.zeros((series, weeks * WEEK)), list(incidents), first=0, **parts)


def scores(world: World, heights: dict[int, float], *, row: int = 0) -> np.ndarray:
    score = np.zeros(world.values.shape)
    for window, height in heights.items():
        score[row, window] = height
    return score


@pytest.mark.parametrize(
    ("windows", "alerts"),
    [
        ([100], 1),
        ([100, 101, 102], 1),
        ([100, 104], 1),
        ([100, 105], 2),
        ([100, 104, 108, 112], 1),
        ([100, 300, 304], 2),
    ],
)
def test_false_alerts_within_an_hour_of_one_another_are_one(windows: list[int], alerts: int) -> None:
    here = world()
    score = scores(here, dict.fromkeys(windows, 5.0))
    thresholds, counts = false_alerts_by_threshold(score, here.quiet, per_hour=4, enough=100)
    assert (list(thresholds), list(counts)) == ([5.0], [alerts])


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 79), st.integers(1, 6)), max_size=60),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 79)), max_size=30),
    st.integers(1, 4),
)
def test_false_alerts_added_from_the_top_are_those_counted_at_each_threshold(
    heights: list[tuple[int, int, int]], loud: list[tuple[int, int]], per_hour: int
) -> None:
    score, quiet = np.zeros((3, 80)), np.ones((3, 80), dtype=bool)
    for row, window, height in heights:
        score[row, window] = height
    for row, window in loud:
        quiet[row, window] = False
    thresholds, counts = false_alerts_by_threshold(score, quiet, per_hour=per_hour, enough=1000)
    assert list(thresholds) == sorted(set(score[quiet & (score > 0)]), reverse=True)
    for threshold, count in zip(thresholds, counts, strict=True):
        rows, windows = np.nonzero(quiet & (score >= threshold))
        fresh = (np.diff(rows, prepend=-1) != 0) | (np.diff(windows, prepend=0) > per_hour)
        assert count == fresh.sum()


def test_an_alert_in_the_hour_after_an_incident_is_not_false_and_later_ones_are() -> None:
    here = world(Incident(0, 400, 408, "drop"))
    graced = scores(here, {402: 7.0, 411: 6.0})
    assert judge(graced, here).at[MONTH].threshold == 0.0
    late = scores(here, {402: 7.0, 412: 6.0})
    assert judge(late, here).at[MONTH].threshold == 6.0


def test_until_a_level_shift_is_settled_nobody_is_wrong_but_nothing_is_found_either() -> None:
    here = world(Incident(0, 100, 124, "level shift", settled=196))
    found = judge(scores(here, {150: 9.0}), here).at[MONTH]
    assert (found.threshold, found.recall) == (0.0, 0.0)


def test_a_window_that_is_not_judged_is_neither_false_nor_found() -> None:
    judged = np.ones(WEEK, dtype=bool)
    judged[300:400] = False
    here = world(Incident(0, 320, 330, "drop"), Incident(0, 500, 510, "rise"), judged=judged)
    quality = judge(scores(here, {325: 9.0, 360: 9.0, 505: 5.0}), here)
    assert (quality.incidents, quality.at[MONTH].recall, quality.at[MONTH].threshold) == (1, 1.0, 0.0)


def test_the_threshold_is_the_lowest_that_keeps_to_the_budget() -> None:
    here = world(Incident(0, 10, 14, "drop"), weeks=4)
    score = scores(here, {12: 4.5, 600: 9.0, 1200: 8.0, 1800: 7.0, 2400: 4.0, 2600: 3.0})
    quality = judge(score, here, rates=(1.0, 0.5, 0.25))
    assert {rate: found.threshold for rate, found in quality.at.items()} == {1.0: 3.0, 0.5: 7.0, 0.25: 8.0}
    assert {rate: found.recall for rate, found in quality.at.items()} == {1.0: 1.0, 0.5: 0.0, 0.25: 0.0}


def test_alerting_all_the_time_is_no_way_to_few_false_alerts() -> None:
    here = world(Incident(0, 300, 310, "drop"), weeks=2)
    score = np.random.default_rng(0).uniform(1, 2, here.values.shape)
    quality = judge(score, here, rates=(0.5,))
    assert quality.at[0.5].threshold > 1.9
    assert quality.best_f1 < 0.7


def test_the_first_window_the_delay_and_the_kinds_are_told() -> None:
    here = world(
        Incident(0, 100, 110, "drop"), Incident(0, 300, 310, "drop"), Incident(0, 500, 510, "rise"), weeks=4
    )
    found = judge(scores(here, {100: 6.0, 304: 6.0, 520: 3.0, 640: 3.0}), here).at[MONTH]
    assert found.at_once == pytest.approx(1 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.delay_minutes == pytest.approx((15 + 75) / 2)
    assert found.by_kind == {"drop": (2, 2), "rise": (0, 1)}


def test_the_best_f1_weighs_what_is_found_against_false_alerts() -> None:
    here = world(Incident(0, 100, 110, "drop"), Incident(0, 300, 310, "rise"))
    score = scores(here, {105: 8.0, 200: 7.0, 305: 6.0, 400: 5.0})
    # Beyond 5: two found, one false alert.
    assert judge(score, here).best_f1 == pytest.approx(2 * 2 / (2 * 2 + 1))


def test_no_verdict_is_no_alert() -> None:
    here = world(Incident(0, 100, 110, "drop"))
    quality = judge(np.full(here.values.shape, np.nan), here)
    assert quality.at[1.0].recall == 0.0
    assert np.isnan(quality.at[1.0].delay_minutes)


def test_rows_of_a_world_keep_their_incidents() -> None:
    here = world(Incident(0, 5, 9, "drop"), Incident(3, 7, 9, "rise"), series=4)
    odd = replace(here, values=here.values + np.arange(4)[:, None]).rows(slice(1, None, 2))
    assert odd.values[:, 0].tolist() == [1.0, 3.0]
    assert odd.incidents == [Incident(1, 7, 9, "rise")]
