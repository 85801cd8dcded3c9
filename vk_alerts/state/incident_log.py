"""The incidents' records as people look at them: what there was, what happened to it, what was told."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.state.database import transaction
from vk_alerts.state.incident_rows import read_group, read_incident
from vk_alerts.state.tables import GROUPS, INCIDENTS, OUTBOX
from vk_alerts.windows import window_key


@dataclass(frozen=True, slots=True)
class LoggedIncident:
    """An incident and whether it still counts as one.

    Attributes:
        incident: as it stands.
        annulled_at: when computing again took it back, seconds since the epoch; None = it holds.
    """

    incident: Incident
    annulled_at: float | None

    @property
    def is_open(self) -> bool:
        """Whether it fires or is about to end."""
        return self.annulled_at is None and self.incident.phase in (Phase.FIRING, Phase.RECOVERING)


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message about a group.

    Attributes:
        kind: why it went out.
        chat: where.
        window: key of the window it is about.
        state: where it stands: ready, sending, sent, uncertain, dead, …
        text: what was sent; None = not sent yet.
        problem: what went wrong, if anything.
    """

    kind: str
    chat: str
    window: str
    state: str
    text: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class IncidentLog:
    """Reads of what there was."""

    engine: sa.Engine

    def since(
        self, start: datetime, *, metric: str | None = None, slice_key: str | None = None
    ) -> list[LoggedIncident]:
        """Incidents that opened and were bad at or after ``start``, or are open; the newest first."""
        was_on = sa.or_(INCIDENTS.c.last_bad >= window_key(start), INCIDENTS.c.phase != Phase.CLOSED.value)
        query = sa.select(INCIDENTS).where(INCIDENTS.c.phase != Phase.PENDING.value, was_on)
        if metric is not None:
            query = query.where(INCIDENTS.c.metric == metric)
        if slice_key is not None:
            query = query.where(INCIDENTS.c.slice_key == slice_key)
        return self._found(query.order_by(INCIDENTS.c.first_bad.desc(), INCIDENTS.c.id))

    def ids(self) -> list[str]:
        """The ids of all incidents, the newest first."""
        query = sa.select(INCIDENTS.c.id).order_by(INCIDENTS.c.first_bad.desc(), INCIDENTS.c.id)
        with transaction(self.engine) as connection:
            return list(connection.execute(query).scalars())

    def one(self, incident: str) -> LoggedIncident | None:
        """The incident of an id; None when there is none."""
        found = self._found(sa.select(INCIDENTS).where(INCIDENTS.c.id == incident))
        return found[0] if found else None

    def slices(self) -> list[str]:
        """The slices of which there ever were incidents."""
        with transaction(self.engine) as connection:
            return list(connection.execute(sa.select(INCIDENTS.c.slice_key).distinct()).scalars())

    def outages(self) -> dict[str, Group]:
        """The outages of sources that were noticed, by the id of their messages; they have no incidents."""
        incidents = sa.select(INCIDENTS.c.id)
        query = sa.select(GROUPS.c.body).where(GROUPS.c.id.not_in(incidents)).order_by(GROUPS.c.opened.desc())
        with transaction(self.engine) as connection:
            groups = [read_group(body) for body in connection.execute(query).scalars()]
        return {group.id: group for group in groups if group.outage is not None}

    def members(self, group: str) -> list[LoggedIncident]:
        """The incidents that were told in a group, the earliest first."""
        query = sa.select(INCIDENTS).where(INCIDENTS.c.group == group)
        return self._found(query.order_by(INCIDENTS.c.first_bad, INCIDENTS.c.id))

    def told(self, group: str) -> list[ToldMessage]:
        """The messages about a group, in the order they were queued."""
        query = sa.select(OUTBOX).where(OUTBOX.c.group == group).order_by(OUTBOX.c.id)
        with transaction(self.engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [
            ToldMessage(
                kind=row["kind"],
                chat=row["chat"],
                window=row["window"],
                state=row["state"],
                text=row["caption"],
                problem=row["problem"],
            )
            for row in rows
        ]

    def _found(self, query: sa.Select[tuple[object, ...]]) -> list[LoggedIncident]:
        with transaction(self.engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [LoggedIncident(read_incident(row["body"]), row["annulled_at"]) for row in rows]
