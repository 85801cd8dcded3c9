"""What the fold did: which version of a window's scores it took, and what that did to incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from vk_alerts.alerting.plan import Change
from vk_alerts.state.database import transaction
from vk_alerts.state.tables import FOLDED_WINDOWS, TRANSITIONS
from vk_alerts.windows import window_from_key, window_key

# What computing a window again did to an incident, beside the transitions of the lifecycle.
CORRECTED, ANNULLED = "corrected", "annulled"


@dataclass(frozen=True, slots=True)
class Folding:
    """A window as it was folded.

    Attributes:
        window: its start.
        version: the version of its scores.
        origin: why that version was written: live, backfill or rerun.
        folded_at: seconds since the epoch.
    """

    window: datetime
    version: int
    origin: str
    folded_at: float


@dataclass(frozen=True, slots=True)
class KeptTransition:
    """What a window did to an incident.

    Attributes:
        incident: its id.
        window: the window's start.
        transition: what, in the words of `lifecycle.Transition`, or ``corrected`` or ``annulled``.
        reason: why.
        at: when it was noted, seconds since the epoch.
    """

    incident: str
    window: datetime
    transition: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class FoldingRepository:
    """Reads of what the fold did."""

    engine: sa.Engine

    def between(self, start: datetime, end: datetime) -> dict[datetime, Folding]:
        """The foldings of the windows in [start, end), by window, oldest first."""
        query = sa.select(FOLDED_WINDOWS).where(
            FOLDED_WINDOWS.c.window >= window_key(start), FOLDED_WINDOWS.c.window < window_key(end)
        )
        with transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(FOLDED_WINDOWS.c.window)).mappings().all()
        return {folding.window: folding for folding in map(_folding, rows)}

    def first(self) -> Folding | None:
        """The oldest window that was folded; None before there is one."""
        query = sa.select(FOLDED_WINDOWS).order_by(FOLDED_WINDOWS.c.window).limit(1)
        with transaction(self.engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _folding(row)

    def transitions(self, incident: str) -> list[KeptTransition]:
        """What happened to an incident, in the order of windows."""
        query = sa.select(TRANSITIONS).where(TRANSITIONS.c.incident == incident)
        with transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(TRANSITIONS.c.window, TRANSITIONS.c.id)).mappings().all()
        return [
            KeptTransition(
                incident=row["incident"],
                window=window_from_key(row["window"]),
                transition=row["transition"],
                reason=row["reason"],
                at=row["at"],
            )
            for row in rows
        ]


def _folding(row: sa.RowMapping) -> Folding:
    return Folding(window_from_key(row["window"]), row["version"], row["origin"], row["folded_at"])


def note_folding(connection: sa.Connection, folding: Folding) -> None:
    """Writes down which version of a window was folded last; in the caller's transaction."""
    key = window_key(folding.window)
    row = {
        "window": key,
        "version": folding.version,
        "origin": folding.origin,
        "folded_at": folding.folded_at,
    }
    connection.execute(sa.delete(FOLDED_WINDOWS).where(FOLDED_WINDOWS.c.window == key))
    connection.execute(sa.insert(FOLDED_WINDOWS), row)


def note_changes(
    connection: sa.Connection, changes: Sequence[Change], *, window: datetime, now: float
) -> None:
    """Writes down what a window did to incidents; in the caller's transaction."""
    kept = [
        KeptTransition(change.incident.id, window, change.transition.value, change.reason, now)
        for change in changes
    ]
    note_transitions(connection, kept)


def note_transitions(connection: sa.Connection, transitions: Sequence[KeptTransition]) -> None:
    """Writes transitions down, the last of each kind per incident and window; in the caller's transaction."""
    once = {(kept.incident, window_key(kept.window), kept.transition): kept for kept in transitions}
    incidents: dict[tuple[str, str], set[str]] = {}
    for incident, window, transition in once:
        incidents.setdefault((window, transition), set()).add(incident)
    for (window, transition), some in incidents.items():
        connection.execute(
            sa.delete(TRANSITIONS).where(
                TRANSITIONS.c.window == window,
                TRANSITIONS.c.transition == transition,
                TRANSITIONS.c.incident.in_(sorted(some)),
            )
        )
    rows = [
        {
            "incident": incident,
            "window": window,
            "transition": transition,
            "reason": kept.reason,
            "at": kept.at,
        }
        for (incident, window, transition), kept in once.items()
    ]
    if rows:
        connection.execute(sa.insert(TRANSITIONS), rows)


def forget_transitions(
    connection: sa.Connection, incidents: Sequence[str], *, since: datetime, until: datetime
) -> None:
    """Drops what the fold noted of some incidents in the windows of [since, until), but not corrections."""
    connection.execute(
        sa.delete(TRANSITIONS).where(
            TRANSITIONS.c.incident.in_(incidents),
            TRANSITIONS.c.window >= window_key(since),
            TRANSITIONS.c.window < window_key(until),
            TRANSITIONS.c.transition.not_in([CORRECTED, ANNULLED]),
        )
    )
