"""How good alerts were: held against what really happened, and against what people accept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from vk_alerts.evaluation.alerts import Alert
from vk_alerts.evaluation.labels import Label


@dataclass(frozen=True, slots=True)
class Grade:
    """Alerts against labels.

    Attributes:
        labels: what happened, oldest first.
        delays: of each label, from its start to the end of the window it was first told with; None = missed.
        is_true: of each alert, whether it was about a label.
    """

    labels: tuple[Label, ...]
    delays: tuple[timedelta | None, ...]
    is_true: tuple[bool, ...]

    @property
    def found(self) -> int:
        """How many labels were told of."""
        return sum(delay is not None for delay in self.delays)

    @property
    def false_alerts(self) -> int:
        """How many alerts were about nothing that happened."""
        return len(self.is_true) - sum(self.is_true)

    @property
    def recall(self) -> float | None:
        """The share of labels that were told of; None = there are none."""
        return self.found / len(self.labels) if self.labels else None

    @property
    def precision(self) -> float | None:
        """The share of alerts that were about a label; None = there are no alerts."""
        return sum(self.is_true) / len(self.is_true) if self.is_true else None

    @property
    def median_delay(self) -> timedelta | None:
        """The median over the labels that were told of; None = none was."""
        told = [delay for delay in self.delays if delay is not None]
        return timedelta(seconds=median(delay.total_seconds() for delay in told)) if told else None


def grade(alerts: Sequence[Alert], labels: Sequence[Label]) -> Grade:
    """Holds alerts against labels.

    An alert is about a label when it is about the source of the label's metric (any source, for a label
    without a metric) and its window lies between the label's start and an hour after its end.
    """
    delays: list[timedelta | None] = []
    for label in labels:
        about = [alert.told_at - label.start for alert in alerts if _is_about(alert, label)]
        delays.append(min(about, default=None))
    is_true = tuple(any(_is_about(alert, label) for label in labels) for alert in alerts)
    return Grade(tuple(labels), tuple(delays), is_true)


def _is_about(alert: Alert, label: Label) -> bool:
    return label.overlaps(alert.window, alert.told_at, source=alert.source)
