"""Whose turn it is: which messages of the outbox may be sent at a moment, as SQL."""

import sqlalchemy as sa

from vk_alerts.state.chats import may_be_written_to
from vk_alerts.state.outbox_rows import UNSETTLED, RowState
from vk_alerts.state.tables import OUTBOX

_MINUTE_SECONDS = 60.0
# Made once: an alias copies every column, which takes longer than the query.
_RECENT, _EARLIER, _TELLER = OUTBOX.alias("recent"), OUTBOX.alias("earlier"), OUTBOX.alias("teller")


def may_be_sent(now: float, *, most_a_minute: int) -> sa.ColumnElement[bool]:
    """SQL: the message is due, and neither its chat nor an earlier message holds it up.

    Args:
        now: seconds since the epoch.
        most_a_minute: attempts on one chat in a minute.
    """
    busy = (
        sa.select(_RECENT.c.chat)
        # A clock that was set back must not close a chat until it has caught up.
        .where(_RECENT.c.tried_at > now - _MINUTE_SECONDS, _RECENT.c.tried_at <= now)
        .group_by(_RECENT.c.chat)
        .having(sa.func.count() >= most_a_minute)
    )
    return sa.and_(
        OUTBOX.c.state == RowState.READY.value,
        OUTBOX.c.due_at <= now,
        may_be_written_to(OUTBOX.c.chat, now),
        OUTBOX.c.chat.not_in(busy),
        ~_waits(),
    )


def _waits() -> sa.ColumnElement[bool]:
    """SQL: an earlier message of the group in the chat has no fate yet, nor has what tells it instead."""
    is_open = sa.exists().where(_TELLER.c.id == _EARLIER.c.told_by, _TELLER.c.state.in_(UNSETTLED))
    return sa.exists().where(
        _EARLIER.c.group == OUTBOX.c.group,
        _EARLIER.c.chat == OUTBOX.c.chat,
        _EARLIER.c.topic.is_not_distinct_from(OUTBOX.c.topic),
        _EARLIER.c.id < OUTBOX.c.id,
        sa.or_(_EARLIER.c.state.in_(UNSETTLED), is_open),
    )
