"""One cause, one message: which opened incidents are told together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from vk_alerts.alerting.groups import Group as Group
from vk_alerts.alerting.lifecycle import Incident, Phase

# What opens this soon after a group did belongs to its cause and is not told anew.
JOIN_WITHIN = timedelta(minutes=60)


def group_openings(
    opened: Sequence[tuple[Incident, float]], groups: Iterable[Group], window: datetime
) -> tuple[list[Incident], list[Group]]:
    """Puts what opened in one window into groups.

    What opens in one window and source is one group, headed by the highest score; while a group of the source
    is young, it takes in what follows. An incident that opens again brings its group back.

    Args:
        opened: incidents that opened in ``window``, each with its score.
        groups: groups that are open.
        window: the window.

    Returns:
        The incidents with their group, and the groups that are new or open again.
    """
    known = {group.id: group for group in groups}
    young = {group.source: group for group in known.values() if window - group.opened <= JOIN_WITHIN}
    grouped: list[Incident] = []
    fresh: list[Group] = []
    for incident, _ in sorted(opened, key=lambda pair: (-pair[1], -abs(pair[0].worst), pair[0].id)):
        if incident.group in known:
            continue
        group = young.get(incident.source)
        if group is None:
            name = incident.group or incident.id
            sequence = 0 if incident.group is None else incident.sequence + 1
            member = replace(incident, group=name, sequence=sequence)
            group = Group(id=name, source=incident.source, head=member, opened=window, sequence=sequence)
            young[incident.source] = group
            fresh.append(group)
        grouped.append(replace(incident, group=group.id, sequence=group.sequence))
    return grouped, fresh


def with_sequence(incident: Incident, groups: Mapping[str, Group]) -> Incident:
    """The incident with the sequence its group has now, so that whoever brings it back knows the next one."""
    group = groups.get(incident.group or "")
    return incident if group is None else replace(incident, sequence=group.sequence)


def refresh_group(group: Group, members: Sequence[Incident]) -> Group:
    """The group with its head as it stands now; until it is told, a member that still fires heads it."""
    current = next((member for member in members if member.id == group.head.id), group.head)
    firing = [member for member in members if member.phase is Phase.FIRING]
    if not group.is_told and current.phase is not Phase.FIRING and firing:
        current = max(firing, key=lambda member: (abs(member.worst), member.id))
    return replace(group, head=current)
