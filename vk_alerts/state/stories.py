"""A group's message in a chat, and what it said: an edit changes that, and tells nothing anew."""

import sqlalchemy as sa
from pydantic import TypeAdapter

from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.state.database import transaction
from vk_alerts.state.outbox_rows import OutboxRow, RowState, row_of
from vk_alerts.state.tables import OUTBOX

_STORY: TypeAdapter[Story] = TypeAdapter(Story)
# The kinds that make the message which later ones edit, and those that edit it.
_TELLING = tuple(
    kind.value for kind in (NotificationKind.OPEN, NotificationKind.NODATA, NotificationKind.UPDATE)
)


def told_story(engine: sa.Engine, group: str, sequence: int) -> Story | None:
    """What was last to be shown in the message of one opening of a group, sent or not; None = nothing yet."""
    query = (
        sa.select(OUTBOX.c.story)
        .where(
            OUTBOX.c.group == group,
            OUTBOX.c.sequence == sequence,
            OUTBOX.c.kind.in_(_TELLING),
        )
        .order_by(OUTBOX.c.id.desc())
        .limit(1)
    )
    with transaction(engine) as connection:
        found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _STORY.validate_python(found)


def told_message(connection: sa.Connection, row: OutboxRow) -> OutboxRow | None:
    """The message that tells of a row's group in its chat now, as sent; part of the caller's transaction.

    It is the newest that was sent of the group's openings up to the row's, or what replaced it, be it a
    digest; None = none was sent.
    """
    mine = OUTBOX.alias("mine")
    query = (
        sa.select(OUTBOX)
        .join(mine, OUTBOX.c.id == sa.func.coalesce(mine.c.told_by, mine.c.id))
        .where(
            mine.c.group == row.group,
            mine.c.chat == row.chat,
            mine.c.topic.is_not_distinct_from(row.topic),
            mine.c.kind.in_(_TELLING),
            mine.c.sequence <= row.sequence,
            mine.c.id < row.id,
            OUTBOX.c.state == RowState.SENT.value,
        )
        .order_by(mine.c.sequence.desc(), OUTBOX.c.id.desc())
        .limit(1)
    )
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else row_of(dict(found))
