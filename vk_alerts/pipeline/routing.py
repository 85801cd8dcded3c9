"""A story → rows of the outbox: one for every chat it goes to."""

from datetime import datetime

from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.metrics.routes import Destination, destinations
from vk_alerts.pipeline.stores import Stores
from vk_alerts.settings import CONSOLE_CHAT
from vk_alerts.state.outbox import NewRow
from vk_alerts.windows import window_key

# What begins something goes where the catalog says; what follows goes where that went.
_BEGINNINGS = (
    NotificationKind.OPEN,
    NotificationKind.NODATA,
    NotificationKind.SUMMARY,
    NotificationKind.DIGEST,
)
# … and these also reach who is called only when it gets worse.
_GROWING = (NotificationKind.WORSE, NotificationKind.ESCALATE)


def addressed(
    stores: Stores,
    story: Story,
    *,
    group: str,
    sequence: int,
    now: datetime,
    window: datetime | None = None,
) -> list[NewRow]:
    """The rows that tell a story: each has its own fate.

    Args:
        stores: for the catalog's routes, and for where the group was told before.
        story: what is told.
        group: the group it is about.
        sequence: which opening of the group.
        now: aware UTC; from then on it may be sent.
        window: with which it is told; None = the story's own. An edit's story keeps that of the opening, and
            a second edit is another message.
    """
    return [
        NewRow(
            group=group,
            sequence=sequence,
            kind=story.kind,
            chat=end.chat,
            topic=end.topic,
            mention=end.mention,
            window=window_key(window or story.window),
            story=story,
            due_at=now.timestamp(),
        )
        for end in _ends(stores, story, group)
    ]


def _ends(stores: Stores, story: Story, group: str) -> list[Destination]:
    if not stores.settings.telegram_is_set or stores.settings.telegram_chat is None:
        return [Destination(CONSOLE_CHAT)]
    before = [] if story.kind in _BEGINNINGS else stores.outbox.destinations_of(group)
    if before and story.kind not in _GROWING:
        return before
    known = {(end.chat, end.topic) for end in before}
    routed = destinations(
        stores.catalog.system.routes,
        default_chat=stores.settings.telegram_chat,
        metrics=_metrics(stores, story),
        slice_key=story.headline.slice_key,
        is_hard=story.is_hard,
    )
    return [*before, *(end for end in routed if (end.chat, end.topic) not in known)]


def _metrics(stores: Stores, story: Story) -> list[str]:
    """The metrics that a story is about."""
    catalog = stores.catalog
    if story.passed:
        return [metric.name for metric in catalog.metrics]
    if story.outage is not None or story.storm is not None:
        source = catalog.source_of(story.headline.metric).name
        return [metric.name for metric in catalog.source_file(source).metrics]
    return [story.headline.metric]
