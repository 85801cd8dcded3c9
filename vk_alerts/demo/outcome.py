"""How a demo ended: what was planted, what was told, and whether that was what was expected."""

from collections.abc import Sequence
from dataclasses import dataclass

from vk_alerts.demo.expectations import Expectation, Finding, examine
from vk_alerts.demo.matching import PlantedOutcome, match
from vk_alerts.demo.messages import ToldMessage
from vk_alerts.simulator import Incident
from vk_alerts.windows import window_key

MOST_FALSE_ALERTS = 1


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """The end of a demo.

    Attributes:
        scenario: its name.
        planted: one per incident of the ledger.
        messages: all messages, in order.
        false_alerts: openings that overlap no planted incident.
        findings: what was expected, and whether it holds.
        seconds: how long each stage took.
    """

    scenario: str
    planted: tuple[PlantedOutcome, ...]
    messages: tuple[ToldMessage, ...]
    false_alerts: tuple[ToldMessage, ...]
    findings: tuple[Finding, ...]
    seconds: dict[str, float]

    @property
    def is_good(self) -> bool:
        """All that was expected holds, and at most one alert was false."""
        return all(finding.holds for finding in self.findings) and len(self.false_alerts) <= MOST_FALSE_ALERTS

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "scenario": self.scenario,
            "is_good": self.is_good,
            "expected": [
                {"what": finding.expected, "found": finding.found, "holds": finding.holds}
                for finding in self.findings
            ],
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
    scenario: str,
    planted: Sequence[Incident],
    expectations: Sequence[Expectation],
    messages: Sequence[ToldMessage],
    seconds: dict[str, float],
) -> DemoOutcome:
    """Holds the messages against the ledger and against what the scenario is expected to lead to."""
    matched = match(planted, messages)
    return DemoOutcome(
        scenario=scenario,
        planted=matched.planted,
        messages=tuple(messages),
        false_alerts=matched.false_alerts,
        findings=examine(expectations, matched),
        seconds=seconds,
    )
