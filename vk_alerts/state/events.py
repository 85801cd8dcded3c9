"""Events: what people did to the app that may explain a change, such as a deploy or a campaign."""

from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.state.database import transaction
from vk_alerts.state.tables import EVENTS


@dataclass(frozen=True, slots=True)
class NotedEvent:
    """One event.

    Attributes:
        id: its number.
        at: when it happened, seconds since the epoch.
        text: what happened, in the team's words.
        metric: the one metric it concerns; None = not only one.
        source: the one source it concerns; None = not only one.
        url: where to read more; None = nowhere.
        by: who noted it.
        created_at: when, seconds since the epoch.
    """

    id: int
    at: float
    text: str
    metric: str | None
    source: str | None
    url: str | None
    by: str
    created_at: float


@dataclass(frozen=True, slots=True)
class EventRepository:
    """Reads and writes of events."""

    engine: sa.Engine

    def add(
        self,
        text: str,
        *,
        at: float,
        by: str,
        now: float,
        metric: str | None = None,
        source: str | None = None,
        url: str | None = None,
    ) -> NotedEvent:
        """Writes an event down; times are seconds since the epoch."""
        row = {
            "at": at,
            "text": text,
            "metric": metric,
            "source": source,
            "url": url,
            "by": by,
            "created_at": now,
        }
        with transaction(self.engine) as connection:
            (number,) = connection.execute(sa.insert(EVENTS).values(**row)).inserted_primary_key or (0,)
            found = connection.execute(sa.select(EVENTS).where(EVENTS.c.id == int(number))).mappings().one()
        return NotedEvent(**found)

    def between(
        self,
        start: float,
        end: float,
        *,
        metric: str | None = None,
        source: str | None = None,
        connection: sa.Connection | None = None,
    ) -> list[NotedEvent]:
        """Events of [start, end), newest first.

        Args:
            start: seconds since the epoch.
            end: likewise.
            metric: leaves out what concerns other metrics only.
            source: leaves out what concerns other sources only.
            connection: reads within this transaction instead of one of its own.
        """
        query = sa.select(EVENTS).where(EVENTS.c.at >= start, EVENTS.c.at < end)
        for column, wanted in ((EVENTS.c.metric, metric), (EVENTS.c.source, source)):
            if wanted is not None:
                query = query.where(sa.or_(column.is_(None), column == wanted))
        ordered = query.order_by(EVENTS.c.at.desc(), EVENTS.c.id.desc())
        if connection is not None:
            return [NotedEvent(**row) for row in connection.execute(ordered).mappings()]
        with transaction(self.engine) as own:
            return [NotedEvent(**row) for row in own.execute(ordered).mappings()]
