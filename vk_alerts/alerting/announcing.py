"""A group after a window → what people are to hear of it now, and what is kept from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vk_alerts.alerting.audience import Audience
from vk_alerts.alerting.groups import Group, Told
from vk_alerts.alerting.inhibition import is_worth_telling
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.roots import strength
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.silences import Silence
from vk_alerts.alerting.standing import Announced, Standing
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.tellings import Muted, Telling


@dataclass(frozen=True, slots=True)
class Announcer:
    """Decides what is told of groups in one window.

    Attributes:
        window: its start.
        may_tell: whether the window may lead to messages; without, nothing counts as told.
        rules: when people hear again.
        audience: what they want to hear.
        silent_sources: sources that are known to have stopped: that is why nothing is heard of their series.
    """

    window: datetime
    may_tell: bool
    rules: Rules
    audience: Audience
    silent_sources: frozenset[str] = frozenset()

    def announce(self, group: Group, members: Sequence[Incident]) -> Announced:
        """What is told of a group now.

        Args:
            group: as it stood.
            members: its incidents after the window, also those that have closed.
        """
        done = self._decide(replace(group, taken_by=self._taker(group, members)), members)
        reasons = [telling.reason for telling in done.tellings] + [muted.reason for muted in done.muted]
        return replace(done, group=replace(done.group, reason=reasons[-1])) if reasons else done

    def _decide(self, group: Group, members: Sequence[Incident]) -> Announced:
        if group.outage is not None:
            return self._outage(group)
        if all(member.phase is Phase.CLOSED for member in members):
            current = replace(_refreshed(group, members), closed=group.closed or self.window)
            silence = self._silence(members or [group.head])
            return self._over(current, f"silence {silence.id}" if silence else "")
        open_now = sorted((m for m in members if m.phase is not Phase.CLOSED), key=strength)
        if any(member.seen == self.window for member in open_now) or group.heard is None:
            group = replace(group, heard=self.window, is_stale=False)
        group = replace(group, closed=None)
        audible = [m for m in open_now if self._silence([m]) is None]
        silence = self._silence(open_now)
        if silence is not None:
            return self._hushed(_refreshed(group, members), NotificationKind.OPEN, f"silence {silence.id}")
        firing = [member for member in audible if member.phase is Phase.FIRING]
        if group.is_silenced and group.is_told and firing:
            # What was told before the silence is told again after it, as one more opening.
            group = replace(group, is_told=False, told=None, sequence=group.sequence + 1)
        if not group.is_told:
            group = replace(group, is_silenced=False)
            return self._opening(_headed(group, members, firing), audible, firing)
        return self._lasting(_refreshed(group, members), audible, firing)

    def _outage(self, group: Group) -> Announced:
        silence = self.audience.silence_of(None, group.head.slice_key, self.window)
        why_not = f"silence {silence.id}" if silence else ""
        if group.closed is not None:
            return self._over(group, why_not)
        outage = group.outage
        if not self.may_tell or outage is None:
            return Announced(group)
        if group.is_told:
            return Announced(group) if why_not else self._standing.reminding(group, [group.head])
        if not is_worth_telling(outage, self.window):
            return Announced(group)
        if why_not:
            return self._hushed(group, NotificationKind.NODATA, why_not)
        told = replace(group, is_told=True, told=self._told(group, []))
        what = "events stop before the window's end" if outage.is_late else "no events"
        return Announced(told, (Telling(NotificationKind.NODATA, told, reason=what),))

    def _over(self, group: Group, why_not: str) -> Announced:
        """An end that may not be told at once, its window being the past, waits for one that may."""
        if not group.is_told:
            return Announced(group, is_finished=True)
        if not self.may_tell:
            return Announced(group)
        why_not = why_not or ("flapping" if self._is_quiet(group) else "")
        if why_not:
            muted = Muted(NotificationKind.RESOLVED, group, why_not)
            return Announced(group, muted=(muted,), is_finished=True)
        number, why = group.told.updates if group.told else 0, "all of it is over"
        tellings = (
            Telling(NotificationKind.RESOLVED, group, reason=why),
            Telling(NotificationKind.UPDATE, group, number, reason=why),
            *edits_of_first(group, why),
        )
        return Announced(group, tellings, is_finished=True)

    def _hushed(self, group: Group, kind: NotificationKind, why_not: str) -> Announced:
        """A group that a silence covers; what would be told of it is noted once."""
        hushed = replace(group, is_silenced=True)
        if group.is_silenced or group.is_told or not self.may_tell:
            return Announced(hushed)
        return Announced(hushed, muted=(Muted(kind, hushed, why_not),))

    def _opening(self, group: Group, audible: Sequence[Incident], firing: Sequence[Incident]) -> Announced:
        if not self.may_tell or group.head not in firing:
            return Announced(group)
        head = group.head
        told = replace(group, is_told=True, told=self._told(group, audible))
        if head.flapping_since is None:
            opening = Telling(NotificationKind.OPEN, told, reason=head.reason)
            return Announced(told, (opening, *edits_of_first(told, "it opened again")))
        told = replace(told, is_flapping=True)
        openings = len(head.openings)
        if head.is_flapping_told:
            why = f"opening number {openings} in {self.rules.flap_within}: flapping, and told so"
            return Announced(told, muted=(Muted(NotificationKind.OPEN, told, why),))
        told = replace(told, head=replace(head, is_flapping_told=True))
        why = f"opening number {openings} in {self.rules.flap_within}"
        return Announced(told, (Telling(NotificationKind.FLAPPING, told, reason=why, openings=openings),))

    def _lasting(self, group: Group, audible: Sequence[Incident], firing: Sequence[Incident]) -> Announced:
        told = group.told
        if not self.may_tell or told is None or self._is_quiet(group) or group.is_silenced:
            return Announced(group)
        group = replace(group, is_flapping=False)
        joined = tuple(member for member in audible if member.id not in told.members)
        edits: tuple[Telling, ...] = ()
        if joined:
            is_led = group.head.id not in told.members
            told = replace(
                told,
                members=told.members | {member.id for member in joined},
                updates=told.updates + 1,
                deviation=group.head.deviation if is_led else told.deviation,
                is_hard=told.is_hard or (is_led and group.head.is_hard),
            )
            group = replace(group, told=told)
            why = f"{len(joined)} joined"
            edits = (Telling(NotificationKind.UPDATE, group, told.updates - 1, reason=why, joined=joined),)
        if self._silence([group.head]) is not None:
            return Announced(group, edits)
        # Of what nothing is heard nobody knows whether it lasts.
        standing = self._standing
        news = standing.news(group, firing) if group.heard == self.window else standing.stale(group)
        return replace(news, tellings=edits + news.tellings)

    @property
    def _standing(self) -> Standing:
        return Standing(self.window, self.rules, self.silent_sources)

    def _told(self, group: Group, audible: Sequence[Incident]) -> Told:
        return Told(
            window=self.window,
            last=self.window,
            deviation=group.head.deviation,
            is_hard=group.head.is_hard,
            members=frozenset(member.id for member in audible),
        )

    def _is_quiet(self, group: Group) -> bool:
        """Whether people are spared a flapping group: as long as its openings are as many as that."""
        recent = [o for o in group.head.openings if self.window - o <= self.rules.flap_within]
        return group.is_flapping and len(recent) >= self.rules.flap_openings

    def _silence(self, incidents: Sequence[Incident]) -> Silence | None:
        """The silence that covers the first, when each is covered by one."""
        found = [self.audience.silence_of(i.metric, i.slice_key, self.window) for i in incidents]
        return None if not found or None in found else found[0]

    def _taker(self, group: Group, members: Sequence[Incident]) -> str:
        taken = self.audience.taken
        return next((taken[name] for name in (group.id, *(m.id for m in members)) if name in taken), "")


def edits_of_first(group: Group, why: str) -> tuple[Telling, ...]:
    """The edit that lets the message of a group's first opening tell how it stands, once it opened again."""
    if not group.sequence:
        return ()
    return (Telling(NotificationKind.UPDATE, group, reason=why, is_of_first=True),)


def _refreshed(group: Group, members: Sequence[Incident]) -> Group:
    """The group with its head as it stands now."""
    return replace(group, head=next((m for m in members if m.id == group.head.id), group.head))


def _headed(group: Group, members: Sequence[Incident], firing: Sequence[Incident]) -> Group:
    """The group with the head to tell it by: one that fires, may be told, and does not flap."""
    current = _refreshed(group, members)
    calm = [member for member in firing if member.flapping_since is None]
    if current.head in (calm or firing) or not firing:
        return current
    return replace(current, head=min(calm or firing, key=lambda m: (-abs(m.worst), m.id)))
