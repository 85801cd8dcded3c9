"""What computing windows again did to incidents, written in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.revision import Revision
from vk_alerts.alerting.sources import Outage
from vk_alerts.state.database import transaction
from vk_alerts.state.foldings import (
    Folding,
    KeptTransition,
    forget_transitions,
    note_folding,
    note_transitions,
)
from vk_alerts.state.incident_rows import read_group, read_incident, write_groups, write_incidents
from vk_alerts.state.incidents import SCORES_WATERMARK
from vk_alerts.state.outbox import NewRow, insert_rows
from vk_alerts.state.tables import FOLDED_WINDOWS, GROUPS, INCIDENTS, VERDICT_REVISIONS, WATERMARKS
from vk_alerts.windows import window_key

# Up to which versions recomputations were looked at, as seconds since the epoch.
_SEEN = "recomputed"
_LONGEST_OUTAGE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Correction:
    """What is written when windows were computed again.

    Attributes:
        watermark: newest folded window when it was worked out.
        foldings: the windows as they are folded now, each with the version that was folded before; None where
            none was.
        incidents: those that changed, as they stand.
        annulled: those that are not there any more.
        dropped: ids of pending ones that are gone.
        since: first window of the new fold.
        until: end of its last one.
        transitions: what happened to all of these in between.
        groups: groups that changed and go on.
        finished: groups about which nothing is left to tell.
        rows: messages that correct what was told.
    """

    watermark: datetime
    foldings: tuple[tuple[Folding, int | None], ...]
    since: datetime
    until: datetime
    incidents: tuple[Incident, ...] = ()
    annulled: tuple[Incident, ...] = ()
    dropped: tuple[str, ...] = ()
    transitions: tuple[KeptTransition, ...] = ()
    groups: tuple[Group, ...] = ()
    finished: tuple[Group, ...] = ()
    rows: tuple[NewRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectionRepository:
    """Reads and writes of corrections."""

    engine: sa.Engine

    def seen_until(self) -> int | None:
        """Up to which versions recomputations were seen, seconds since the epoch; None before the first."""
        query = sa.select(WATERMARKS.c.window).where(WATERMARKS.c.name == _SEEN)
        with transaction(self.engine) as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else int(found)

    def seen(self, moment: int) -> None:
        """Keeps up to which versions recomputations were looked at, in seconds since the epoch."""
        with transaction(self.engine) as connection:
            connection.execute(sa.delete(WATERMARKS).where(WATERMARKS.c.name == _SEEN))
            connection.execute(sa.insert(WATERMARKS), {"name": _SEEN, "window": str(moment)})

    def known(self, since: datetime, until: datetime) -> list[Incident]:
        """All incidents that were on, also pending or annulled, at some time in [since, until)."""
        was_on = sa.or_(
            INCIDENTS.c.phase != Phase.CLOSED.value,
            sa.func.coalesce(INCIDENTS.c.closed_at, INCIDENTS.c.last_bad) >= window_key(since),
        )
        query = sa.select(INCIDENTS.c.body).where(INCIDENTS.c.first_bad < window_key(until), was_on)
        with transaction(self.engine) as connection:
            bodies = connection.execute(query.order_by(INCIDENTS.c.first_bad, INCIDENTS.c.id)).scalars()
            return [read_incident(body) for body in bodies]

    def outages(self, since: datetime, until: datetime) -> dict[str, list[Outage]]:
        """Outages of sources that lasted into [since, until), by source."""
        opened = sa.or_(
            GROUPS.c.is_finished.is_(False), GROUPS.c.opened >= window_key(since - _LONGEST_OUTAGE)
        )
        query = sa.select(GROUPS.c.body).where(GROUPS.c.opened < window_key(until), opened)
        with transaction(self.engine) as connection:
            groups = [read_group(body) for body in connection.execute(query).scalars()]
        found: dict[str, list[Outage]] = {}
        for group in groups:
            if group.outage is not None and group.outage.last >= since:
                found.setdefault(group.source, []).append(group.outage)
        return found

    def annulled(self, since: datetime) -> set[str]:
        """Ids of annulled incidents that began at or after ``since``."""
        query = sa.select(INCIDENTS.c.id).where(
            INCIDENTS.c.annulled_at.is_not(None), INCIDENTS.c.first_bad >= window_key(since)
        )
        with transaction(self.engine) as connection:
            return set(connection.execute(query).scalars())

    def commit(self, correction: Correction, *, now: float) -> bool:
        """Writes a correction.

        Returns:
            False, with nothing written, when another run has folded or corrected since it was worked out.
        """
        watermark = window_key(correction.watermark)
        # Writing the watermark, unchanged, keeps out a run that folds at the same moment.
        held = (
            sa.update(WATERMARKS)
            .where(WATERMARKS.c.name == SCORES_WATERMARK, WATERMARKS.c.window == watermark)
            .values(window=watermark)
        )
        with transaction(self.engine) as connection:
            if connection.execute(held).rowcount != 1:
                return False
            if any(_version(connection, folding.window) != before for folding, before in correction.foldings):
                return False
            for folding, _ in correction.foldings:
                note_folding(connection, folding)
            written = (*correction.incidents, *correction.annulled)
            write_incidents(connection, written, dropped=correction.dropped)
            annulled = [incident.id for incident in correction.annulled]
            connection.execute(
                sa.update(INCIDENTS).where(INCIDENTS.c.id.in_(annulled)).values(annulled_at=now)
            )
            forget_transitions(
                connection,
                [incident.id for incident in written],
                since=correction.since,
                until=correction.until,
            )
            note_transitions(connection, correction.transitions)
            write_groups(connection, correction.groups, correction.finished)
            insert_rows(connection, correction.rows)
        return True

    def revise(self, revisions: Sequence[Revision], *, now: float) -> int:
        """Keeps what a recomputation changed; what is kept already stays as it is.

        Returns:
            How many were new.
        """
        fresh = 0
        with transaction(self.engine) as connection:
            for window, version in sorted({(one.window, one.version) for one in revisions}):
                of_version = [one for one in revisions if (one.window, one.version) == (window, version)]
                there = sa.select(sa.func.count()).where(
                    VERDICT_REVISIONS.c.window == window_key(window), VERDICT_REVISIONS.c.version == version
                )
                if connection.execute(there).scalar_one() == 0:
                    rows = [_revision_row(one, now) for one in of_version]
                    connection.execute(sa.insert(VERDICT_REVISIONS), rows)
                    fresh += len(rows)
        return fresh


def _version(connection: sa.Connection, window: datetime) -> int | None:
    query = sa.select(FOLDED_WINDOWS.c.version).where(FOLDED_WINDOWS.c.window == window_key(window))
    found: int | None = connection.execute(query.with_for_update()).scalar_one_or_none()
    return found


def _revision_row(revision: Revision, now: float) -> dict[str, object]:
    before = None if revision.before is None else revision.before.scored
    after = None if revision.after is None else revision.after.scored
    return {
        "window": window_key(revision.window),
        "version": revision.version,
        "metric": revision.metric,
        "slice_key": revision.slice_key,
        "judgement_before": revision.judgement_before.value,
        "judgement": revision.judgement.value,
        "value_before": before and before.value,
        "value": after and after.value,
        "expected_before": before and before.expected,
        "expected": after and after.expected,
        "score_before": before and before.score,
        "score": after and after.score,
        "noted_at": now,
    }
