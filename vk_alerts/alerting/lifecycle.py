"""The life of an incident: a pure fold over verdicts in window order.

inactive → pending → firing → recovering → closed, and from closed back to firing when it comes again soon.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from vk_alerts.alerting.incident import Incident as Incident
from vk_alerts.alerting.incident import Phase as Phase
from vk_alerts.alerting.incident import Transition as Transition
from vk_alerts.alerting.incident import incident_id as incident_id
from vk_alerts.alerting.rules import Rules as Rules
from vk_alerts.alerting.verdicts import Direction, Judgement, Verdict
from vk_alerts.windows import STEP


@dataclass(frozen=True, slots=True)
class Step:
    """What one verdict did: the incident after it (None: there is none any more), and why."""

    incident: Incident | None
    transition: Transition | None
    reason: str


def step(incident: Incident | None, verdict: Verdict, direction: Direction, rules: Rules) -> Step:
    """Moves the incident of a series in ``direction`` by one window's verdict."""
    if verdict.judgement is Judgement.NONE:
        return Step(incident, None, "no verdict: frozen")
    bad = verdict.is_bad and verdict.direction is direction
    if incident is None:
        return _begin(verdict, direction, rules) if bad else Step(None, None, "normal")
    window = verdict.scored.window
    if window <= (incident.seen or incident.last_bad):
        return _overdue(incident, verdict, rules) if bad else Step(incident, None, "already counted")
    incident = replace(
        incident,
        seen=window,
        recent_bad=_still_recent(incident.recent_bad, window, rules),
        deviation=verdict.scored.deviation,
    )
    if incident.closed_at is not None:
        began = min(incident.recent_bad, default=window)
        if began - incident.closed_at > rules.reopen_within:
            if bad:
                return _begin(verdict, direction, rules, earlier=incident)
            is_remembered = any(window - opened <= rules.flap_within for opened in incident.openings)
            return Step(incident if is_remembered else None, None, "over")
        return _again(incident, verdict, rules) if bad else Step(replace(incident, bad_run=0), None, "closed")
    if incident.phase is Phase.PENDING and not incident.recent_bad:
        # Too long ago to be the same; a gap may hide the windows in which it did not repeat.
        return _begin(verdict, direction, rules) if bad else Step(None, Transition.DROPPED, "did not repeat")
    if bad:
        return _worse(incident, verdict, rules)
    return _better(incident, verdict, rules)


def _begin(verdict: Verdict, direction: Direction, rules: Rules, *, earlier: Incident | None = None) -> Step:
    """A new incident; it remembers how often the series opened as an ``earlier`` one."""
    row = verdict.scored
    fresh = Incident(
        id=incident_id(row.metric, row.slice_key, direction, row.window),
        source=row.source,
        metric=row.metric,
        slice_key=row.slice_key,
        direction=direction,
        phase=Phase.PENDING,
        first_bad=row.window,
        last_bad=row.window,
        bad_windows=0,
        bad_run=0,
        settled_run=0,
        recent_bad=(),
        worst=0.0,
        missed=0.0,
        seen=row.window,
        deviation=row.deviation,
    )
    if earlier is not None:
        fresh = replace(
            fresh,
            openings=earlier.openings,
            flapping_since=earlier.flapping_since,
            is_flapping_told=earlier.is_flapping_told,
        )
    incident = _counted(fresh, verdict)
    reason = _opening_reason(incident, verdict, rules)
    if reason:
        return Step(_opened(incident, reason, rules), Transition.OPENED, reason)
    return Step(incident, Transition.NOTICED, "first bad window")


def _worse(incident: Incident, verdict: Verdict, rules: Rules) -> Step:
    incident = _counted(incident, verdict)
    if incident.phase is Phase.PENDING:
        reason = _opening_reason(incident, verdict, rules)
        if reason:
            return Step(_opened(incident, reason, rules), Transition.OPENED, reason)
        return Step(incident, None, "bad, not yet often enough")
    return Step(replace(incident, phase=Phase.FIRING), None, "still bad")


def _again(incident: Incident, verdict: Verdict, rules: Rules) -> Step:
    incident = _counted(incident, verdict)
    reason = _opening_reason(incident, verdict, rules)
    if not reason:
        return Step(incident, None, "bad again, not yet often enough")
    return Step(replace(_opened(incident, reason, rules), closed_at=None), Transition.REOPENED, reason)


def _overdue(incident: Incident, verdict: Verdict, rules: Rules) -> Step:
    """A window that was counted: it opens what a correction left waiting, though its windows suffice."""
    is_newest = incident.seen == incident.last_bad == verdict.scored.window
    is_as_counted = incident.is_hard is (verdict.judgement is Judgement.HARD)
    waits = is_newest and is_as_counted and incident.phase in (Phase.PENDING, Phase.CLOSED)
    reason = _opening_reason(incident, verdict, rules) if waits else ""
    if not reason:
        return Step(incident, None, "already counted")
    is_new = incident.phase is Phase.PENDING
    opened = replace(_opened(incident, reason, rules), closed_at=None)
    return Step(opened, Transition.OPENED if is_new else Transition.REOPENED, reason)


def _opened(incident: Incident, reason: str, rules: Rules) -> Incident:
    """The incident as it opens; so many openings within so long a time are flapping."""
    window = incident.last_bad
    recent = [opened for opened in incident.openings if window - opened <= rules.flap_within]
    openings = (*recent, window)
    flaps = len(openings) >= rules.flap_openings
    return replace(
        incident,
        phase=Phase.FIRING,
        openings=openings,
        flapping_since=(incident.flapping_since or window) if flaps else None,
        is_flapping_told=incident.is_flapping_told and flaps,
        reason=reason,
    )


def _better(incident: Incident, verdict: Verdict, rules: Rules) -> Step:
    window = verdict.scored.window
    if incident.phase is Phase.PENDING:
        return Step(replace(incident, bad_run=0), None, "waiting whether it repeats")
    if not verdict.has_settled(incident.direction):
        return Step(replace(incident, bad_run=0, settled_run=0), None, "not bad, not settled")
    settled = incident.settled_run + 1
    if settled < rules.settle_windows:
        recovering = replace(incident, phase=Phase.RECOVERING, bad_run=0, settled_run=settled)
        return Step(recovering, None, "settling")
    closed = replace(
        incident, phase=Phase.CLOSED, bad_run=0, settled_run=settled, recent_bad=(), closed_at=window
    )
    return Step(closed, Transition.CLOSED, f"{settled} windows inside the band")


def _counted(incident: Incident, verdict: Verdict) -> Incident:
    row = verdict.scored
    deviation = row.deviation or 0.0
    return replace(
        incident,
        last_bad=row.window,
        bad_windows=incident.bad_windows + 1,
        bad_run=incident.bad_run + 1,
        settled_run=0,
        recent_bad=(*incident.recent_bad, row.window),
        worst=max(incident.worst, deviation, key=abs),
        missed=incident.missed + (row.value or 0.0) - (row.expected or 0.0),
        score=row.score or 0.0,
        is_hard=verdict.judgement is Judgement.HARD,
    )


def _still_recent(bad: tuple[datetime, ...], window: datetime, rules: Rules) -> tuple[datetime, ...]:
    return tuple(start for start in bad if window - start < rules.recent * STEP)


def _opening_reason(incident: Incident, verdict: Verdict, rules: Rules) -> str:
    if verdict.judgement is Judgement.HARD:
        return f"score {verdict.scored.score:.1f} is beyond the hard threshold"
    if incident.bad_run >= (verdict.for_windows or rules.for_windows):
        return f"{incident.bad_run} bad windows in a row"
    if len(incident.recent_bad) >= rules.bad_of_recent:
        return f"{len(incident.recent_bad)} bad of the last {rules.recent} windows"
    return ""
