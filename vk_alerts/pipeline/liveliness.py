"""The daily sign of life: how yesterday went for the pipeline, told to who runs it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from vk_alerts.alerting.notices import DayFigures, alive_line
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.clickhouse.versions import SCORES_ASSET, Origin
from vk_alerts.pipeline.delivering import Post, post_of
from vk_alerts.pipeline.notices import notice, queue_notices
from vk_alerts.pipeline.stores import Stores
from vk_alerts.state.actions import ActionKind
from vk_alerts.state.database import transaction
from vk_alerts.state.outbox import RowState
from vk_alerts.state.tables import ACTIONS, OUTBOX
from vk_alerts.windows import STEP, window_end, windows_between

_ALERTS = (NotificationKind.OPEN.value, NotificationKind.NODATA.value, NotificationKind.SUMMARY.value)


def tell_alive(stores: Stores, *, now: datetime) -> DayFigures:
    """Queues the line of the local day before ``now``; it is in the outbox only once, and sent at most once.

    Raises:
        VkAlertsError: a store cannot be used.
    """
    settings, post = stores.settings, post_of(stores)
    figures = day_figures(stores, _yesterday(now, settings.zone))
    line = alive_line(figures, language=post.language, zone=settings.zone)
    queue_notices(post, [notice(post, line, key=_key(figures.day), kind=NotificationKind.DIGEST, now=now)])
    return figures


def is_told(post: Post, *, now: datetime) -> bool:
    """Whether the line of the local day before ``now`` is in the outbox.

    Raises:
        StateError: the state database cannot be used.
    """
    key = _key(_yesterday(now, post.settings.zone))
    with transaction(post.outbox.engine) as connection:
        return connection.execute(sa.select(OUTBOX.c.id).where(OUTBOX.c.key == key)).first() is not None


def day_figures(stores: Stores, day: date) -> DayFigures:
    """How a local day went.

    Raises:
        VkAlertsError: a store cannot be used.
    """
    start, end = day_bounds(day, stores.settings.zone)
    windows = sorted({commit.window for commit in stores.results.commits(SCORES_ASSET, start, end)})
    waits = {
        window: folding.folded_at - window_end(window).timestamp()
        for window, folding in stores.foldings.between(start, end).items()
        if folding.origin == Origin.LIVE
    }
    slowest = max(waits, key=lambda window: waits[window], default=None)
    scores = (
        stores.results.scores(windows[-1], windows[-1] + STEP)["score"] if windows else pd.Series(dtype=float)
    )
    alerts, called_false = _told(stores, start, end)
    return DayFigures(
        day=day,
        judged=len(windows),
        due=len(windows_between(start, end)),
        alerts=alerts,
        called_false=called_false,
        slowest=slowest,
        slowest_minutes=0.0 if slowest is None else waits[slowest] / 60,
        series=len(scores),
        silent=int(scores.isna().sum()),
    )


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Start and end of a local day, aware UTC: 23 or 25 hours apart where the clock changes."""
    local = ZoneInfo(zone)
    start, end = (
        datetime.combine(one, time(), local).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return start, end


def _told(stores: Stores, start: datetime, end: datetime) -> tuple[int, int]:
    """Groups that were told of, and presses of 'false', in a day."""
    since, until = start.timestamp(), end.timestamp()
    # What goes to several chats is one alert; a notice of the pipeline has no series.
    told = sa.select(sa.func.count(sa.distinct(OUTBOX.c.group))).where(
        OUTBOX.c.kind.in_(_ALERTS),
        OUTBOX.c.state.in_((RowState.SENT.value, RowState.MERGED.value)),
        OUTBOX.c.form == "story",
        OUTBOX.c.created_at >= since,
        OUTBOX.c.created_at < until,
    )
    false = sa.select(sa.func.count()).where(
        ACTIONS.c.kind == ActionKind.FALSE.value, ACTIONS.c.at >= since, ACTIONS.c.at < until
    )
    with transaction(stores.outbox.engine) as connection:
        return connection.execute(told).scalar_one(), connection.execute(false).scalar_one()


def _yesterday(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def _key(day: date) -> str:
    return f"alive:{day}"
