"""Until when, and of what, somebody wants to hear nothing."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.silences import Silence
from vk_alerts.metrics.slices import ALL_KEY, Slice
from vk_alerts.state.groups import GroupWithMembers

MORNING = time(9)
HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

Muted = tuple[str, str | None]
"""A metric and the key of a slice, with all its parts; None = every slice."""


def morning_after(now: datetime, zone: str) -> datetime:
    """The next nine o'clock in a zone, and at least an hour from now."""
    local = now.astimezone(ZoneInfo(zone))
    today = datetime.combine(local.date(), MORNING, ZoneInfo(zone))
    morning = today if today > local else datetime.combine(local.date() + _DAY, MORNING, ZoneInfo(zone))
    return max(morning.astimezone(now.tzinfo), now + HOUR)


def muted_by(found: GroupWithMembers) -> list[Muted]:
    """What is silenced so that nothing is heard of a group, what joins it included as far as can be known.

    Where everybody is concerned: its metrics in every slice. Else its metrics in the headline's slice and
    its parts, and each other slice by itself.
    """
    head = found.group.head
    members = [member for member in found.members if member.phase is not Phase.CLOSED] or [head]
    is_wide = head.slice_key == ALL_KEY or found.group.storm is not None
    return list(dict.fromkeys(_muted(member, head, is_wide=is_wide) for member in (head, *members)))


def silent_until(silences: Sequence[Silence], muted: Sequence[Muted]) -> float | None:
    """Until when all of it is silent already, in seconds since the epoch; None = something is not."""
    ends = []
    for metric, slice_key in muted:
        covering = [s.ends for s in silences if _covers(s, metric, slice_key)]
        if not covering:
            return None
        ends.append(max(covering))
    return min(ends, default=None)


def _muted(member: Incident, head: Incident, *, is_wide: bool) -> Muted:
    if is_wide:
        return member.metric, None
    is_part = Slice.from_key(head.slice_key).contains(Slice.from_key(member.slice_key))
    return member.metric, head.slice_key if is_part else member.slice_key


def _covers(silence: Silence, metric: str, slice_key: str | None) -> bool:
    if slice_key is None:
        return silence.metric in (None, metric) and silence.slice_key is None
    return silence.covers(metric, slice_key)
