"""One cause, one message: which group each opened incident is told in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vk_alerts.alerting.groups import Explanation, Group
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.relations import Picture, are_similar, contains, may_overlap
from vk_alerts.alerting.roots import Root, explanations, find_roots, merged
from vk_alerts.alerting.storms import storm_of

JOIN_WITHIN = timedelta(minutes=60)
"""What opens this soon after a group did, and belongs to its cause, is not told anew."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Where what opened in a window belongs.

    Attributes:
        incidents: those that opened, each with its group.
        groups: the groups that are new, open again, or have taken something in.
    """

    incidents: tuple[Incident, ...] = ()
    groups: tuple[Group, ...] = ()


def group_openings(
    opened: Iterable[Incident],
    *,
    incidents: Sequence[Incident],
    groups: Mapping[str, Group],
    window: datetime,
    picture: Picture,
) -> Grouped:
    """Puts what opened in one window into groups.

    What opens again while its group is open stays there. Of the rest, each cause joins a young group that it
    belongs to, or is a group of its own; many causes at once are one group, a storm. An incident that opens
    again brings its group back under the next sequence.

    Args:
        opened: incidents that opened in ``window``.
        incidents: all of them, after the window.
        groups: groups that are open, by id.
        window: the window.
        picture: all its series.
    """
    ours = [incident for incident in opened if incident.group not in groups]
    if not ours:
        return Grouped()
    members: dict[str, list[Incident]] = defaultdict(list)
    for incident in incidents:
        if incident.group is not None:
            members[incident.group].append(incident)
    young = sorted(
        (group for group in groups.values() if group.outage is None and window - group.opened <= JOIN_WITHIN),
        key=lambda group: (group.opened, group.id),
    )
    placed: list[Incident] = []
    changed: dict[str, Group] = {}
    roots: list[Root] = []
    for root in _together_again(find_roots(ours, picture)):
        home = _home_of(root, young, members, picture)
        if home is None:
            roots.append(root)
            continue
        changed[home.id] = _taking_in(changed.get(home.id, home), root, picture)
        placed += _placed(root, changed[home.id])
    fresh = [group for group in young if group.storm is None]
    storm = storm_of(roots, len(fresh), incidents, picture)
    if storm is not None:
        roots = [merged(roots)]
    for root in roots:
        group = replace(_group_of(root, window), storm=storm)
        changed[group.id] = group
        placed += _placed(root, group)
    return Grouped(tuple(placed), tuple(changed.values()))


def with_sequence(incident: Incident, groups: Mapping[str, Group]) -> Incident:
    """The incident with the sequence its group has now, so that whoever brings it back knows the next one."""
    group = groups.get(incident.group or "")
    if group is None or group.sequence == incident.sequence:
        return incident
    return replace(incident, sequence=group.sequence)


def _together_again(roots: Sequence[Root]) -> list[Root]:
    """Causes whose heads were told in one group before are one, because they bring the same group back."""
    by_name: dict[str, list[Root]] = {}
    for root in roots:
        by_name.setdefault(root.head.group or root.head.id, []).append(root)
    return [merged(same) for same in by_name.values()]


def _home_of(
    root: Root, young: Sequence[Group], members: Mapping[str, Sequence[Incident]], picture: Picture
) -> Group | None:
    """The young group that a cause belongs to: the oldest that is kin to it, or else that deviates alike.

    Deviating alike is a tie within one source only. Another source is another cause, of other people and
    often in another chat: an edit, which makes no sound there, would swallow it.
    """
    for group in young:
        if group.storm is not None and group.storm.direction is root.head.direction:
            return group
        if any(_are_kin(root, member, picture) for member in members[group.id]):
            return group
    for group in young:
        is_near = (group.source, group.head.direction) == (root.head.source, root.head.direction)
        if is_near and are_similar(picture.deviation_of(root.head), picture.deviation_of(group.head)):
            return group
    return None


def _are_kin(root: Root, member: Incident, picture: Picture) -> bool:
    """Whether a cause is a slice, an ancestor or a descendant of a member, or a ratio's other side."""
    head = root.head
    if (head.metric, head.slice_key) == (member.metric, member.slice_key):
        return True  # swinging to the other side is no new cause
    if head.direction is member.direction:
        if head.metric == member.metric:
            return contains(head.slice_key, member.slice_key) or contains(member.slice_key, head.slice_key)
        return picture.follows(head, member) or picture.follows(member, head)
    return _explains(picture.explanation(head), member) or _explains(picture.explanation(member), head)


def _explains(explanation: Explanation | None, incident: Incident) -> bool:
    return (
        explanation is not None
        and explanation.by == incident.metric
        and may_overlap(explanation.slice_key, incident.slice_key)
    )


def _taking_in(group: Group, root: Root, picture: Picture) -> Group:
    """The group with what joins it; what lies upstream of its head, or explains it, heads it from then on."""
    head = group.head
    found = {(e.metric, e.slice_key): e for e in (*root.explained, *group.explained)}
    new = picture.explanation(head)
    if new is not None:
        found[head.metric, head.slice_key] = new
    leads = group.storm is None and (
        picture.follows(head, root.head)
        or (
            head.metric == root.head.metric
            and head.direction is root.head.direction
            and contains(head.slice_key, root.head.slice_key)
            and picture.explains(head.metric, root.head.slice_key, head.slice_key)
        )
    )
    if leads:
        head = replace(root.head, group=group.id, sequence=group.sequence)
    explained = explanations(found.values(), head)
    return replace(group, head=head, closed=None, explained=explained)


def _group_of(root: Root, window: datetime) -> Group:
    head = root.head
    name = head.group or head.id
    sequence = 0 if head.group is None else head.sequence + 1
    return Group(
        id=name,
        source=head.source,
        head=replace(head, group=name, sequence=sequence),
        opened=window,
        sequence=sequence,
        explained=root.explained,
    )


def _placed(root: Root, group: Group) -> list[Incident]:
    return [replace(member, group=group.id, sequence=group.sequence) for member in root.members]
