"""What a group's message said: an edit changes that, and tells nothing anew."""

import sqlalchemy as sa
from pydantic import TypeAdapter

from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.state.database import transaction
from vk_alerts.state.tables import OUTBOX

_STORY: TypeAdapter[Story] = TypeAdapter(Story)
# The kinds that make the message which later ones edit, and those that edit it.
_TELLING = (NotificationKind.OPEN, NotificationKind.NODATA, NotificationKind.UPDATE)


def told_story(engine: sa.Engine, group: str, sequence: int) -> Story | None:
    """What was last to be shown in the message of one opening of a group, sent or not; None = nothing yet."""
    query = (
        sa.select(OUTBOX.c.story)
        .where(
            OUTBOX.c.group == group,
            OUTBOX.c.sequence == sequence,
            OUTBOX.c.kind.in_([kind.value for kind in _TELLING]),
        )
        .order_by(OUTBOX.c.id.desc())
        .limit(1)
    )
    with transaction(engine) as connection:
        found = connection.execute(query).scalar_one_or_none()
    return None if found is None else _STORY.validate_python(found)
