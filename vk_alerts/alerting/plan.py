"""One window's verdicts → the incidents after it, and what is to be told.

lifecycle → inhibition → grouping → silences, reminders: each step is a function of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vk_alerts.alerting.announcing import Announcer
from vk_alerts.alerting.audience import Audience
from vk_alerts.alerting.graph import MetricGraph
from vk_alerts.alerting.grouping import group_openings, with_sequence
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.inhibition import gate
from vk_alerts.alerting.lifecycle import Incident, Phase, Transition, step
from vk_alerts.alerting.relations import Picture
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.sources import SourceState
from vk_alerts.alerting.tellings import Muted, Telling
from vk_alerts.alerting.verdicts import Direction, Verdict
from vk_alerts.windows import window_end

__all__ = [
    "LIVE_WITHIN",
    "Audience",
    "Change",
    "Muted",
    "Outcome",
    "SeriesDirection",
    "Situation",
    "Telling",
    "advance",
    "is_live",
]

# A window that closed longer ago than this is the past, and the past is never told.
LIVE_WITHIN = timedelta(minutes=45)

SeriesDirection = tuple[str, str, Direction]
_NO_GRAPH = MetricGraph()
_EVERYBODY = Audience()


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
    situation: Situation,
    verdicts: Sequence[Verdict],
    *,
    window: datetime,
    may_tell: bool,
    rules: Rules,
    graph: MetricGraph = _NO_GRAPH,
    sources: Iterable[SourceState] = (),
    audience: Audience = _EVERYBODY,
) -> Outcome:
    """Folds one window into the situation.

    Args:
        situation: after the window before.
        verdicts: on every series of the window.
        window: its start.
        may_tell: whether the window may lead to messages; without, the state still advances.
        rules: when incidents open and close, and when people hear of them again.
        graph: which metric moves which.
        sources: how far each source's events reach; a source that is left out is taken to have delivered.
        audience: what people want to hear.
    """
    gated = gate(verdicts, sources, situation.groups, window)
    groups = dict(situation.groups) | {group.id: group for group in gated.outages}
    incidents, changes, opened = _step_all(situation.incidents, gated.verdicts, rules)
    if opened:
        rows = {(v.scored.metric, v.scored.slice_key): v for v in gated.verdicts}
        grouped = group_openings(
            opened,
            incidents=list(incidents.values()),
            groups=groups,
            window=window,
            picture=Picture(rows, graph),
        )
        incidents |= {incident.series: incident for incident in grouped.incidents}
        groups |= {group.id: group for group in grouped.groups}
    announcer = Announcer(window, may_tell, rules, audience, _stopped(groups))
    members: dict[str, list[Incident]] = defaultdict(list)
    for incident in incidents.values():
        if incident.group is not None and incident.group in groups:
            members[incident.group].append(incident)
    tellings: list[Telling] = []
    muted: list[Muted] = []
    finished: list[Group] = []
    for name in sorted(groups):
        done = announcer.announce(groups[name], members[name])
        groups[name] = done.group
        tellings += done.tellings
        muted += done.muted
        if done.is_finished:
            finished.append(groups.pop(name))
        for member in members[name]:
            incidents[member.series] = _known_to_be_told(member, done.group)
    return Outcome(
        situation=Situation(incidents=incidents, groups=groups),
        changes=tuple(changes),
        finished_groups=tuple(finished),
        tellings=tuple(tellings),
        muted=tuple(muted),
    )


def _step_all(
    before: Mapping[SeriesDirection, Incident], verdicts: Sequence[Verdict], rules: Rules
) -> tuple[dict[SeriesDirection, Incident], list[Change], list[Incident]]:
    """All incidents after the verdicts, what changed, and what opened (again)."""
    incidents = dict(before)
    changes: list[Change] = []
    opened: list[Incident] = []
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
                opened.append(subject)
    return incidents, changes, opened


def _stopped(groups: Mapping[str, Group]) -> frozenset[str]:
    """Sources that people know, or are about to hear, to have stopped."""
    return frozenset(
        group.source for group in groups.values() if group.outage is not None and group.closed is None
    )


def _known_to_be_told(member: Incident, group: Group) -> Incident:
    """A member that knows its group's sequence, and whether people were told that it flaps."""
    member = with_sequence(member, {group.id: group})
    told = group.is_flapping and member.flapping_since is not None and member.phase is Phase.FIRING
    return replace(member, is_flapping_told=True) if told else member
