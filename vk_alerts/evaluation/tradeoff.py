"""What other thresholds would give: fewer false alerts for fewer incidents found.

Detectors do not count in the same units, so that one threshold for all compares nothing. They are compared
where each sends as many false alerts as people accept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from vk_alerts.evaluation.grading import Grade

FACTORS = tuple(2 ** (half / 2) for half in range(-1, 9))
"""What the thresholds in force are multiplied by: from 0.7 to 16 times."""

AS_IT_IS = 1.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A detector with its thresholds multiplied.

    Attributes:
        factor: by what.
        alerts_per_week: what it would have sent.
        grade: the alerts against what happened; None = nobody says.
        days: on how many days this rests.
        is_stopped: whether it told so much that the rest was left out.
    """

    factor: float
    alerts_per_week: float
    grade: Grade | None
    days: float
    is_stopped: bool

    @property
    def false_per_week(self) -> float:
        """Alerts a week about nothing that happened; all of them, where nobody says what happened."""
        if self.grade is None:
            return self.alerts_per_week
        return self.grade.false_alerts / (self.days / 7)

    @property
    def recall(self) -> float | None:
        """The share of what happened that was told of; None = nobody says, or nothing happened."""
        return None if self.grade is None else self.grade.recall

    @property
    def median_delay(self) -> timedelta | None:
        """From the start of what happened to the telling."""
        return None if self.grade is None else self.grade.median_delay


def within_budget(settings: Sequence[Setting], budget: float) -> Setting | None:
    """The lowest threshold down to which there are at most ``budget`` false alerts a week.

    Where everything is always anomalous, one alert never ends and there is no second one; so the lowest
    threshold of all with few alerts would be the wrong answer.

    Returns:
        The setting; None when even the highest threshold gives too many.
    """
    found = None
    for setting in sorted(settings, key=lambda one: -one.factor):
        if setting.is_stopped or setting.false_per_week > budget:
            break
        found = setting
    return found
