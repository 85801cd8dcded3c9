"""The threshold at which an incident would just open."""

import numpy as np
import pytest

from vk_alerts.detection.opening import Exceedances, opening_scores, run_starts


def openings(scores: list[float], **how: float) -> list[float]:
    series = np.zeros(len(scores), dtype=np.int64)
    found = Exceedances(series, np.arange(len(scores)), np.array(scores))
    return opening_scores(found, **{"hard_ratio": 2.0} | how).tolist()


@pytest.mark.parametrize(
    ("scores", "opening"),
    [
        pytest.param([4], 2, id="one window opens at half of its score, where the hard threshold is double"),
        pytest.param([4, 3], 3, id="two in a row open at the lower one"),
        pytest.param([3, 4], 3, id="in either order"),
        pytest.param([-4, -3], 3, id="below the expected value just as well"),
        pytest.param([4, -3], 1.5, id="but not one above and one below"),
        pytest.param([4, 0, 5], 2.5, id="two with one between do not"),
        pytest.param([4, 0, 5, 0, 6], 4, id="three of six open at the lowest"),
        pytest.param([4, 0, 0, 5, 0, 3], 3, id="the window itself has to be bad"),
        pytest.param([4, 0, 0, 5, 0, 0, 6], 3, id="seven windows are too wide"),
        pytest.param([4, 4, 9], 4.5, id="the easiest way counts"),
    ],
)
def test_an_incident_opens_at_the_highest_threshold_that_its_rules_allow(scores, opening):
    assert openings(scores)[-1] == opening


@pytest.mark.parametrize(
    ("how", "opening"),
    [
        ({"for_windows": 1}, 5),
        ({"for_windows": 3}, 4),
        ({"for_windows": 7}, 4),
        ({"for_windows": 9, "bad_of_recent": 9, "recent": 9}, 2.5),
        ({"bad_of_recent": 5}, 4),
        ({"hard_ratio": 1.0}, 5),
    ],
)
def test_the_rules_may_be_others(how, opening):
    assert openings([4] * 7 + [5], **{"for_windows": 4, "bad_of_recent": 7, "recent": 7} | how)[-1] == opening


def test_neighbours_in_the_table_that_are_no_neighbours_in_time_or_series_do_not_count():
    found = Exceedances(np.array([0, 0, 1]), np.array([3, 9, 10]), np.array([6.0, 6.0, 6.0]))
    assert opening_scores(found, hard_ratio=2.0).tolist() == [3.0, 3.0, 3.0]


def test_a_hard_threshold_may_differ_from_window_to_window():
    found = Exceedances(np.array([0, 1]), np.array([0, 0]), np.array([6.0, 6.0]))
    assert opening_scores(found, hard_ratio=np.array([2.0, 3.0])).tolist() == [3.0, 2.0]


def test_how_many_windows_open_an_incident_may_differ_from_series_to_series():
    found = Exceedances(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([6.0, 4.0, 6.0, 4.0]))
    opening = opening_scores(found, hard_ratio=9.0, for_windows=np.array([1, 1, 2, 2])).tolist()
    assert opening == [6.0, 4.0, pytest.approx(6 / 9), 4.0]


def test_of_nothing_nothing_opens():
    nothing = np.zeros(0, dtype=np.int64)
    found = Exceedances(nothing, nothing, np.zeros(0))
    assert len(found) == len(opening_scores(found)) == len(run_starts(nothing, nothing, gap=4)) == 0


def test_a_run_ends_with_its_owner_and_after_a_gap():
    owner, window = np.array([0, 0, 0, 1, 1]), np.array([1, 5, 10, 10, 14])
    assert run_starts(owner, window, gap=4).tolist() == [0, 2, 3]
    assert run_starts(owner, window, gap=5).tolist() == [0, 3]
