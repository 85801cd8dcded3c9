"""Whether what was planted was told: a message against the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.simulator import Incident
from vk_alerts.windows import STEP, window_key

# A message this long after an incident is still about it: its sums fade, its group closes.
GRACE = timedelta(hours=1)
MOST_FALSE_ALERTS = 1


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message that went out.

    Attributes:
        source: the source of its metric.
        window: start of the window it is about.
        group: what its opening and its end have in common.
        text: as Telegram shows it.
        chart: the PNG's path; None = it went out without.
    """

    kind: NotificationKind
    source: str
    metric: str
    slice_key: str
    window: datetime
    group: str
    text: str
    chart: str | None


@dataclass(frozen=True, slots=True)
class PlantedOutcome:
    """What became of one planted incident.

    Attributes:
        incident: as the ledger has it.
        messages: the openings that told of it.
        delay_windows: windows between the first bad one and the one it was told with; None = missed.
        recovery_told: whether its end was told.
    """

    incident: Incident
    messages: tuple[ToldMessage, ...]
    delay_windows: int | None
    recovery_told: bool

    @property
    def is_detected(self) -> bool:
        """Whether people heard of it."""
        return bool(self.messages)


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """The end of a demo.

    Attributes:
        planted: one per incident of the ledger.
        messages: all messages, in order.
        false_alerts: openings that overlap no planted incident.
        seconds: how long each stage took.
    """

    planted: tuple[PlantedOutcome, ...]
    messages: tuple[ToldMessage, ...]
    false_alerts: tuple[ToldMessage, ...]
    seconds: dict[str, float]

    @property
    def is_good(self) -> bool:
        """Every planted incident and its recovery were told, and at most one alert was false."""
        told = all(outcome.is_detected and outcome.recovery_told for outcome in self.planted)
        return told and len(self.false_alerts) <= MOST_FALSE_ALERTS

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "planted": [
                {
                    "metric": outcome.incident.metric,
                    "slice": outcome.incident.slice_key,
                    "start": outcome.incident.start.isoformat(),
                    "end": outcome.incident.end.isoformat(),
                    "detected": outcome.is_detected,
                    "delay_windows": outcome.delay_windows,
                    "recovery_told": outcome.recovery_told,
                }
                for outcome in self.planted
            ],
            "messages": [
                {
                    "kind": message.kind.value,
                    "metric": message.metric,
                    "slice": message.slice_key,
                    "window": window_key(message.window),
                    "text": message.text,
                    "chart": message.chart,
                }
                for message in self.messages
            ],
            "false_alerts": len(self.false_alerts),
            "seconds": self.seconds,
        }


def grade(
    planted: Sequence[Incident], messages: Sequence[ToldMessage], seconds: dict[str, float]
) -> DemoOutcome:
    """Holds the messages against the ledger.

    An opening tells of an incident when it is about the incident's source and its window lies between the
    incident's start and an hour after its end; an opening that overlaps no incident in this way is false. Its
    recovery is told when a later message ends the group of every opening: a group may open again.
    """
    openings = [message for message in messages if message.kind is NotificationKind.OPEN]
    ends = [message for message in messages if message.kind is NotificationKind.RESOLVED]
    outcomes = []
    for incident in planted:
        about = tuple(message for message in openings if overlaps(message, incident))
        delay = min(((message.window - incident.start) // STEP for message in about), default=None)
        told = bool(about) and all(any(_ends(end, opening) for end in ends) for opening in about)
        outcomes.append(PlantedOutcome(incident, about, delay, recovery_told=told))
    false = [m for m in openings if not any(overlaps(m, incident) for incident in planted)]
    return DemoOutcome(tuple(outcomes), tuple(messages), tuple(false), seconds)


def _ends(end: ToldMessage, opening: ToldMessage) -> bool:
    return end.group == opening.group and end.window > opening.window


def overlaps(message: ToldMessage, incident: Incident) -> bool:
    """Whether a message can be about an incident."""
    return message.source == incident.source and incident.start <= message.window < incident.end + GRACE
