"""Incidents after windows were computed again: folded anew from the verdicts that hold now.

Computing again never opens by itself. What turns out to fire waits for its next bad window, and what people
know keeps its id; what they know and is not there any more is annulled, not forgotten.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vk_alerts.alerting.lifecycle import Incident, Phase, step
from vk_alerts.alerting.plan import Change
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.verdicts import Direction, Verdict

# What the lifecycle computes; the rest of an incident is what people know of it.
_COMPUTED = (
    *("source", "phase", "first_bad", "last_bad", "bad_windows", "bad_run", "settled_run", "recent_bad"),
    *("worst", "missed", "closed_at", "seen", "deviation", "score", "is_hard"),
)
_LIVE = (Phase.FIRING, Phase.RECOVERING)


@dataclass(frozen=True, slots=True)
class Refolded:
    """A series in one direction as its verdicts tell it.

    Attributes:
        incidents: oldest first; the last may be live or pending.
        changes: what each window did, with the window.
        is_quiet: whether nothing is carried on to the next window.
    """

    incidents: tuple[Incident, ...]
    changes: tuple[tuple[datetime, Change], ...]
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """How the incidents of a series stand after it was folded anew.

    Attributes:
        incidents: those that are there, under the ids that people know.
        annulled: those that are not there any more, as they were known, but over.
        dropped: ids of pending ones that are gone or have another id; nobody has heard of them.
        changes: what each window did to ``incidents``.
    """

    incidents: tuple[Incident, ...]
    annulled: tuple[Incident, ...]
    dropped: tuple[str, ...]
    changes: tuple[tuple[datetime, Change], ...]


def refold(verdicts: Iterable[Verdict], direction: Direction, rules: Rules) -> Refolded:
    """Folds the verdicts on one series, in the order of windows, beginning with nothing."""
    current: Incident | None = None
    over: list[Incident] = []
    changes: list[tuple[datetime, Change]] = []
    for verdict in verdicts:
        result = step(current, verdict, direction, rules)
        if current is not None and current.phase is Phase.CLOSED and _is_another(result.incident, current):
            over.append(current)
        subject = result.incident or current
        if result.transition is not None and subject is not None:
            changes.append((verdict.scored.window, Change(subject, result.transition, result.reason)))
        current = result.incident
    found = over if current is None else [*over, current]
    return Refolded(tuple(found), tuple(changes), is_quiet=current is None)


def reconcile(known: Sequence[Incident], refolded: Refolded) -> Corrected:
    """Brings what was known of a series together with what its verdicts tell now.

    Args:
        known: its incidents as they were, pending ones and such as were annulled before included.
        refolded: all of them, folded anew.
    """
    left = sorted(known, key=lambda incident: incident.first_bad)
    incidents: list[Incident] = []
    names: dict[str, str] = {}
    for found in refolded.incidents:
        match = _match(found, left)
        if match is None and any(incident.id == found.id for incident in left):
            continue  # it had opened, and now is pending at most: annulled below
        if match is not None:
            left.remove(match)
        current = _waiting(found) if match is None else _carried(match, found)
        names[found.id] = current.id
        incidents.append(current)
    by_id = {incident.id: incident for incident in incidents}
    pending = [incident.id for incident in known if incident.phase is Phase.PENDING]
    return Corrected(
        incidents=tuple(incidents),
        annulled=tuple(_over(incident) for incident in left if incident.phase is not Phase.PENDING),
        dropped=tuple(name for name in pending if name not in by_id),
        changes=tuple(
            (window, replace(change, incident=by_id[names[change.incident.id]]))
            for window, change in refolded.changes
            if change.incident.id in names
        ),
    )


def _is_another(after: Incident | None, before: Incident) -> bool:
    return after is None or after.id != before.id


def _match(found: Incident, known: Sequence[Incident]) -> Incident | None:
    """The known incident that this one is: of the same id, or of the same time; neither of them pending."""
    if found.phase is Phase.PENDING:
        known = [incident for incident in known if incident.phase is Phase.PENDING]
    same = [incident for incident in known if incident.id == found.id]
    if same:
        return same[0]
    overlapping = [
        incident
        for incident in known
        if Phase.PENDING not in (incident.phase, found.phase)
        and incident.first_bad <= _end(found)
        and found.first_bad <= _end(incident)
    ]
    return overlapping[0] if overlapping else None


def _end(incident: Incident) -> datetime:
    return incident.closed_at or incident.last_bad


def _carried(known: Incident, found: Incident) -> Incident:
    if known.phase is Phase.PENDING:
        return _waiting(found)
    carried = replace(known, **{name: getattr(found, name) for name in _COMPUTED})
    if known.phase is Phase.CLOSED and found.phase in _LIVE:
        # Its end was told: its next bad window opens it again.
        return replace(carried, phase=Phase.CLOSED, closed_at=known.closed_at)
    return carried


def _over(known: Incident) -> Incident:
    return replace(known, phase=Phase.CLOSED, recent_bad=(), closed_at=known.closed_at or known.last_bad)


def _waiting(found: Incident) -> Incident:
    """An incident that nobody has heard of: what is over is over, what is live waits for a bad window."""
    return replace(found, phase=Phase.PENDING) if found.phase in _LIVE else found
