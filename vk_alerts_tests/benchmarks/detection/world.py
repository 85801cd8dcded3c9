"""What a benchmark scores: series, and the truth about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np

from vk_alerts.detection import HISTORY, Scores, score_history

MOSCOW = "Europe/Moscow"
MONDAY = datetime(2026, 1, 4, 21, tzinfo=UTC)
"""The midnight in Moscow that begins the simulated worlds."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Incident:
    """A deviation of series ``row`` to be told in the windows [begin, end).

    Attributes:
        row: the series.
        begin: its first window.
        end: the first window that comes too late.
        kind: what happened.
        settled: until this window (and an hour beyond) alerts are nobody's mistake; ``end`` at the earliest.
    """

    row: int
    begin: int
    end: int
    kind: str
    settled: int = 0


@dataclass(frozen=True)
class World:
    """Series to score.

    Attributes:
        values: float64 (n_series, n_windows), metric units.
        incidents: the truth.
        first: windows before it are history only.
        start: aware start of window 0.
        step: length of a window.
        timezone: the zone of the habits.
        trials: denominators of ratios; None for counts.
        totals: of which the series are slices, same shape; None where they are not.
        holidays: local dates that a calendar would give.
        judged: windows to look at, bool (n_windows,); None = all.
        normal: the mean that an oracle knows, habit and level without the incident; None where nobody knows.
        told_begins: whether incidents begin where the truth says; if not, there is no delay to tell.
        white: the relative noise of single windows that it knows, (n_series, 1).
    """

    values: np.ndarray
    incidents: list[Incident]
    first: int
    start: datetime = MONDAY
    step: timedelta = timedelta(minutes=15)
    timezone: str = MOSCOW
    trials: np.ndarray | None = None
    totals: np.ndarray | None = None
    holidays: Sequence[date] = ()
    judged: np.ndarray | None = None
    told_begins: bool = True
    normal: np.ndarray | None = None
    white: np.ndarray | float = 0.02

    @property
    def per_hour(self) -> int:
        return HOUR // self.step

    @property
    def per_day(self) -> int:
        return DAY // self.step

    @cached_property
    def looked_at(self) -> np.ndarray:
        """Windows that count, bool (n_windows,)."""
        judged = np.ones(self.values.shape[1], dtype=bool) if self.judged is None else self.judged.copy()
        judged[: self.first] = False
        return judged

    @cached_property
    def quiet(self) -> np.ndarray:
        """Windows in which an alert is false, bool (n_series, n_windows): an hour's grace after incidents."""
        quiet = np.tile(self.looked_at, (len(self.values), 1))
        for incident in self.incidents:
            quiet[incident.row, incident.begin : max(incident.end, incident.settled) + self.per_hour] = False
        return quiet

    @property
    def counted(self) -> list[Incident]:
        """Incidents that lie in the judged windows."""
        return [i for i in self.incidents if self.looked_at[i.begin : i.end].all()]

    @property
    def series_weeks(self) -> float:
        return float(len(self.values) * self.looked_at.sum() / (7 * self.per_day))

    def rows(self, some: slice) -> "World":
        """The world of some of its series."""
        numbers = list(range(len(self.values))[some])
        parts = {
            name: array[some]
            for name in ("values", "trials", "totals", "normal", "white")
            if isinstance(array := getattr(self, name), np.ndarray)
        }
        incidents = [replace(i, row=numbers.index(i.row)) for i in self.incidents if i.row in numbers]
        return replace(self, incidents=incidents, **parts)

    def scored(self, detector: str = "seasonal", *, holidays: Sequence[date] | None = None) -> Scores:
        """What a detector of the product says."""
        return score_history(
            self.values,
            start=self.start,
            step=self.step,
            trials=self.trials,
            holidays=self.holidays if holidays is None else holidays,
            timezone=self.timezone,
            detector=detector,
            first=self.first,
        )


def past(step: timedelta) -> int:
    """Windows of the history that a verdict takes at most."""
    return HISTORY // step
