"""What is promised about each kind of message."""

import pytest

from vk_alerts.alerting.promises import (
    EDITS_LAST,
    HARD_FIRST,
    OTHERS_NEXT,
    RECOVERIES_NEXT,
    Promise,
    is_once_per_opening,
    is_silent,
    priority_of,
    promise_of,
)
from vk_alerts.alerting.story import NotificationKind as Kind
from vk_alerts_tests.unit.alerting.stories import story

LEAST, MOST, EDIT = Promise.AT_LEAST_ONCE, Promise.AT_MOST_ONCE, Promise.IDEMPOTENT
KINDS = [
    (Kind.OPEN, LEAST, OTHERS_NEXT, True),
    (Kind.UPDATE, EDIT, EDITS_LAST, False),
    (Kind.WORSE, MOST, OTHERS_NEXT, False),
    (Kind.REMIND, MOST, OTHERS_NEXT, False),
    (Kind.ESCALATE, LEAST, HARD_FIRST, False),
    (Kind.FLAPPING, MOST, OTHERS_NEXT, False),
    (Kind.STALE, MOST, OTHERS_NEXT, False),
    (Kind.RESOLVED, LEAST, RECOVERIES_NEXT, True),
    (Kind.NODATA, LEAST, OTHERS_NEXT, False),
    (Kind.CORRECTION, LEAST, OTHERS_NEXT, False),
    (Kind.SUMMARY, LEAST, OTHERS_NEXT, False),
    (Kind.DIGEST, MOST, OTHERS_NEXT, False),
]


def test_every_kind_has_a_promise() -> None:
    assert [kind for kind, *_ in KINDS] == list(Kind)


@pytest.mark.parametrize(("kind", "promise", "priority", "once"), KINDS)
def test_what_is_promised(kind: Kind, promise: Promise, priority: int, once: bool) -> None:
    assert promise_of(kind) is promise
    assert priority_of(story(kind=kind)) == priority
    assert is_once_per_opening(kind) is once


def test_what_is_beyond_the_hard_threshold_goes_first() -> None:
    assert priority_of(story(is_hard=True)) == HARD_FIRST
    assert priority_of(story(kind=Kind.RESOLVED, is_hard=True)) == RECOVERIES_NEXT


@pytest.mark.parametrize(
    ("kind", "sequence", "silent"),
    [(Kind.OPEN, 0, False), (Kind.OPEN, 1, True), (Kind.RESOLVED, 0, True), (Kind.CORRECTION, 0, True)],
)
def test_good_news_and_what_opens_again_make_no_sound(kind: Kind, sequence: int, silent: bool) -> None:
    assert is_silent(kind, sequence) is silent
