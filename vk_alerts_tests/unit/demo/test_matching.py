from dataclasses import replace
from datetime import timedelta

import pytest

from vk_alerts.alerting.story import NotificationKind, Passed, Recovery, Storm
from vk_alerts.demo.matching import match, overlaps
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.alerting.stories import story
from vk_alerts_tests.unit.demo.test_outcome import LIKES, MESSAGES, START, told

STORM = story(storm=Storm(112, 137, (("Views", 60),)))


def summary(*passed):
    return told("summary", 30, story=story(kind=NotificationKind.SUMMARY, passed=passed))


def incident_at(number, *, recovery=None):
    return Passed("4F2A", "Likes", "Android", START + number * STEP, recovery, -0.35)


OVER = Recovery(timedelta(hours=1), -0.35, None)


@pytest.mark.parametrize(
    ("message", "incident", "is_about"),
    [
        pytest.param(told("open", 1), LIKES, True, id="its source, while it lasts"),
        pytest.param(told("open", 1), replace(MESSAGES, start=START), False, id="another source"),
        pytest.param(told("open", 1, story=STORM), LIKES, True, id="a storm"),
        pytest.param(
            told("open", 1, story=STORM), replace(MESSAGES, start=START), True, id="a storm has no source"
        ),
        pytest.param(told("open", 30, story=STORM), LIKES, False, id="a storm at another time"),
        pytest.param(summary(incident_at(1)), LIKES, True, id="a summary tells of what began then"),
        pytest.param(summary(incident_at(20)), LIKES, False, id="of what began at another time it does not"),
        pytest.param(summary(incident_at(20), incident_at(2)), LIKES, True, id="of one of several"),
    ],
)
def test_a_message_is_about_an_incident(message, incident, is_about):
    assert overlaps(message, incident) is is_about


@pytest.mark.parametrize(
    ("passed", "is_told"),
    [
        ([incident_at(1, recovery=OVER)], True),
        ([incident_at(1)], False),
        ([incident_at(1, recovery=OVER), incident_at(2)], False),
    ],
)
def test_a_summary_tells_of_the_end_where_all_it_tells_of_is_over(passed, is_told):
    matched = match([LIKES], [summary(*passed)])
    assert matched.planted[0].is_detected
    assert matched.planted[0].recovery_told is is_told
    assert matched.false_alerts == ()


@pytest.mark.parametrize(
    ("messages", "is_spared"),
    [
        pytest.param([told("flapping", 1)], True, id="told as flapping"),
        pytest.param([told("flapping", -24)], True, id="told so up to six hours before"),
        pytest.param([told("flapping", -25)], False, id="not longer ago"),
        pytest.param([told("flapping", 8)], False, id="nor after it"),
        pytest.param([told("flapping", 1, source="messenger")], False, id="nor of another source"),
        pytest.param([told("open", 1), told("flapping", 2)], False, id="it was told by itself"),
        pytest.param([], False, id="nothing was told"),
    ],
)
def test_what_flaps_is_told_as_that_and_then_no_more(messages, is_spared):
    (planted,) = match([LIKES], messages).planted
    assert planted.is_spared is is_spared


def test_what_is_taken_back_is_not_left_without_an_end():
    (planted,) = match([LIKES], [told("open", 1), told("correction", 1)]).planted
    assert planted.recovery_told
