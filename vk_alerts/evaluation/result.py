"""What a backtest found, as values and as JSON."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from vk_alerts.evaluation.alerts import Alert
from vk_alerts.evaluation.grading import Grade
from vk_alerts.evaluation.labels import Labels
from vk_alerts.evaluation.period import Period
from vk_alerts.evaluation.study import Behaviour, MetricStudy, Tally
from vk_alerts.evaluation.tradeoff import Setting, within_budget
from vk_alerts.windows import window_key

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """Alerts of seven days, or of fewer where the period begins or the detector was stopped.

    Attributes:
        start: first moment.
        end: first moment after it.
        alerts: how many were told with a window in it; None = the detector was not followed so far.
    """

    start: datetime
    end: datetime
    alerts: int | None

    @property
    def is_whole(self) -> bool:
        """Whether it is seven days long."""
        return self.end - self.start == WEEK


@dataclass(frozen=True, slots=True)
class DetectorResult:
    """One detector under production's rules.

    Attributes:
        name: of the detector.
        metrics_in_use: names of the metrics for which the catalog chooses it.
        start: first window that was judged.
        end: end of the last one; before the period's end where it told so much that the rest was left out.
        alerts: what it would have sent, oldest first.
        grade: the alerts against what happened until ``end``; None = nobody says.
        tally: verdicts on all series.
        settings: the same with other thresholds, lowest first.
        seconds: time it took to score and fold.
    """

    name: str
    metrics_in_use: tuple[str, ...]
    start: datetime
    end: datetime
    alerts: tuple[Alert, ...]
    grade: Grade | None
    tally: Tally
    settings: tuple[Setting, ...]
    seconds: float

    @property
    def alerts_per_week(self) -> float:
        """How many alerts a week there were on average."""
        return len(self.alerts) / ((self.end - self.start) / WEEK)

    @property
    def false_per_week(self) -> float | None:
        """How many of them were about nothing that happened; None = nobody says."""
        return None if self.grade is None else self.grade.false_alerts / ((self.end - self.start) / WEEK)

    def weeks(self, period: Period) -> list[Week]:
        """Its alerts week by week, counted back from the period's end, oldest first."""
        bounds = [period.end]
        while bounds[-1] > period.start:
            bounds.append(max(bounds[-1] - WEEK, period.start))
        weeks = []
        for start, end in pairwise(reversed(bounds)):
            told = sum(start <= alert.window < end for alert in self.alerts)
            weeks.append(
                Week(start, min(end, self.end), told) if start < self.end else Week(start, end, None)
            )
        return weeks


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A backtest.

    Attributes:
        period: what was judged.
        zone: the zone people read times in.
        series: how many series there were.
        detectors: in the order they were asked for.
        studies: the metrics' behaviour, in the order of the catalog.
        labels: what happened in the period; None = nobody says.
        budget: alerts a week that people accept.
        points: series-windows that were judged, by all detectors together.
    """

    period: Period
    zone: str
    series: int
    detectors: tuple[DetectorResult, ...]
    studies: tuple[MetricStudy, ...]
    labels: Labels | None
    budget: float
    points: int

    def as_json(self) -> dict[str, object]:
        """The same for programs; NaN and what is unknown are null."""
        return {
            "start": self.period.start.isoformat(),
            "end": self.period.end.isoformat(),
            "days": round(self.period.days, 3),
            "first_snapshot": self.period.first_snapshot.isoformat(),
            "series": self.series,
            "labels": None if self.labels is None else len(self.labels.incidents),
            "alert_budget_per_week": self.budget,
            "points": self.points,
            "detectors": [_detector(one, self) for one in self.detectors],
            "metrics": [_study(study) for study in self.studies],
        }


def _detector(one: DetectorResult, whole: BacktestResult) -> dict[str, object]:
    fitting = within_budget(one.settings, whole.budget)
    told: dict[str, object] = {
        "name": one.name,
        "in_use_for": list(one.metrics_in_use),
        "alerts": [_alert(alert) for alert in one.alerts],
        "end": one.end.isoformat(),
        "is_stopped": one.end < whole.period.end,
        "alerts_per_week": _rounded(one.alerts_per_week),
        "false_alerts_per_week": _rounded(one.false_per_week),
        "weeks": [
            {"start": week.start.isoformat(), "end": week.end.isoformat(), "alerts": week.alerts}
            for week in one.weeks(whole.period)
        ],
        "without_verdict": _rounded(one.tally.unjudged_share),
        "crossed_per_quiet_series_week": _rounded(one.tally.crossed_per_week),
        "thresholds": [_setting(setting) for setting in one.settings],
        "within_budget": None if fitting is None else _setting(fitting),
        "seconds": round(one.seconds, 3),
    }
    if one.grade is not None:
        told["grade"] = {
            "labels": len(one.grade.labels),
            "found": one.grade.found,
            "false_alerts": one.grade.false_alerts,
            "recall": _rounded(one.grade.recall),
            "precision": _rounded(one.grade.precision),
            "median_delay_minutes": _minutes(one.grade.median_delay),
            "incidents": [
                {
                    "start": label.start.isoformat(),
                    "end": label.end.isoformat(),
                    "metric": label.metric or None,
                    "slice": label.slice_key,
                    "delay_minutes": _minutes(waited),
                }
                for label, waited in zip(one.grade.labels, one.grade.delays, strict=True)
            ],
        }
    return told


def _setting(setting: Setting) -> dict[str, object]:
    return {
        "factor": _rounded(setting.factor),
        "alerts_per_week": _rounded(setting.alerts_per_week),
        "false_alerts_per_week": None if setting.grade is None else _rounded(setting.false_per_week),
        "recall": _rounded(setting.recall),
        "median_delay_minutes": _minutes(setting.median_delay),
        "is_stopped": setting.is_stopped,
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "group": alert.group,
        "window": window_key(alert.window),
        "source": alert.source,
        "metric": alert.metric,
        "slice": alert.slice_key,
        "direction": alert.direction.value,
        "value": alert.value,
        "expected": alert.expected,
        "deviation": _rounded(alert.deviation),
        "score": _rounded(alert.score),
        "first_bad": window_key(alert.first_bad),
        "ended": None if alert.ended is None else alert.ended.isoformat(),
        "series": alert.series,
        "repeats": alert.repeats,
    }


def _study(study: MetricStudy) -> dict[str, object]:
    return {
        "metric": study.metric.name,
        "series": study.series,
        "level": study.level,
        "swing": _rounded(study.swing),
        "weekly_profile": [_rounded(value) for value in study.profile[1].tolist()],
        "detectors": {name: _behaviour(one) for name, one in study.behaviour.items()},
    }


def _behaviour(one: Behaviour) -> dict[str, object]:
    return {
        "noise": _rounded(one.noise),
        "autocorrelation": {lag: _rounded(value) for lag, value in one.autocorrelation.items()},
        "total_crossed_per_quiet_week": _rounded(one.totals.crossed_per_week),
        "slices_crossed_per_quiet_series_week": _rounded(one.slices.crossed_per_week),
        "without_verdict": _rounded((one.totals + one.slices).unjudged_share),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _minutes(length: timedelta | None) -> float | None:
    return None if length is None else length / timedelta(minutes=1)
