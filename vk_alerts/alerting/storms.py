"""When so much is off at once that single messages would hide it: one message tells of the storm."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from vk_alerts.alerting.groups import StormSize
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.relations import Picture, are_similar, contains, items_of
from vk_alerts.alerting.roots import Root
from vk_alerts.alerting.verdicts import Direction, Judgement
from vk_alerts.metrics.slices import ALL_KEY, Slice

MOST_ROOTS = 6
"""Of more causes at once nobody reads the messages."""

STORM_SHARE = 0.3
"""So much of all series on one side, from several causes, is one thing: the platform."""

ONE_CAUSE = 0.9
"""Where one cause holds this part of what is off, it is the headline, however much that is."""

Series = tuple[str, str]


def storm_of(
    roots: Sequence[Root], told_lately: int, incidents: Iterable[Incident], picture: Picture
) -> StormSize | None:
    """The storm that the causes found in one window amount to, or None.

    Args:
        roots: causes that belong to no open group.
        told_lately: groups that are open and young, each a cause of its own.
        incidents: all of them, after the window.
        picture: the window.
    """
    if len(roots) < 2:
        return None
    sides = _off(incidents, picture)
    direction = max(Direction, key=lambda side: (len(sides[side]), side is Direction.DOWN))
    off = sides[direction]
    judged = sum(verdict.judgement is not Judgement.NONE for verdict in picture.verdicts.values())
    is_platform = len(off) > MOST_ROOTS and len(off) >= STORM_SHARE * judged and not _is_one_cause(roots, off)
    if len(roots) + told_lately <= MOST_ROOTS and not is_platform:
        return None
    counts = Counter(metric for metric, _ in off)
    metrics = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return StormSize(direction, len(off), judged, tuple(metrics))


def _off(incidents: Iterable[Incident], picture: Picture) -> dict[Direction, set[Series]]:
    """Series that are bad, that have an open incident, or that move along with a larger slice that has one.

    A slice that moves with its total has no verdict of its own against it: its share is as ever.
    """
    sides: dict[Direction, set[Series]] = {side: set() for side in Direction}
    firing: dict[Direction, dict[Series, float | None]] = {side: {} for side in Direction}
    for incident in incidents:
        if incident.phase is Phase.FIRING:
            series = (incident.metric, incident.slice_key)
            firing[incident.direction][series] = picture.deviation_of(incident)
            sides[incident.direction].add(series)
    for series, verdict in picture.verdicts.items():
        if verdict.direction is None:
            continue
        if verdict.is_bad or _moves_along(series, verdict.scored.deviation, firing[verdict.direction]):
            sides[verdict.direction].add(series)
    return sides


def _moves_along(series: Series, deviation: float | None, firing: Mapping[Series, float | None]) -> bool:
    metric, slice_key = series
    return any(
        (metric, whole) in firing and are_similar(deviation, firing[metric, whole])
        for whole in _larger(slice_key)
    )


def _larger(slice_key: str) -> list[str]:
    """The total, and the slices by one of the dimensions."""
    items = Slice.from_key(slice_key).items
    if not items:
        return []
    if len(items_of(slice_key)) == 1:
        return [ALL_KEY]
    return [ALL_KEY, *(Slice((item,)).key for item in items)]


def _is_one_cause(roots: Sequence[Root], off: set[Series]) -> bool:
    """Whether one cause holds nearly all of what is off: its metrics, in its slice."""
    return any(_held(root, off) >= ONE_CAUSE * len(off) for root in roots)


def _held(root: Root, off: set[Series]) -> int:
    metrics = {member.metric for member in root.members}
    members = {(member.metric, member.slice_key) for member in root.members}
    head = root.head.slice_key
    return sum(one in members or (one[0] in metrics and contains(head, one[1])) for one in off)
