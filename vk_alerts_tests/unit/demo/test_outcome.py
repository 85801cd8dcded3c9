import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.expectations import all_told
from vk_alerts.demo.messages import ToldMessage
from vk_alerts.demo.outcome import grade
from vk_alerts.simulator import Incident
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.unit.alerting.stories import story

START = datetime(2026, 3, 5, 14, tzinfo=UTC)
# Four windows of the feed, and two of the messenger, two windows later.
LIKES = Incident("feed", "like", (("os", "Android"),), 0.65, START, START + 4 * STEP, "likes", "os=Android")
MESSAGES = Incident("messenger", None, (), 0.3, START + 6 * STEP, START + 8 * STEP, "messages", "all")


def told(kind, number, *, group="g", source="feed", **changes):
    message = ToldMessage(
        kind=NotificationKind(kind),
        source=source,
        metric="likes" if source == "feed" else "messages",
        slice_key="all",
        window=START + number * STEP,
        group=group,
        text=f"{kind} {number}",
        chart=None,
        story=story(kind=NotificationKind(kind)),
    )
    return replace(message, **changes)


def graded(planted, messages, seconds=None):
    return grade("default", planted, (all_told(),), messages, seconds or {})


@pytest.mark.parametrize(
    ("messages", "detected", "delay", "recovery", "false_alerts"),
    [
        pytest.param([], False, None, False, 0, id="nothing was told"),
        pytest.param([told("open", 1)], True, 1, False, 0, id="told, but not its end"),
        pytest.param([told("open", 1), told("resolved", 6)], True, 1, True, 0, id="told with its end"),
        pytest.param([told("open", 1), told("resolved", 1)], True, 1, False, 0, id="an end comes later"),
        pytest.param(
            [told("open", 0), told("resolved", 6)], True, 0, True, 0, id="told with its first window"
        ),
        pytest.param(
            [told("open", 3), told("resolved", 6)], True, 3, True, 0, id="told with its last window"
        ),
        pytest.param(
            [told("open", 7), told("resolved", 9)], True, 7, True, 0, id="told within the hour after it"
        ),
        pytest.param(
            [told("open", 8), told("resolved", 9)], False, None, False, 1, id="later than that is false"
        ),
        pytest.param(
            [told("open", -1), told("resolved", 2)], False, None, False, 1, id="earlier is false, too"
        ),
        pytest.param([told("open", 1, source="messenger")], False, None, False, 1, id="of another source"),
        pytest.param([told("resolved", 6)], False, None, False, 0, id="an end alone tells of nothing"),
        pytest.param(
            [told("open", 1), told("resolved", 6, group="h")],
            True,
            1,
            False,
            0,
            id="the end of another group",
        ),
        pytest.param(
            [told("open", 2), told("open", 1, group="h"), told("resolved", 6)],
            True,
            1,
            False,
            0,
            id="two openings, one end: the first counts for the delay",
        ),
        pytest.param(
            [
                told("open", 1),
                told("open", 2, group="h"),
                told("resolved", 6),
                told("resolved", 6, group="h"),
            ],
            True,
            1,
            True,
            0,
            id="two openings with their ends",
        ),
        pytest.param(
            [told("open", 1), told("resolved", 4), told("open", 6)],
            True,
            1,
            False,
            0,
            id="a group that opened again and did not end",
        ),
        pytest.param(
            [told("open", 1), told("resolved", 4), told("open", 6), told("resolved", 9)],
            True,
            1,
            True,
            0,
            id="a group that opened again and ended",
        ),
        pytest.param(
            [told("open", 1), told("resolved", 6), told("open", 20, group="h"), told("open", 30, group="i")],
            True,
            1,
            True,
            2,
            id="with false ones later",
        ),
    ],
)
def test_messages_are_held_against_the_ledger(messages, detected, delay, recovery, false_alerts):
    outcome = graded([LIKES], messages)
    (planted,) = outcome.planted
    assert (planted.is_detected, planted.delay_windows, planted.recovery_told) == (detected, delay, recovery)
    assert len(outcome.false_alerts) == false_alerts
    assert outcome.messages == tuple(messages)


FEED = [told("open", 1), told("resolved", 6)]
MESSENGER = [
    told("open", 6, group="m", source="messenger"),
    told("resolved", 10, group="m", source="messenger"),
]
FALSE = [told("open", 40 + n, group=f"f{n}") for n in range(2)]


@pytest.mark.parametrize(
    ("messages", "is_good"),
    [
        pytest.param(FEED + MESSENGER, True, id="both with their ends"),
        pytest.param(FEED + MESSENGER + FALSE[:1], True, id="one false alert is forgiven"),
        pytest.param(FEED + MESSENGER + FALSE, False, id="two are not"),
        pytest.param(FEED, False, id="one was missed"),
        pytest.param(FEED + MESSENGER[:1], False, id="one end was not told"),
        pytest.param([], False, id="silence"),
    ],
)
def test_a_demo_is_good_when_all_was_told_and_hardly_anything_else(messages, is_good):
    assert graded([LIKES, MESSAGES], messages).is_good is is_good


def test_each_incident_has_the_openings_that_told_of_it():
    outcome = graded([LIKES, MESSAGES], FEED + MESSENGER)
    assert [planted.incident for planted in outcome.planted] == [LIKES, MESSAGES]
    assert [planted.messages for planted in outcome.planted] == [(FEED[0],), (MESSENGER[0],)]


def test_one_message_may_tell_of_two_incidents():
    later = replace(LIKES, start=START + 4 * STEP, end=START + 6 * STEP)
    outcome = graded([LIKES, later], [told("open", 5), told("resolved", 8)])
    assert [planted.delay_windows for planted in outcome.planted] == [5, 1]
    assert outcome.false_alerts == ()


def test_the_report_for_programs_has_exactly_this_shape():
    messages = [told("open", 1, chart="/out/1.png", text="Лайки"), told("open", 40, group="f")]
    report = graded([LIKES, MESSAGES], messages, {"engine": 1.5, "live": 20.25}).as_json()
    assert json.loads(json.dumps(report)) == {
        "scenario": "default",
        "is_good": False,
        "expected": [
            {
                "what": "every planted incident and its end is told",
                "found": "1 of 2 told, 0 of 2 ends",
                "holds": False,
            }
        ],
        "planted": [
            {
                "metric": "likes",
                "slice": "os=Android",
                "start": "2026-03-05T14:00:00+00:00",
                "end": "2026-03-05T15:00:00+00:00",
                "detected": True,
                "delay_windows": 1,
                "recovery_told": False,
            },
            {
                "metric": "messages",
                "slice": "all",
                "start": "2026-03-05T15:30:00+00:00",
                "end": "2026-03-05T16:00:00+00:00",
                "detected": False,
                "delay_windows": None,
                "recovery_told": False,
            },
        ],
        "messages": [
            {
                "kind": "open",
                "metric": "likes",
                "slice": "all",
                "window": window_key(START + STEP),
                "text": "Лайки",
                "chart": "/out/1.png",
            },
            {
                "kind": "open",
                "metric": "likes",
                "slice": "all",
                "window": window_key(START + 40 * STEP),
                "text": "open 40",
                "chart": None,
            },
        ],
        "false_alerts": 1,
        "seconds": {"engine": 1.5, "live": 20.25},
    }
