"""Which windows summaries have told of, and the groups that opened in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from vk_alerts.alerting.groups import Group
from vk_alerts.state.database import transaction, translated
from vk_alerts.state.incident_rows import read_group
from vk_alerts.state.outbox import NewRow, insert_rows
from vk_alerts.state.tables import GROUPS, INCIDENTS, WATERMARKS
from vk_alerts.windows import window_from_key, window_key

_NAME = "summaries"


@dataclass(frozen=True, slots=True)
class SummaryRepository:
    """Reads and writes of summaries."""

    engine: sa.Engine

    def told_until(self) -> datetime | None:
        """The newest window that a summary looked at; None before the first summary."""
        query = sa.select(WATERMARKS.c.window).where(WATERMARKS.c.name == _NAME)
        with transaction(self.engine) as connection:
            key = connection.execute(query).scalar_one_or_none()
        return None if key is None else window_from_key(key)

    def groups_of(self, windows: Collection[datetime]) -> list[Group]:
        """The groups that opened in some windows, unless their head turned out to be none."""
        keys = sorted(window_key(window) for window in windows)
        query = sa.select(GROUPS.c.body).where(GROUPS.c.opened.in_(keys))
        with transaction(self.engine) as connection:
            groups = [read_group(body) for body in connection.execute(query.order_by(GROUPS.c.id)).scalars()]
            heads = [group.head.id for group in groups]
            annulled = sa.select(INCIDENTS.c.id).where(
                INCIDENTS.c.id.in_(heads), INCIDENTS.c.annulled_at.is_not(None)
            )
            gone = set(connection.execute(annulled).scalars())
        return [group for group in groups if group.head.id not in gone]

    def commit(self, rows: Sequence[NewRow], *, previous: datetime | None, window: datetime) -> bool:
        """Queues a summary and keeps up to which window it tells, in one transaction.

        Returns:
            False, with nothing written, when another run has summed up since ``previous``.
        """
        with translated(self.engine):
            try:
                with self.engine.begin() as connection:
                    if previous is None:
                        row = {"name": _NAME, "window": window_key(window)}
                        connection.execute(sa.insert(WATERMARKS), row)
                    elif not self._moved(connection, previous, window):
                        return False
                    insert_rows(connection, rows)
            except sa.exc.IntegrityError:  # somebody else was first
                return False
        return True

    def _moved(self, connection: sa.Connection, previous: datetime, window: datetime) -> bool:
        update = sa.update(WATERMARKS).where(
            WATERMARKS.c.name == _NAME, WATERMARKS.c.window == window_key(previous)
        )
        return connection.execute(update.values(window=window_key(window))).rowcount == 1
