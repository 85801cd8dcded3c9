"""Verdicts → alerts: the fold of production, window by window, without its databases.

Verdicts, lifecycle and grouping are production's own functions. Only those rows become verdicts that can move
something: rows whose score crossed its threshold, and rows of series that an incident is remembered of. All
others would leave the situation as it is; where something opens, they tell where it belongs, and are there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from vk_alerts.alerting.graph import MetricGraph, graph_of
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Phase, Transition
from vk_alerts.alerting.plan import Outcome, Situation, advance
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import Scored, Verdict, judge
from vk_alerts.detection import Scores
from vk_alerts.detection.bands import narrowed
from vk_alerts.evaluation.alerts import AFTER, BEFORE, Alert, Picture
from vk_alerts.evaluation.stretch import Floats, Stretch
from vk_alerts.windows import STEP

MOST_ALERTS_PER_WEEK = 70
"""Ten a day: nobody would read them. What tells more is stopped once its trial is over."""
TRIAL = timedelta(days=7)
SHORT_TRIAL = timedelta(days=2)
"""For what tells too much even with a higher threshold: it takes longest and is worth least."""
_WEEK = timedelta(days=7)
_OPENINGS = (Transition.OPENED, Transition.REOPENED)
_ALERTS = (NotificationKind.OPEN, NotificationKind.FLAPPING)


@dataclass(slots=True)
class _Told:
    """An alert that is still being written: what follows may join it or end it."""

    group: Group
    window: datetime
    value: float | None
    expected: float | None
    score: float | None
    series: set[tuple[str, str]] = field(default_factory=set)
    repeats: int = 0
    is_over: bool = False


@dataclass(slots=True)
class Replay:
    """Folds stretches of verdicts one after the other, as if each window had just closed.

    Attributes:
        factor: what the thresholds in force are multiplied by.
        trial: how long it is followed whatever it tells.
        rules: when incidents open and close.
        situation: where things stand after the last window.
        start: first window; None before anything is folded.
        end: end of the last window that was folded.
        is_stopped: whether it told so much that the rest was left out.
    """

    factor: float = 1.0
    trial: timedelta = TRIAL
    rules: Rules = field(default_factory=Rules)
    situation: Situation = field(default_factory=lambda: Situation(incidents={}, groups={}))
    start: datetime | None = None
    end: datetime | None = None
    is_stopped: bool = False
    _told: dict[str, _Told] = field(default_factory=dict)
    _pictures: dict[str, Picture] = field(default_factory=dict)

    def fold(self, stretch: Stretch) -> None:
        """Folds the windows of a stretch, oldest first; it must follow the one before."""
        if self.is_stopped:
            return
        self.start = self.start or stretch.start
        rows = _Rows(stretch, self.factor)
        graph = graph_of({one.metric.name: one.metric for one in stretch.series}.values())
        for column, crossed in enumerate(rows.crossed()):
            window = stretch.start_of(column)
            self.end = window + STEP
            self._fold(rows, crossed, column, window, graph)
            if self._tells_too_much(self.end - self.start):
                self.is_stopped = True
                break
        for name, told in self._told.items():
            if name not in self._pictures:
                self._pictures[name] = rows.picture(told)

    def alerts(self) -> list[Alert]:
        """What was told, oldest first."""
        return [_alert(told, self._pictures[name]) for name, told in self._told.items()]

    def _fold(
        self, rows: "_Rows", crossed: list[int], column: int, window: datetime, graph: MetricGraph
    ) -> None:
        self.situation = _remembered(self.situation, window, self.rules)
        touched = sorted({*crossed, *rows.of(self.situation)})
        if not touched and not self.situation.groups:
            return
        for some in (touched, rows.everything):
            verdicts = rows.verdicts(some, column)
            outcome = advance(
                self.situation, verdicts, window=window, may_tell=True, rules=self.rules, graph=graph
            )
            if not any(change.transition in _OPENINGS for change in outcome.changes):
                break
        self.situation = outcome.situation
        self._note(outcome, verdicts, window)

    def _tells_too_much(self, elapsed: timedelta) -> bool:
        return elapsed >= self.trial and len(self._told) > MOST_ALERTS_PER_WEEK * (elapsed / _WEEK)

    def _note(self, outcome: Outcome, verdicts: list[Verdict], window: datetime) -> None:
        for telling in outcome.tellings:
            if telling.kind not in _ALERTS:
                continue
            group = telling.group
            known = self._told.get(group.id)
            if known is None:
                self._told[group.id] = _told(group, verdicts, window)
            else:
                known.repeats += 1
        for group in (*outcome.situation.groups.values(), *outcome.finished_groups):
            told = self._told.get(group.id)
            if told is not None:
                told.group = group
                told.is_over = group.closed is not None
        for incident in outcome.situation.incidents.values():
            told = self._told.get(incident.group or "")
            if told is not None:
                told.series.add((incident.metric, incident.slice_key))


def _remembered(situation: Situation, window: datetime, rules: Rules) -> Situation:
    """The situation without incidents that closed too long ago to open again; the state database does so."""
    since = window - rules.remembered
    live = {
        series: incident
        for series, incident in situation.incidents.items()
        if incident.phase is not Phase.CLOSED or (incident.closed_at or since) >= since
    }
    return Situation(incidents=live, groups=situation.groups)


def _told(group: Group, verdicts: list[Verdict], window: datetime) -> _Told:
    head = group.head
    row = next(
        (
            verdict.scored
            for verdict in verdicts
            if (verdict.scored.metric, verdict.scored.slice_key) == (head.metric, head.slice_key)
        ),
        None,
    )
    if row is None:
        return _Told(group, window, None, None, None)
    return _Told(group, window, row.value, row.expected, row.score)


def _alert(told: _Told, picture: Picture) -> Alert:
    head = told.group.head
    return Alert(
        group=told.group.id,
        source=told.group.source,
        metric=head.metric,
        slice_key=head.slice_key,
        direction=head.direction,
        window=told.window,
        first_bad=head.first_bad,
        value=told.value,
        expected=told.expected,
        score=told.score,
        series=len(told.series),
        repeats=told.repeats,
        ended=head.last_bad + STEP if told.is_over else None,
        picture=picture,
    )


class _Rows:
    """The rows of a stretch as production's values, made only where they are asked for."""

    def __init__(self, stretch: Stretch, factor: float) -> None:
        self._stretch = stretch
        self._thresholds = factor * stretch.threshold
        self._row = {(one.metric.name, one.slice_key): row for row, one in enumerate(stretch.series)}

    @property
    def everything(self) -> list[int]:
        """All rows."""
        return list(range(len(self._stretch.series)))

    def crossed(self) -> Iterator[list[int]]:
        """Of each window, the rows whose score reached its threshold."""
        columns, rows = np.nonzero((self._stretch.score >= self._thresholds).T)
        bounds = np.searchsorted(columns, np.arange(self._stretch.windows + 1))
        for begin, end in pairwise(bounds):
            yield rows[begin:end].tolist()

    def of(self, situation: Situation) -> Iterator[int]:
        """The rows of the series that an incident is remembered of."""
        for metric, slice_key, _ in situation.incidents:
            row = self._row.get((metric, slice_key))
            if row is not None:
                yield row

    def verdicts(self, rows: list[int], column: int) -> list[Verdict]:
        """Production's verdicts on some rows of a window."""
        stretch, window = self._stretch, self._stretch.start_of(column)
        band = self._band((rows, column))
        values = [
            _optional(array)
            for array in (
                stretch.value[rows, column],
                band.expected,
                band.lower,
                band.upper,
                band.score,
                stretch.evidence[rows, column],
                self._thresholds[rows, column],
            )
        ]
        verdicts = []
        for row, value, expected, lower, upper, score, evidence, threshold in zip(rows, *values, strict=True):
            one = stretch.series[row]
            scored = Scored(
                source=one.source,
                metric=one.metric.name,
                slice_key=one.slice_key,
                window=window,
                value=value,
                expected=expected,
                lower=lower,
                upper=upper,
                score=score,
                evidence=evidence,
                threshold=threshold or 0.0,
            )
            verdicts.append(judge(scored, one.metric))
        return verdicts

    def picture(self, told: _Told) -> Picture:
        """What a reader wants to see of an alert, as far as the stretch reaches."""
        stretch, head = self._stretch, told.group.head
        row = self._row[head.metric, head.slice_key]
        told_in = stretch.column_of(told.window)
        some = slice(max(0, told_in - BEFORE), min(stretch.windows, told_in + AFTER))
        during = slice(stretch.column_of(head.first_bad), stretch.column_of(head.last_bad) + 1)
        columns = np.arange(some.start, some.stop)
        band = self._band((row, some))
        lasts = (columns >= during.start) & (columns < during.stop)
        return Picture(
            start=stretch.start_of(some.start),
            told=told_in - some.start,
            value=stretch.value[row, some].copy(),
            expected=band.expected.copy(),
            lower=band.lower,
            upper=band.upper,
            is_bad=lasts & (band.score >= self._thresholds[row, some]),
        )

    def _band(self, where: tuple[list[int] | int, int | slice]) -> Scores:
        """Scores of some windows, with the bands that production draws at their thresholds."""
        stretch = self._stretch
        arrays = (stretch.score, stretch.expected, stretch.lower, stretch.upper)
        return narrowed(Scores(*(array[where] for array in arrays)), self._thresholds[where])


def _optional(column: Floats) -> list[float | None]:
    return [None if value != value else value for value in column.tolist()]
