"""One window's verdicts → the incidents after it, and what is to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vk_alerts.alerting.grouping import group_openings, refresh_group, with_sequence
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase, Transition, step
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import Direction, Verdict
from vk_alerts.windows import window_end

# A window that closed longer ago than this is the past, and the past is never told.
LIVE_WITHIN = timedelta(minutes=45)

SeriesDirection = tuple[str, str, Direction]


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the fold carries from window to window.

    Attributes:
        incidents: at most one per series and direction: pending, open, or closed a short while ago.
        groups: groups with an open member, or whose end is still to be told, by id.
    """

    incidents: Mapping[SeriesDirection, Incident]
    groups: Mapping[str, Group]


@dataclass(frozen=True, slots=True)
class Telling:
    """A message that is due.

    Attributes:
        kind: what it tells.
        group: what it is about, as it stands after the window; ``explained``, ``storm``, ``outage`` and
            ``taken_by`` are there, and ``closed`` is set where all of it is over.
        number: how many messages of that kind about this opening came before; 0 for most kinds.
        reason: why it is due, in words for the log.
        joined: members that the message before did not know, strongest first; for ``UPDATE``.
        last_told: the headline's deviation as told before, for ``WORSE``.
        openings: how often the headline opened lately, for ``FLAPPING``.
    """

    kind: NotificationKind
    group: Group
    number: int = 0
    reason: str = ""
    joined: tuple[Incident, ...] = ()
    last_told: float | None = None
    openings: int = 1


@dataclass(frozen=True, slots=True)
class Muted:
    """A message that would be due and is not told: what, about which group, and why not."""

    kind: NotificationKind
    group: Group
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a window did to one incident, for the log and the materialization's metadata."""

    incident: Incident
    transition: Transition
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one window led to.

    Attributes:
        situation: where things stand after it.
        changes: what happened to incidents.
        finished_groups: groups about which nothing is left to tell.
        tellings: messages that are due.
        muted: messages that are kept from people.
    """

    situation: Situation
    changes: tuple[Change, ...]
    finished_groups: tuple[Group, ...]
    tellings: tuple[Telling, ...]
    muted: tuple[Muted, ...] = ()


def is_live(window: datetime, now: datetime) -> bool:
    """Whether a window is young enough to be told."""
    return now - window_end(window) <= LIVE_WITHIN


def advance(
    situation: Situation, verdicts: Sequence[Verdict], *, window: datetime, may_tell: bool, rules: Rules
) -> Outcome:
    """Folds one window into the situation.

    Args:
        situation: after the window before.
        verdicts: on every series of the window.
        window: its start.
        may_tell: whether the window may lead to messages; without, the state still advances.
        rules: when incidents open and close.
    """
    incidents, changes, opened = _step_all(situation.incidents, verdicts, rules)
    grouped, fresh = group_openings(opened, situation.groups.values(), window)
    incidents |= {incident.series: incident for incident in grouped}
    groups = dict(situation.groups) | {group.id: group for group in fresh}
    incidents = {series: with_sequence(incident, groups) for series, incident in incidents.items()}
    tellings: list[Telling] = []
    finished: list[Group] = []
    for name, group in list(groups.items()):
        members = [incident for incident in incidents.values() if incident.group == name]
        current, kind = _settle(group, members, window, may_tell=may_tell)
        groups[name] = current
        if kind is not None:
            tellings.append(Telling(kind, current))
        if current.closed is not None and (may_tell or not current.is_told):
            finished.append(groups.pop(name))
    return Outcome(
        situation=Situation(incidents=incidents, groups=groups),
        changes=tuple(changes),
        finished_groups=tuple(finished),
        tellings=tuple(tellings),
    )


def _step_all(
    before: Mapping[SeriesDirection, Incident], verdicts: Sequence[Verdict], rules: Rules
) -> tuple[dict[SeriesDirection, Incident], list[Change], list[tuple[Incident, float]]]:
    """All incidents after the verdicts, what changed, and what opened (again) with its score."""
    incidents = dict(before)
    changes: list[Change] = []
    opened: list[tuple[Incident, float]] = []
    for verdict in verdicts:
        row = verdict.scored
        for direction in Direction:
            key = (row.metric, row.slice_key, direction)
            known = incidents.get(key)
            if known is None and not verdict.is_bad:
                continue
            result = step(known, verdict, direction, rules)
            if result.incident is None:
                incidents.pop(key, None)
            else:
                incidents[key] = result.incident
            subject = result.incident or known
            if result.transition is None or subject is None:
                continue
            changes.append(Change(subject, result.transition, result.reason))
            if result.transition in (Transition.OPENED, Transition.REOPENED):
                opened.append((subject, row.score or 0.0))
    return incidents, changes, opened


def _settle(
    group: Group, members: Sequence[Incident], window: datetime, *, may_tell: bool
) -> tuple[Group, NotificationKind | None]:
    """A group after its members have moved, and why it is told now, if it is.

    An end that may not be told at once, its window being the past, is told with the next window that may.
    """
    current = refresh_group(group, members)
    if all(member.phase is Phase.CLOSED for member in members):
        over = replace(current, closed=current.closed or window)
        return over, NotificationKind.RESOLVED if over.is_told and may_tell else None
    current = replace(current, closed=None)
    if may_tell and not current.is_told and current.head.phase is Phase.FIRING:
        return replace(current, is_told=True), NotificationKind.OPEN
    return current, None
