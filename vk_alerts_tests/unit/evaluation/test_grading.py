"""Alerts against what happened, and thresholds against what people accept."""

from datetime import timedelta

import pytest

from vk_alerts.evaluation.grading import grade
from vk_alerts.evaluation.labels import Label
from vk_alerts.evaluation.tradeoff import Setting, within_budget
from vk_alerts_tests.unit.evaluation.boards import alert, at

LIKES = Label(at(10), at(14), "likes", "all", "feed")
MESSAGES = Label(at(50), at(54), "messages", "all", "messenger")


def test_alerts_are_held_against_labels() -> None:
    alerts = [alert(3), alert(12), alert(16), alert(51), alert(30, source="messenger")]
    graded = grade(alerts, [LIKES, MESSAGES])
    assert graded.is_true == (False, True, True, False, False)
    assert graded.delays == (timedelta(minutes=45), None)
    assert (graded.found, graded.false_alerts) == (1, 3)
    assert (graded.recall, graded.precision) == (0.5, 0.4)
    assert graded.median_delay == timedelta(minutes=45)


def test_an_alert_in_the_first_window_comes_a_quarter_of_an_hour_after_the_start() -> None:
    assert grade([alert(10)], [LIKES]).delays == (timedelta(minutes=15),)


def test_a_label_without_a_metric_may_be_told_by_any_source() -> None:
    anything = Label(at(10), at(14))
    assert grade([alert(11, source="messenger")], [anything]).found == 1


def test_nothing_to_divide_by_is_no_share() -> None:
    nothing = grade([], [])
    assert (nothing.recall, nothing.precision, nothing.median_delay) == (None, None, None)
    assert grade([], [LIKES]).recall == 0.0
    assert grade([alert(12)], []).precision == 0.0


def setting(factor: float, alerts_per_week: float, *, is_stopped: bool = False) -> Setting:
    return Setting(factor, alerts_per_week, None, 28.0, is_stopped)


@pytest.mark.parametrize(
    ("settings", "factor"),
    [
        ([setting(1.0, 20), setting(2.0, 6), setting(4.0, 1)], 2.0),
        ([setting(1.0, 3), setting(2.0, 1)], 1.0),
        ([setting(1.0, 90, is_stopped=True), setting(2.0, 30)], None),
        # Everything is always anomalous: one alert that never ends.
        ([setting(0.7, 1), setting(1.0, 30), setting(2.0, 5)], 2.0),
        ([], None),
    ],
)
def test_the_lowest_threshold_that_people_accept_is_found(
    settings: list[Setting], factor: float | None
) -> None:
    found = within_budget(settings, 7.0)
    assert (None if found is None else found.factor) == factor


def test_with_labels_only_false_alerts_count_against_the_budget() -> None:
    alerts = [alert(12), alert(13), alert(80)]
    graded = Setting(1.0, 10.5, grade(alerts, [LIKES]), 2.0, is_stopped=False)
    assert graded.false_per_week == 3.5
    assert graded.recall == 1.0
    assert setting(1.0, 10.5).false_per_week == 10.5
    assert setting(1.0, 10.5).recall is None
