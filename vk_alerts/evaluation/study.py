"""How the metrics behave, and what each detector makes of them on quiet days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from vk_alerts.evaluation.labels import Label
from vk_alerts.evaluation.stretch import Floats, Stretch
from vk_alerts.metrics.model import Metric
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.windows import STEP, WINDOWS_PER_DAY

HOURS_PER_WEEK = 168
LAGS = {"15 min": 1, "1 h": 4, "1 day": WINDOWS_PER_DAY}
"""How far apart residuals are compared, in windows."""

_NORMAL_MAD = 1.4826
"""Of a normal distribution, the standard deviation is so many median absolute deviations."""
_CLIP_SIGMAS = 5.0  # an incident would otherwise be all that an autocorrelation sees
_FEWEST_PAIRS = 30

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Tally:
    """Series-windows counted.

    Attributes:
        windows: all.
        judged: those with a verdict.
        quiet: those with a verdict in which nothing is known to have happened.
        crossed: the quiet ones whose score reached its threshold.
    """

    windows: int = 0
    judged: int = 0
    quiet: int = 0
    crossed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.windows + other.windows,
            self.judged + other.judged,
            self.quiet + other.quiet,
            self.crossed + other.crossed,
        )

    @property
    def unjudged_share(self) -> float | None:
        """The share without a verdict."""
        return 1 - self.judged / self.windows if self.windows else None

    @property
    def crossed_per_week(self) -> float | None:
        """How often a series crosses its threshold in a quiet week."""
        return 7 * WINDOWS_PER_DAY * self.crossed / self.quiet if self.quiet else None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One detector on one metric.

    Attributes:
        noise: robust standard deviation of (value − expected) / expected of the total; None = unknown.
        autocorrelation: of these residuals, by the names of ``LAGS``; None = too few.
        totals: the metric's total.
        slices: all its slices.
    """

    noise: float | None
    autocorrelation: dict[str, float | None]
    totals: Tally
    slices: Tally


@dataclass(frozen=True, slots=True)
class MetricStudy:
    """One metric.

    Attributes:
        metric: the metric.
        series: how many series it has, the total included.
        level: median of the total in a window; None = no value at all.
        profile: float64 (3, 168): lower quartile, median and upper quartile of the total by hour of the local
            week, Monday 0:00 first; NaN = no value.
        behaviour: of each detector, by its name.
    """

    metric: Metric
    series: int
    level: float | None
    profile: Floats
    behaviour: dict[str, Behaviour]

    @property
    def swing(self) -> float | None:
        """The busiest hour of the week over the quietest; None when that is 0 or unknown."""
        known = self.profile[1][np.isfinite(self.profile[1])]
        return float(known.max() / known.min()) if known.size and known.min() > 0 else None


@dataclass(slots=True)
class _Seen:
    """What one detector made of one metric, stretch by stretch."""

    start: datetime
    value: list[Floats] = field(default_factory=list)
    expected: list[Floats] = field(default_factory=list)
    series: int = 0
    totals: Tally = field(default_factory=Tally)
    slices: Tally = field(default_factory=Tally)


class Study:
    """Gathers the behaviour of metrics from one stretch after the other.

    Args:
        labels: what is known to have happened; what lies around it is not quiet.
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        self._labels = labels
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._metrics: dict[str, Metric] = {}

    def add(self, detector: str, stretch: Stretch) -> None:
        """Takes note of a detector's verdicts; stretches come in order."""
        quiet = {
            source: quiet_windows(stretch, self._labels, source)
            for source in {one.source for one in stretch.series}
        }
        rows_of: dict[str, list[int]] = {}
        for row, one in enumerate(stretch.series):
            rows_of.setdefault(one.metric.name, []).append(row)
        for name, rows in rows_of.items():
            one = stretch.series[rows[0]]
            self._metrics.setdefault(name, one.metric)
            seen = self._seen.setdefault((name, detector), _Seen(stretch.start))
            seen.series = max(seen.series, len(rows))
            total = [row for row in rows if stretch.series[row].slice_key == ALL_KEY]
            parts = [row for row in rows if stretch.series[row].slice_key != ALL_KEY]
            seen.totals += _tally(stretch, total, quiet[one.source])
            seen.slices += _tally(stretch, parts, quiet[one.source])
            for row in total:
                seen.value.append(stretch.value[row].copy())
                seen.expected.append(stretch.expected[row].copy())

    def result(self, zone: str) -> list[MetricStudy]:
        """What was seen, metric by metric.

        Args:
            zone: the zone of the users' habits.
        """
        studies = []
        for name, metric in self._metrics.items():
            by_detector = {detector: seen for (of, detector), seen in self._seen.items() if of == name}
            one = next(iter(by_detector.values()))
            total = np.concatenate(one.value) if one.value else np.full(1, np.nan)
            known = total[np.isfinite(total)]
            studies.append(
                MetricStudy(
                    metric=metric,
                    series=one.series,
                    level=float(np.median(known)) if known.size else None,
                    profile=weekly_profile(total, one.start, zone),
                    behaviour={detector: _behaviour(seen) for detector, seen in by_detector.items()},
                )
            )
        return studies

    def tally(self, detector: str) -> Tally:
        """A detector's verdicts on all series of all metrics."""
        seen = (one.totals + one.slices for (_, by), one in self._seen.items() if by == detector)
        return sum(seen, Tally())


def quiet_windows(stretch: Stretch, labels: Sequence[Label], source: str) -> Mask:
    """Where nothing is known to have happened to a source, bool (n_windows,)."""
    quiet = np.ones(stretch.windows, dtype=np.bool_)
    for column in range(stretch.windows):
        start = stretch.start_of(column)
        if any(label.overlaps(start, start + STEP, source=source) for label in labels):
            quiet[column] = False
    return quiet


def weekly_profile(total: Floats, start: datetime, zone: str) -> Floats:
    """Quartiles by hour of the local week, float64 (3, 168).

    Args:
        total: float64 (n_windows,), NaN = missing.
        start: window of the first.
        zone: whose week it is.
    """
    profile = np.full((3, HOURS_PER_WEEK), np.nan)
    place = ZoneInfo(zone)
    local = [(start + number * STEP).astimezone(place) for number in range(total.size)]
    hours = np.array([moment.weekday() * 24 + moment.hour for moment in local])
    for hour in range(HOURS_PER_WEEK):
        values = total[(hours == hour) & np.isfinite(total)]
        if values.size:
            profile[:, hour] = np.quantile(values, (0.25, 0.5, 0.75))
    return profile


def robust_deviation(residual: Floats) -> float | None:
    """The standard deviation of a normal distribution with this median absolute deviation; None = unknown."""
    known = residual[np.isfinite(residual)]
    return float(_NORMAL_MAD * np.median(np.abs(known))) if known.size >= _FEWEST_PAIRS else None


def autocorrelation(residual: Floats, lag: int) -> float | None:
    """The correlation of residuals ``lag`` windows apart, outliers clipped; None = too few or all equal.

    Args:
        residual: float64 (n_windows,), NaN = missing.
        lag: windows.
    """
    spread = robust_deviation(residual)
    if not spread or residual.size <= lag:
        return None
    clipped = np.clip(residual, -_CLIP_SIGMAS * spread, _CLIP_SIGMAS * spread)
    earlier, later = clipped[:-lag], clipped[lag:]
    both = np.isfinite(earlier) & np.isfinite(later)
    if both.sum() < _FEWEST_PAIRS or earlier[both].std() == 0 or later[both].std() == 0:
        return None
    return float(np.corrcoef(earlier[both], later[both])[0, 1])


def _tally(stretch: Stretch, rows: list[int], quiet: Mask) -> Tally:
    score = stretch.score[rows]
    judged = np.isfinite(score)
    return Tally(
        windows=score.size,
        judged=int(judged.sum()),
        quiet=int((judged & quiet).sum()),
        crossed=int(((score >= stretch.threshold[rows]) & quiet).sum()),
    )


def _behaviour(seen: _Seen) -> Behaviour:
    value = np.concatenate(seen.value) if seen.value else np.empty(0)
    expected = np.concatenate(seen.expected) if seen.expected else np.empty(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.where(expected > 0, value / expected - 1.0, np.nan)
    return Behaviour(
        noise=robust_deviation(residual),
        autocorrelation={name: autocorrelation(residual, lag) for name, lag in LAGS.items()},
        totals=seen.totals,
        slices=seen.slices,
    )
