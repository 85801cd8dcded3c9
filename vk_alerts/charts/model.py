"""What a chart shows, as values."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from vk_alerts.alerting.story import Contribution, Event, Language

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChartInput:
    """One series over the last day, ending with the window the message is about.

    Attributes:
        title: the metric, such as ``Лайки``.
        subtitle: the slice, such as ``Android``; the window's time is added to it.
        is_ratio: values are in [0, 1] and shown as percent; otherwise they are counts.
        times: datetime64[s] (n,), UTC starts of adjacent windows, oldest first, n >= 1.
        value: float64 (n,), what was measured, metric units; NaN = unknown, as in all that follow.
        expected: float64 (n,).
        lower: float64 (n,), the band's lower edge.
        upper: float64 (n,), the band's upper edge.
        score: float64 (n,), robust standard deviations, >= 0.
        yesterday: float64 (n,), the values a day before.
        week_ago: float64 (n,), the values a week before.
        threshold: the score from which a window counts as bad; NaN = none.
        bad: bool (n,), windows out of the normal range.
        incident_start: start of the first bad window of the incident, aware; None = no incident.
        language: of the fixed words and the numbers.
        zone: IANA name of the zone of the time axis.
        incident_end: end of its last bad window, aware; None = it lasts.
        causes: where the change lies, largest first: bars in the place of the score; empty = unknown.
        events: what people did, in any order.
        explained_by: the metric that moved a ratio, and its signed deviation: told in the place of causes.
        unit: what a measured quantity is told in; empty for counts and ratios.

    Raises:
        ValueError: an array is empty or not as long as ``times``.
    """

    title: str
    subtitle: str
    is_ratio: bool
    times: npt.NDArray[np.datetime64]
    value: Floats
    expected: Floats
    lower: Floats
    upper: Floats
    score: Floats
    yesterday: Floats
    week_ago: Floats
    threshold: float
    bad: npt.NDArray[np.bool_]
    incident_start: datetime | None
    language: Language = Language.RUSSIAN
    zone: str = "Europe/Moscow"
    incident_end: datetime | None = None
    causes: tuple[Contribution, ...] = ()
    events: tuple[Event, ...] = ()
    explained_by: tuple[str, float] | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.times.size:
            raise ValueError(f"chart of {self.title!r}: no windows to show; give at least one")
        for field in fields(self):
            array = getattr(self, field.name)
            if isinstance(array, np.ndarray) and array.shape != self.times.shape:
                raise ValueError(
                    f"chart of {self.title!r}: {field.name} has shape {array.shape}, times {self.times.shape}"
                )

    @property
    def moment(self) -> datetime:
        """The last window's start, aware UTC."""
        return moment_of(self.times)

    @property
    def deviation(self) -> float | None:
        """The last window's (value − expected) / expected; None where that is unknown."""
        value, expected = float(self.value[-1]), float(self.expected[-1])
        if not np.isfinite(value) or not np.isfinite(expected) or expected == 0:
            return None
        return (value - expected) / expected


def moment_of(times: npt.NDArray[np.datetime64]) -> datetime:
    """The newest of some windows' starts, aware UTC."""
    return datetime.fromtimestamp(int(times[-1].astype("datetime64[s]").astype(np.int64)), UTC)
