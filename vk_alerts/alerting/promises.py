"""What is promised about a message: how often it may arrive, how soon, and with which sound.

The Bot API has no idempotency key and bots cannot read a chat's history, so that a send whose answer was lost
can be repeated (it may arrive twice) or given up (it may not arrive): each kind of message says which.
"""

from enum import Enum, auto

from vk_alerts.alerting.story import NotificationKind, Story


class Promise(Enum):
    """What a lost answer leads to."""

    AT_LEAST_ONCE = auto()
    """Sent once more, marked as a possible repeat: nobody must miss it."""
    AT_MOST_ONCE = auto()
    """Not sent again: missing one is better than nagging twice."""
    IDEMPOTENT = auto()
    """An edit: doing it twice is doing it once."""


_PROMISES = {
    NotificationKind.OPEN: Promise.AT_LEAST_ONCE,
    NotificationKind.ESCALATE: Promise.AT_LEAST_ONCE,
    NotificationKind.RESOLVED: Promise.AT_LEAST_ONCE,
    NotificationKind.NODATA: Promise.AT_LEAST_ONCE,
    NotificationKind.CORRECTION: Promise.AT_LEAST_ONCE,
    NotificationKind.SUMMARY: Promise.AT_LEAST_ONCE,
    NotificationKind.REMIND: Promise.AT_MOST_ONCE,
    NotificationKind.WORSE: Promise.AT_MOST_ONCE,
    NotificationKind.DIGEST: Promise.AT_MOST_ONCE,
    NotificationKind.FLAPPING: Promise.AT_MOST_ONCE,
    NotificationKind.STALE: Promise.AT_MOST_ONCE,
    NotificationKind.UPDATE: Promise.IDEMPOTENT,
}
_SILENT = (NotificationKind.RESOLVED, NotificationKind.CORRECTION)
# Told once per opening of a group; all others can come again, once in a window.
_ONCE_PER_OPENING = (NotificationKind.OPEN, NotificationKind.RESOLVED)

HARD_FIRST, RECOVERIES_NEXT, OTHERS_NEXT, EDITS_LAST = range(4)


def promise_of(kind: NotificationKind) -> Promise:
    """The promise for a kind of message."""
    return _PROMISES[kind]


def priority_of(story: Story) -> int:
    """Its place in a queue, lowest first: beyond the hard threshold, recoveries, others, edits."""
    if story.kind is NotificationKind.UPDATE:
        return EDITS_LAST
    if story.kind is NotificationKind.RESOLVED:
        return RECOVERIES_NEXT
    return HARD_FIRST if story.is_hard or story.kind is NotificationKind.ESCALATE else OTHERS_NEXT


def is_silent(kind: NotificationKind, sequence: int) -> bool:
    """Whether it comes without a sound: good news, and what opens again."""
    return kind in _SILENT or (kind is NotificationKind.OPEN and sequence > 0)


def is_once_per_opening(kind: NotificationKind) -> bool:
    """Whether an opening has at most one message of the kind."""
    return kind in _ONCE_PER_OPENING
