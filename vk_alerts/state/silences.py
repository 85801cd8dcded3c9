"""Silences as they are kept: added, listed, ended early."""

from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.alerting.silences import Silence
from vk_alerts.state.database import transaction
from vk_alerts.state.tables import SILENCES


@dataclass(frozen=True, slots=True)
class SilenceRepository:
    """Reads and writes of silences."""

    engine: sa.Engine

    def add(
        self,
        *,
        metric: str | None,
        slice_key: str | None,
        starts: float,
        ends: float,
        by: str,
        comment: str,
        now: float,
    ) -> Silence:
        """Writes a silence down; times are seconds since the epoch."""
        row = {
            "metric": metric,
            "slice_key": slice_key,
            "starts": starts,
            "ends": ends,
            "by": by,
            "comment": comment,
            "created_at": now,
        }
        with transaction(self.engine) as connection:
            (number,) = connection.execute(sa.insert(SILENCES).values(**row)).inserted_primary_key or (0,)
            return self._one(connection, int(number))

    def holding(self, now: float, *, connection: sa.Connection | None = None) -> list[Silence]:
        """Those in force at ``now``, oldest first.

        Args:
            now: seconds since the epoch.
            connection: reads within this transaction instead of one of its own.
        """
        still = sa.or_(SILENCES.c.expired_at.is_(None), SILENCES.c.expired_at > now)
        query = sa.select(SILENCES).where(SILENCES.c.starts <= now, SILENCES.c.ends > now, still)
        return self._found(query, connection)

    def since(self, moment: float) -> list[Silence]:
        """Those that were or will be in force at ``moment`` or later, oldest first."""
        over = sa.func.coalesce(SILENCES.c.expired_at, SILENCES.c.ends)
        return self._found(sa.select(SILENCES).where(over > moment), None)

    def expire(self, number: int, *, now: float) -> Silence | None:
        """Ends a silence now and returns it; None when there is none of this number.

        One that is over already, or was ended before, stays as it is.
        """
        query = sa.update(SILENCES).where(
            SILENCES.c.id == number, SILENCES.c.expired_at.is_(None), SILENCES.c.ends > now
        )
        with transaction(self.engine) as connection:
            connection.execute(query.values(expired_at=now))
            found = connection.execute(sa.select(SILENCES).where(SILENCES.c.id == number)).first()
            return None if found is None else self._one(connection, number)

    def _found(self, query: sa.Select[tuple[object, ...]], connection: sa.Connection | None) -> list[Silence]:
        ordered = query.order_by(SILENCES.c.id)
        if connection is not None:
            return [Silence(**row) for row in connection.execute(ordered).mappings()]
        with transaction(self.engine) as own:
            return [Silence(**row) for row in own.execute(ordered).mappings()]

    def _one(self, connection: sa.Connection, number: int) -> Silence:
        row = connection.execute(sa.select(SILENCES).where(SILENCES.c.id == number)).mappings().one()
        return Silence(**row)
