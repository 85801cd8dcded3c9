"""The source gate: what is computed from a source that has not delivered the window is not judged."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.verdicts import Direction, Judgement, Verdict
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.windows import STEP, window_end, window_key

LEAST_EVENTS = 10
"""So many events missing are no chance: with fewer expected, none come once in 20,000 windows (e⁻¹⁰)."""

LATE_SHARE = 0.1
"""A gap of less of the window than this cannot lower a count by as much as is worth an alert."""

PATIENCE = timedelta(minutes=5)
"""What is late by less is waited for: not judged, and told only when the next window is not whole either."""

TOLD_AFTER = 2
"""… with this many windows in a row."""


class Delivery(StrEnum):
    """How much of a window a source has delivered."""

    WHOLE = "whole"
    LATE = "late"  # events stop well before the window's end
    EMPTY = "empty"  # there is none, where some were expected


def delivery_of(state: SourceState, expected: float, window: datetime) -> Delivery:
    """Whether a source's events reach the window's end.

    Args:
        state: how far they reach.
        expected: events expected in the window, at least.
        window: its start.
    """
    if state.events == 0:
        return Delivery.EMPTY if expected >= LEAST_EVENTS else Delivery.WHOLE
    end = window_end(window)
    if state.newest is None:
        return Delivery.WHOLE
    gap, reached = end - state.newest, state.newest - window
    if gap < LATE_SHARE * STEP:
        return Delivery.WHOLE
    # At the pace of the window itself, so that a drop is no gap.
    is_gap = state.events * gap >= LEAST_EVENTS * reached
    return Delivery.LATE if is_gap else Delivery.WHOLE


@dataclass(frozen=True, slots=True)
class Gated:
    """What is left to judge, and the outages.

    Attributes:
        verdicts: of a source that has not delivered, none says anything.
        outages: groups of the sources that have not, and of those that have again (closed).
    """

    verdicts: Sequence[Verdict]
    outages: tuple[Group, ...] = ()


def gate(
    verdicts: Sequence[Verdict],
    states: Iterable[SourceState],
    groups: Mapping[str, Group],
    window: datetime,
) -> Gated:
    """Takes the verdicts of sources that are late or empty out, and keeps their outages.

    Args:
        verdicts: on every series of the window.
        states: of each source; one whose state is unknown is left out, and then stands as it stood.
        groups: groups that are open, by id.
        window: its start.
    """
    known = {state.source: state for state in states}
    open_now = {group.source: group for group in groups.values() if group.outage and group.closed is None}
    if not known and not open_now:
        return Gated(verdicts)
    expected = _expected(verdicts)
    outages: list[Group] = []
    shut: set[str] = set()
    for source in sorted(known.keys() | open_now.keys()):
        state, group = known.get(source), open_now.get(source)
        if state is None:
            shut.add(source)
            continue
        delivery = delivery_of(state, expected.get(source, 0.0), window)
        if group is not None and group.outage is not None and group.outage.last >= window:
            if delivery is not Delivery.WHOLE:
                shut.add(source)
        elif delivery is not Delivery.WHOLE:
            shut.add(source)
            metrics = sorted(v.scored.metric for v in verdicts if v.scored.source == source)
            if group is not None or metrics:
                outages.append(_lasting(group, state, delivery, metrics, window))
        elif group is not None:
            outages.append(replace(group, closed=window))
    if not shut:
        return Gated(verdicts, tuple(outages))
    left = [
        replace(verdict, judgement=Judgement.NONE, direction=None)
        if verdict.scored.source in shut
        else verdict
        for verdict in verdicts
    ]
    return Gated(left, tuple(outages))


def is_worth_telling(outage: Outage, window: datetime) -> bool:
    """Whether an outage is more than a delay."""
    newest = outage.state.newest
    gap = None if newest is None else window_end(window) - newest
    return not outage.is_late or outage.windows >= TOLD_AFTER or gap is None or gap >= PATIENCE


def _expected(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """Of each source, the most that any of its metrics expected of all users: there were as many events."""
    most: dict[str, float] = {}
    for verdict in verdicts:
        row = verdict.scored
        if row.slice_key == ALL_KEY and row.expected is not None:
            most[row.source] = max(most.get(row.source, 0.0), row.expected)
    return most


def _lasting(
    group: Group | None,
    state: SourceState,
    delivery: Delivery,
    metrics: Sequence[str],
    window: datetime,
) -> Group:
    is_late = delivery is Delivery.LATE
    if group is not None and group.outage is not None:
        outage = replace(
            group.outage, state=state, windows=group.outage.windows + 1, is_late=is_late, last=window
        )
        head = replace(group.head, last_bad=window, bad_windows=outage.windows, bad_run=outage.windows)
        return replace(group, outage=outage, head=head)
    name = outage_id(state.source, window)
    head = Incident(
        id=name,
        source=state.source,
        metric=metrics[0],
        slice_key=ALL_KEY,
        direction=Direction.DOWN,
        phase=Phase.FIRING,
        first_bad=window,
        last_bad=window,
        bad_windows=1,
        bad_run=1,
        settled_run=0,
        recent_bad=(),
        worst=-1.0,
        missed=0.0,
    )
    return Group(
        id=name,
        source=state.source,
        head=head,
        opened=window,
        outage=Outage(state, since=window, windows=1, is_late=is_late, last=window),
    )


def outage_id(source: str, since: datetime) -> str:
    """The id of an outage: 16 hex digits over source and first window: computing again gives the same."""
    text = "\n".join((source, "no data", window_key(since)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
