"""Incidents, groups and the watermark: loaded as values, written together with what is to be told."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from vk_alerts.alerting.audience import Audience
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.plan import Outcome, Situation
from vk_alerts.state.actions import ActionRepository
from vk_alerts.state.database import transaction, translated
from vk_alerts.state.foldings import Folding, note_changes, note_folding
from vk_alerts.state.incident_rows import read_group, read_incident, write_groups, write_incidents
from vk_alerts.state.outbox import NewRow, insert_rows
from vk_alerts.state.silences import SilenceRepository
from vk_alerts.state.tables import GROUPS, INCIDENTS, WATERMARKS
from vk_alerts.windows import window_from_key, window_key

SCORES_WATERMARK = "anomaly_scores"


class Committed(StrEnum):
    """What became of a window that was to be written."""

    DONE = "done"
    FOLDED_ELSEWHERE = "folded elsewhere"  # another run was first
    OUTDATED = "outdated"  # since it was decided, somebody spoke or incidents were corrected


@dataclass(frozen=True, slots=True)
class IncidentRepository:
    """Reads and writes of the incidents' state."""

    engine: sa.Engine

    def watermark(self) -> datetime | None:
        """The newest window that has been folded; None before the first."""
        query = sa.select(WATERMARKS.c.window).where(WATERMARKS.c.name == SCORES_WATERMARK)
        with transaction(self.engine) as connection:
            key = connection.execute(query).scalar_one_or_none()
        return None if key is None else window_from_key(key)

    def begin_at(self, window: datetime) -> datetime:
        """Sets the watermark if there is none yet, and returns the one that holds."""
        row = {"name": SCORES_WATERMARK, "window": window_key(window)}
        if self.watermark() is None:
            # Somebody else may be first in between: theirs holds.
            with translated(self.engine), suppress(sa.exc.IntegrityError), self.engine.begin() as connection:
                connection.execute(sa.insert(WATERMARKS), row)
        return self.watermark() or window

    def situation(self, since: datetime) -> Situation:
        """Where things stand: live incidents, those closed at or after ``since``, and unfinished groups."""
        incidents = sa.select(INCIDENTS.c.body).where(
            sa.or_(INCIDENTS.c.phase != Phase.CLOSED.value, INCIDENTS.c.closed_at >= window_key(since)),
            INCIDENTS.c.annulled_at.is_(None),
        )
        groups = sa.select(GROUPS.c.body).where(GROUPS.c.is_finished.is_(False))
        with transaction(self.engine) as connection:
            found = [read_incident(body) for body in connection.execute(incidents).scalars()]
            open_groups = [read_group(body) for body in connection.execute(groups).scalars()]
        newest_last = sorted(found, key=lambda incident: incident.first_bad)
        return Situation(
            incidents={incident.series: incident for incident in newest_last},
            groups={group.id: group for group in open_groups},
        )

    def audience(
        self, situation: Situation, *, now: float, connection: sa.Connection | None = None
    ) -> Audience:
        """What people want to hear: the silences in force, and who is at work on what.

        Args:
            situation: the groups and incidents that somebody may have taken.
            now: seconds since the epoch.
            connection: reads within this transaction instead of one of its own.
        """
        if connection is None:
            with transaction(self.engine) as own:
                return self.audience(situation, now=now, connection=own)
        members = (i.id for i in situation.incidents.values() if i.group in situation.groups)
        subjects = sorted({*situation.groups, *members})
        return Audience(
            moment=now,
            silences=tuple(SilenceRepository(self.engine).holding(now, connection=connection)),
            taken=ActionRepository(self.engine).taken_by(subjects, connection=connection),
        )

    def opened_between(self, start: datetime, end: datetime) -> list[Incident]:
        """Incidents that were more than pending and bad in [start, end), or before and not over by then."""
        was_on = sa.func.coalesce(INCIDENTS.c.closed_at, INCIDENTS.c.last_bad) >= window_key(start)
        query = sa.select(INCIDENTS.c.body).where(
            INCIDENTS.c.phase != Phase.PENDING.value,
            INCIDENTS.c.annulled_at.is_(None),
            INCIDENTS.c.first_bad < window_key(end),
            was_on,
        )
        with transaction(self.engine) as connection:
            bodies = connection.execute(query.order_by(INCIDENTS.c.first_bad, INCIDENTS.c.id)).scalars()
            return [read_incident(body) for body in bodies]

    def has_open_incidents(self) -> bool:
        """Whether something is pending, fires, or has an end that was not told yet."""
        is_live = INCIDENTS.c.phase != Phase.CLOSED.value
        live = sa.select(INCIDENTS.c.id).where(is_live, INCIDENTS.c.annulled_at.is_(None)).limit(1)
        unfinished = sa.select(GROUPS.c.id).where(GROUPS.c.is_finished.is_(False)).limit(1)
        with transaction(self.engine) as connection:
            return any(connection.execute(query).first() is not None for query in (live, unfinished))

    def commit(
        self,
        *,
        previous: datetime,
        window: datetime,
        before: Situation,
        outcome: Outcome,
        rows: Sequence[NewRow],
        folding: Folding,
        audience: Audience | None = None,
    ) -> Committed:
        """Writes one window's outcome, its messages and the watermark in one transaction.

        Args:
            previous: the watermark that the outcome goes on from.
            window: the one after it.
            before: where things stood.
            outcome: what the window led to.
            rows: its messages.
            folding: which version of the window was folded.
            audience: what people wanted to hear when that was decided; None = it did not matter.

        Returns:
            Unless it is ``DONE``, nothing was written.
        """
        moved = (
            sa.update(WATERMARKS)
            .where(WATERMARKS.c.name == SCORES_WATERMARK, WATERMARKS.c.window == window_key(previous))
            .values(window=window_key(window))
        )
        with transaction(self.engine) as connection:
            if connection.execute(moved).rowcount != 1:
                return Committed.FOLDED_ELSEWHERE
            if not _still_stands(connection, before):
                connection.rollback()
                return Committed.OUTDATED
            if audience is not None and audience != self._audience_now(connection, before, audience):
                connection.rollback()
                return Committed.OUTDATED
            _write_incidents(connection, before, outcome.situation)
            _write_groups(connection, before, outcome)
            insert_rows(connection, rows)
            note_folding(connection, folding)
            note_changes(connection, outcome.changes, window=window, now=folding.folded_at)
        return Committed.DONE

    def _audience_now(self, connection: sa.Connection, before: Situation, known: Audience) -> Audience:
        return self.audience(before, now=known.moment or 0.0, connection=connection)


def _still_stands(connection: sa.Connection, before: Situation) -> bool:
    """Whether incidents are as they were: a window computed again may have corrected them meanwhile."""
    known = {incident.id: incident for incident in before.incidents.values()}
    query = sa.select(INCIDENTS.c.body).where(INCIDENTS.c.id.in_(known), INCIDENTS.c.annulled_at.is_(None))
    found = [read_incident(body) for body in connection.execute(query).scalars()]
    return {incident.id: incident for incident in found} == known


def _write_incidents(connection: sa.Connection, before: Situation, after: Situation) -> None:
    known = {incident.id: incident for incident in before.incidents.values()}
    current = {incident.id: incident for incident in after.incidents.values()}
    dropped = [i.id for i in known.values() if i.id not in current and i.phase is Phase.PENDING]
    changed = [incident for incident in current.values() if known.get(incident.id) != incident]
    write_incidents(connection, changed, dropped=dropped)


def _write_groups(connection: sa.Connection, before: Situation, outcome: Outcome) -> None:
    live = outcome.situation.groups.values()
    changed = [group for group in live if before.groups.get(group.id) != group]
    write_groups(connection, changed, outcome.finished_groups)
