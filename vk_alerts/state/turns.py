"""Whose turn it is: which messages of the outbox may be sent at a moment, as SQL."""

import sqlalchemy as sa

from vk_alerts.state.chats import may_be_written_to
from vk_alerts.state.outbox_rows import UNSETTLED, RowState
from vk_alerts.state.tables import OUTBOX

_MINUTE_SECONDS = 60.0


def may_be_sent(now: float, *, most_a_minute: int) -> sa.ColumnElement[bool]:
    """SQL: the message is due, and neither its chat nor an earlier message holds it up.

    Args:
        now: seconds since the epoch.
        most_a_minute: attempts on one chat in a minute.
    """
    recent = OUTBOX.alias("recent")
    busy = (
        sa.select(recent.c.chat)
        # A clock that was set back must not close a chat until it has caught up.
        .where(recent.c.tried_at > now - _MINUTE_SECONDS, recent.c.tried_at <= now)
        .group_by(recent.c.chat)
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
    earlier, teller = OUTBOX.alias("earlier"), OUTBOX.alias("teller")
    is_open = sa.exists().where(teller.c.id == earlier.c.told_by, teller.c.state.in_(UNSETTLED))
    return sa.exists().where(
        earlier.c.group == OUTBOX.c.group,
        earlier.c.chat == OUTBOX.c.chat,
        earlier.c.topic.is_not_distinct_from(OUTBOX.c.topic),
        earlier.c.id < OUTBOX.c.id,
        sa.or_(earlier.c.state.in_(UNSETTLED), is_open),
    )
