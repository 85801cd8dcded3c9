"""Which messages tell of which planted incident."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.messages import ToldMessage
from vk_alerts.simulator import Incident
from vk_alerts.windows import STEP

# A message this long after an incident is still about it: its sums fade, its group closes.
GRACE = timedelta(hours=1)
OPENINGS = frozenset({NotificationKind.OPEN, NotificationKind.NODATA, NotificationKind.SUMMARY})
"""The kinds by which people hear of something for the first time."""
_ENDS = frozenset({NotificationKind.RESOLVED, NotificationKind.CORRECTION})


@dataclass(frozen=True, slots=True)
class PlantedOutcome:
    """What became of one planted incident.

    Attributes:
        incident: as the ledger has it.
        messages: the openings that told of it.
        delay_windows: windows between the first bad one and the one it was told with; None = missed.
        recovery_told: whether its end was told.
        is_spared: whether people were told before its end that this goes on and off: neither it nor its end
            is told by itself then.
    """

    incident: Incident
    messages: tuple[ToldMessage, ...]
    delay_windows: int | None
    recovery_told: bool
    is_spared: bool = False

    @property
    def is_detected(self) -> bool:
        """Whether people heard of it."""
        return bool(self.messages)


@dataclass(frozen=True, slots=True)
class Matched:
    """Messages held against the ledger.

    Attributes:
        planted: one per incident of the ledger.
        about: the messages about what was planted, in order.
        false_alerts: openings that overlap no planted incident.
    """

    planted: tuple[PlantedOutcome, ...]
    about: tuple[ToldMessage, ...]
    false_alerts: tuple[ToldMessage, ...]


def match(planted: Sequence[Incident], messages: Sequence[ToldMessage]) -> Matched:
    """Holds the messages against the ledger.

    An opening tells of an incident when it is about the incident's source and its window lies between the
    incident's start and an hour after its end; an opening that overlaps no incident in this way is false, and
    so is what else its group tells. Its recovery is told when a later message ends the group of every
    opening: a group may open again. A summary tells of what is over, and of its end.
    """
    openings = [message for message in messages if message.kind in OPENINGS]
    ends = [message for message in messages if message.kind in _ENDS]
    outcomes = []
    for incident in planted:
        about = tuple(message for message in openings if overlaps(message, incident))
        delay = min(((message.window - incident.start) // STEP for message in about), default=None)
        told = bool(about) and all(_has_ended(opening, ends) for opening in about)
        spared = not about and any(_spares(message, incident) for message in messages)
        outcomes.append(PlantedOutcome(incident, about, delay, recovery_told=told, is_spared=spared))
    false = [m for m in openings if not any(overlaps(m, incident) for incident in planted)]
    groups = {message.group for message in false}
    about_planted = tuple(message for message in messages if message.group not in groups)
    return Matched(tuple(outcomes), about_planted, tuple(false))


def overlaps(message: ToldMessage, incident: Incident) -> bool:
    """Whether a message can be about an incident; a storm is about every source."""
    if message.source != incident.source and message.story.storm is None:
        return False
    return any(incident.start <= moment < incident.end + GRACE for moment in _moments(message))


def _spares(message: ToldMessage, incident: Incident) -> bool:
    """Whether a message tells that the incident's source goes on and off, and that no more is said of it."""
    if message.kind is not NotificationKind.FLAPPING or message.source != incident.source:
        return False
    return incident.start - Rules().flap_within <= message.window < incident.end + GRACE


def _moments(message: ToldMessage) -> tuple[datetime, ...]:
    """The windows that a message is about: of a summary, those in which what it tells of began."""
    if message.kind is NotificationKind.SUMMARY:
        return tuple(passed.first_bad for passed in message.story.passed)
    return (message.window,)


def _has_ended(opening: ToldMessage, ends: Sequence[ToldMessage]) -> bool:
    if opening.kind is NotificationKind.SUMMARY:
        return all(passed.recovery is not None for passed in opening.story.passed)
    # What is taken back may be so in the very window that told it.
    return any(
        end.group == opening.group
        and (end.window > opening.window or end.kind is NotificationKind.CORRECTION)
        for end in ends
    )
