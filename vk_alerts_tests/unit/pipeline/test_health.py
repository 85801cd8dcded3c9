from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.pipeline.health import (
    messages_are_sent,
    scores_are_fresh,
    series_are_judged,
    sources_are_on_time,
    thresholds_are_recent,
)
from vk_alerts.windows import STEP, window_key

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
NOW = NOON + timedelta(minutes=2)  # 11:45 is due
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("newest", "passed", "reason"),
    [
        (NOON - STEP, True, "0 windows behind"),
        (NOON, True, "0 windows behind"),
        (NOON - 3 * STEP, True, "2 windows behind"),
        (NOON - 4 * STEP, False, "3 windows behind; see whether the daemon runs and runs succeed"),
        (None, False, "no window of the last 48 h is scored; see whether the daemon runs and runs succeed"),
    ],
)
def test_scores_are_fresh_while_they_follow_the_newest_due_window(newest, passed, reason):
    result = scores_are_fresh(newest, NOW)
    assert (result.passed, result.reason) == (passed, reason)


@pytest.mark.parametrize(
    ("reached", "passed", "reason"),
    [
        ({"feed": NOW, "messenger": NOW - 15 * MINUTE}, True, "all sources are on time"),
        ({"feed": NOW - 15.1 * MINUTE}, False, "feed is 15.1 min behind; check what writes the events"),
        (
            {"feed": None, "messenger": NOW},
            False,
            "feed has no events; check what writes the events",
        ),
    ],
)
def test_a_source_is_on_time_within_a_quarter_of_an_hour(reached, passed, reason):
    result = sources_are_on_time(reached, NOW)
    assert (result.passed, result.reason) == (passed, reason)


@pytest.mark.parametrize(
    ("series", "judged", "passed"), [(100, 50, True), (100, 49, False), (1, 1, True), (0, 0, False)]
)
def test_half_of_the_series_must_be_judged(series, judged, passed):
    result = series_are_judged(series, judged)
    assert result.passed is passed
    assert ("; " in result.reason) is not passed


@pytest.mark.parametrize(
    ("now", "passed"), [(NOON, True), (NOON + 30 * MINUTE, True), (NOON + 31 * MINUTE, False)]
)
def test_no_message_waits_for_more_than_half_an_hour(now, passed):
    assert messages_are_sent(window_key(NOON - STEP), now).passed is passed


def test_without_a_waiting_message_all_are_sent():
    assert messages_are_sent(None, NOW).passed


@pytest.mark.parametrize(
    ("newest", "is_needed", "passed"),
    [
        (NOW - 3 * DAY, True, True),
        (NOW - 3 * DAY - MINUTE, True, False),
        (None, False, True),
        (None, True, False),
    ],
)
def test_thresholds_are_recent_within_three_days_once_there_are_scores(newest, is_needed, passed):
    assert thresholds_are_recent(newest, NOW, is_needed=is_needed).passed is passed
