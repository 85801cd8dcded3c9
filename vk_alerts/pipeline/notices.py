"""Notices to who runs the bot → the outbox, each once; needs the state database only."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from vk_alerts.alerting.notices import failure_notice, over_notice
from vk_alerts.alerting.promises import OTHERS_NEXT, RECOVERIES_NEXT
from vk_alerts.alerting.story import NotificationKind, Reading, Story
from vk_alerts.alerting.troubles import Followed
from vk_alerts.pipeline.delivering import Post
from vk_alerts.settings import CONSOLE_CHAT
from vk_alerts.state.database import transaction
from vk_alerts.state.outbox import NewRow, RowForm, insert_rows
from vk_alerts.windows import last_closed, window_key

# A message of the outbox is about a series; a notice is about none, and BI finds it by this name.
_NOBODY = Reading(
    metric="vk_alerts",
    title="vk_alerts",
    slice_key="all",
    slice_label="",
    is_ratio=False,
    value=None,
    expected=None,
    lower=None,
    upper=None,
    score=None,
    is_bad=False,
)


def tell_troubles(post: Post, followed: Followed, *, now: datetime) -> int:
    """Queues one message for each trouble that has begun or is over; those that are queued are left.

    Args:
        post: the outbox.
        followed: what has become of the troubles.
        now: aware UTC.

    Returns:
        How many messages were asked for.

    Raises:
        StateError: the state database cannot be used.
    """
    language, settings = post.language, post.settings
    rows = [
        notice(
            post,
            failure_notice(trouble, language=language, dagster_url=settings.dagster_url),
            key=f"failing:{trouble.run}",
            kind=NotificationKind.SUMMARY,
            now=now,
        )
        for trouble in followed.begun
    ]
    rows += [
        notice(
            post,
            over_notice(trouble, language=language, zone=settings.zone),
            key=f"over:{trouble.run}",
            kind=NotificationKind.SUMMARY,
            now=now,
            priority=RECOVERIES_NEXT,
        )
        for trouble in followed.over
    ]
    queue_notices(post, rows)
    return len(rows)


def notice(
    post: Post, text: str, *, key: str, kind: NotificationKind, now: datetime, priority: int = OTHERS_NEXT
) -> NewRow:
    """A message to the operators' chat: the fallback chat, or the console.

    Args:
        post: what delivery works with.
        text: Telegram HTML.
        key: what makes it this one; it can be in the outbox only once.
        kind: whose promise it keeps.
        now: aware UTC; from then on it may be sent.
        priority: its place in the queue.
    """
    window = last_closed(now)
    story = Story(
        kind=kind,
        short_id="",
        window=window,
        first_bad=window,
        bad_windows=0,
        headline=_NOBODY,
        yesterday=None,
        week_ago=None,
        members=(),
        neighbours=(),
        chart_url=None,
        dashboard_url=None,
        partition_url=None,
        owner="",
    )
    return NewRow(
        group=hashlib.sha256(key.encode()).hexdigest()[:16],
        sequence=0,
        kind=kind,
        chat=post.fallback_chat or CONSOLE_CHAT,
        window=window_key(window),
        story=story,
        due_at=now.timestamp(),
        form=RowForm.NOTICE,
        heading=text,
        key=key,
        priority=priority,
    )


def queue_notices(post: Post, rows: Sequence[NewRow]) -> None:
    """Puts notices into the outbox that are not there yet.

    Raises:
        StateError: the state database cannot be used.
    """
    with transaction(post.outbox.engine) as connection:
        insert_rows(connection, rows)
