"""How a group that people know stands → the one message on that which is due."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vk_alerts.alerting.groups import Group, Told
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.tellings import Muted, Telling

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Announced:
    """A group after it was looked at.

    Attributes:
        group: with what people know by now.
        tellings: messages that are due.
        muted: messages that are kept from people.
        is_finished: whether nothing is left to tell.
    """

    group: Group
    tellings: tuple[Telling, ...] = ()
    muted: tuple[Muted, ...] = ()
    is_finished: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Decides what is told of a group that lasts: it got worse, nobody has taken it, nothing is heard of it.

    Attributes:
        window: its start.
        rules: when people hear again.
        silent_sources: sources that are known to have stopped.
    """

    window: datetime
    rules: Rules
    silent_sources: frozenset[str] = frozenset()

    def news(self, group: Group, firing: Sequence[Incident]) -> Announced:
        """The one message on how it stands that is due, the most urgent first."""
        told, head = group.told, group.head
        if told is None or told.last == self.window:
            return Announced(group)
        muted: tuple[Muted, ...] = ()
        is_bad_now = head.phase is Phase.FIRING and head.last_bad == self.window
        now = replace(
            told,
            last=self.window,
            deviation=head.deviation,
            reminders=max(told.reminders, self._reminders_due(told)),
        )
        if is_bad_now and head.is_hard and not told.is_hard and _is_no_better(head, told):
            escalated = replace(group, told=replace(now, is_hard=True))
            if not group.taken_by:
                why = "beyond the hard threshold, told as less"
                telling = Telling(NotificationKind.ESCALATE, escalated, reason=why, last_told=told.deviation)
                return Announced(escalated, (telling,))
            muted = (Muted(NotificationKind.ESCALATE, group, f"taken by {group.taken_by}"),)
            group = replace(group, told=replace(told, is_hard=True))
            told, now = replace(told, is_hard=True), replace(now, is_hard=True)
        if is_bad_now and self._is_worse(told, head):
            worse = replace(group, told=replace(now, worse=told.worse + 1))
            telling = Telling(
                NotificationKind.WORSE,
                worse,
                told.worse,
                reason=f"deviation {head.deviation:+.0%} after {told.deviation:+.0%}",
                last_told=told.deviation,
            )
            return Announced(worse, (telling,), muted)
        reminded = self.reminding(group, firing)
        return replace(reminded, muted=muted + reminded.muted)

    def _is_worse(self, told: Told, head: Incident) -> bool:
        if head.deviation is None or not told.deviation:
            return False
        grown = abs(head.deviation) >= self.rules.worse_factor * abs(told.deviation) - _ROUNDING
        return grown and self.window - told.last >= self.rules.worse_pause

    def reminding(self, group: Group, firing: Sequence[Incident]) -> Announced:
        """The reminder that is due of what nobody has taken, if any."""
        told = group.told
        if told is None or not firing:
            return Announced(group)
        due = self._reminders_due(told)
        if due <= told.reminders:
            return Announced(group)
        if group.taken_by:
            through = replace(group, told=replace(told, reminders=due))
            why = f"taken by {group.taken_by}"
            return Announced(through, muted=(Muted(NotificationKind.REMIND, through, why),))
        after = self.rules.reminders[due - 1]
        news = replace(told, reminders=due, last=self.window)
        # Where the headline has ended and others go on, people are reminded of those.
        lasting = group if group.head in firing else replace(group, head=firing[0])
        if lasting is group:
            # A reminder says how far beyond the threshold the headline is: no call for that again.
            is_hard = told.is_hard or group.head.is_hard
            news = replace(news, deviation=group.head.deviation, is_hard=is_hard)
        reminded = replace(group, told=news)
        why = f"lasts for {after} since it was told, and nobody has taken it"
        telling = Telling(NotificationKind.REMIND, replace(lasting, told=news), due - 1, reason=why)
        return Announced(reminded, (telling,))

    def _reminders_due(self, told: Told) -> int:
        return sum(self.window - told.window >= after for after in self.rules.reminders)

    def stale(self, group: Group) -> Announced:
        """The one message that nothing is heard of it any more, once that is so for long."""
        told, heard = group.told, group.heard
        if told is None or heard is None or group.is_stale or group.source in self.silent_sources:
            return Announced(group)
        if self.window - heard <= self.rules.stale_after:
            return Announced(group)
        stale = replace(group, is_stale=True, told=replace(told, stale=told.stale + 1))
        why = f"no verdict for more than {self.rules.stale_after}"
        return Announced(stale, (Telling(NotificationKind.STALE, stale, told.stale, reason=why),))


def _is_no_better(head: Incident, told: Told) -> bool:
    """Whether a headline deviates at least as much as last told; a score may rise without that."""
    return head.deviation is None or abs(head.deviation) >= abs(told.deviation or 0.0) - _ROUNDING
