"""Which incidents and messages are in ClickHouse, too, and which are to go there."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.state.database import transaction
from vk_alerts.state.incident_log import LoggedIncident
from vk_alerts.state.incident_rows import read_incident
from vk_alerts.state.outbox_rows import UNSETTLED, OutboxRow, row_of
from vk_alerts.state.tables import COPIED_MESSAGES, INCIDENTS, OUTBOX


@dataclass(frozen=True, slots=True)
class ChangedIncident:
    """An incident whose newest change is not in ClickHouse.

    Attributes:
        logged: the incident.
        change: what names the change.
    """

    logged: LoggedIncident
    change: str


@dataclass(frozen=True, slots=True)
class CopyRepository:
    """Reads and writes of what is copied."""

    engine: sa.Engine

    def changed_incidents(self, most: int) -> list[ChangedIncident]:
        """At most so many incidents, beyond pending, that have changed since they were copied."""
        query = (
            sa.select(INCIDENTS)
            .where(INCIDENTS.c.to_copy.is_not(None), INCIDENTS.c.phase != Phase.PENDING.value)
            .order_by(INCIDENTS.c.first_bad, INCIDENTS.c.id)
            .limit(most)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [
            ChangedIncident(LoggedIncident(read_incident(row["body"]), row["annulled_at"]), row["to_copy"])
            for row in rows
        ]

    def copied_incidents(self, copied: Sequence[ChangedIncident]) -> None:
        """Keeps that these changes are in ClickHouse; an incident that changed again meanwhile stays due."""
        names = [one.change for one in copied]
        with transaction(self.engine) as connection:
            connection.execute(
                sa.update(INCIDENTS).where(INCIDENTS.c.to_copy.in_(names)).values(to_copy=None)
            )

    def settled_messages(self, most: int) -> list[OutboxRow]:
        """At most so many messages whose fate is known and that are not copied, oldest first."""
        copied = sa.exists().where(COPIED_MESSAGES.c.message == OUTBOX.c.id)
        unsettled = [state.value for state in UNSETTLED]
        query = sa.select(OUTBOX).where(OUTBOX.c.state.not_in(unsettled), ~copied).order_by(OUTBOX.c.id)
        with transaction(self.engine) as connection:
            rows = connection.execute(query.limit(most)).mappings().all()
        return [row_of(dict(row)) for row in rows]

    def copied_messages(self, messages: Sequence[int], *, now: float) -> None:
        """Keeps that these messages are in ClickHouse."""
        with transaction(self.engine) as connection:
            there = sa.select(COPIED_MESSAGES.c.message).where(COPIED_MESSAGES.c.message.in_(messages))
            known = set(connection.execute(there).scalars())
            rows = [{"message": one, "copied_at": now} for one in messages if one not in known]
            if rows:
                connection.execute(sa.insert(COPIED_MESSAGES), rows)
