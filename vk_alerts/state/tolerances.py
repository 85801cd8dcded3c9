"""Bands that people have widened, as they are kept."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from vk_alerts.alerting.tolerance import Tolerance
from vk_alerts.state.database import transaction
from vk_alerts.state.tables import TOLERANCES

_COLUMNS = [TOLERANCES.c[name] for name in Tolerance.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class ToleranceRepository:
    """Reads of tolerances."""

    engine: sa.Engine

    def between(self, start: float, end: float) -> list[Tolerance]:
        """Those that hold for any window that starts in [start, end), oldest first; epoch seconds."""
        query = sa.select(*_COLUMNS).where(TOLERANCES.c.starts < end, TOLERANCES.c.ends > start)
        with transaction(self.engine) as connection:
            found = connection.execute(query.order_by(TOLERANCES.c.id)).mappings().all()
        return [Tolerance(**row) for row in found]


def add_tolerance(connection: sa.Connection, tolerance: Tolerance) -> None:
    """Writes one down; part of the caller's transaction."""
    connection.execute(sa.insert(TOLERANCES), asdict(tolerance))


def end_tolerances(connection: sa.Connection, group: str, *, now: float) -> None:
    """Ends those of a group, for windows that start from ``now`` on; part of the caller's transaction."""
    of_group = sa.and_(TOLERANCES.c.group == group, TOLERANCES.c.ends > now)
    connection.execute(sa.update(TOLERANCES).where(of_group).values(ends=now))
