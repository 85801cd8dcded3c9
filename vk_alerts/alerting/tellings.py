"""Messages that are due, and those that are kept from people."""

from dataclasses import dataclass

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.story import NotificationKind


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
        last_told: the headline's deviation as told before, for ``WORSE`` and ``ESCALATE``.
        openings: how often the headline opened lately, for ``FLAPPING``.
        is_of_first: whether it edits the message of the group's first opening, not that of the newest: the
            first message tells how an incident stands that opened again, the replies tell of their openings.
    """

    kind: NotificationKind
    group: Group
    number: int = 0
    reason: str = ""
    joined: tuple[Incident, ...] = ()
    last_told: float | None = None
    openings: int = 1
    is_of_first: bool = False

    @property
    def sequence(self) -> int:
        """Which opening of the group the message is about."""
        return 0 if self.is_of_first else self.group.sequence


@dataclass(frozen=True, slots=True)
class Muted:
    """A message that would be due and is not told: what, about which group, and why not."""

    kind: NotificationKind
    group: Group
    reason: str
