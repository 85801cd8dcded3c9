"""One series in one window under other settings: what would have been told? Nothing is written."""

import difflib
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from vk_alerts.alerting.lifecycle import Incident, Transition, step
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.verdicts import Direction, Verdict, judge
from vk_alerts.errors import ConfigurationError, PipelineError
from vk_alerts.metrics.model import Metric, SourceFile
from vk_alerts.pipeline.scoring import score_source
from vk_alerts.pipeline.snapshots import measure
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.verdicts import scored_rows
from vk_alerts.windows import STEP, window_end

# What opens an incident lies in the hours before; the day is also what people look at.
_SHOWN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """What is tried; None = as it is.

    Attributes:
        window: start of the window that is looked at.
        metric: name of the metric.
        slice_key: canonical slice.
        detector: ``seasonal``, ``iqr`` or ``day_ago``.
        threshold: score from which on a window is bad.
        min_deviation: deviation from which on it matters, a share.
    """

    window: datetime
    metric: str
    slice_key: str = "all"
    detector: str | None = None
    threshold: float | None = None
    min_deviation: float | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident that would have opened."""

    window: datetime
    direction: Direction
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """A day of a series under some settings, ending with the window.

    Attributes:
        verdicts: one per window, oldest first.
        openings: the incidents that would have opened, had there been none before.
    """

    verdicts: tuple[Verdict, ...]
    openings: tuple[Opening, ...]

    @property
    def last(self) -> Verdict:
        """The verdict on the window that is looked at."""
        return self.verdicts[-1]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was, and what would have been.

    Attributes:
        question: what was tried.
        committed: as it was scored.
        tried: as it would be.
        value_now: the window's value as the events stand now, late ones included; None = no value.
    """

    question: Question
    committed: Course
    tried: Course
    value_now: float | None


def what_if(stores: Stores, question: Question) -> Answer:
    """Scores a day of one series under other settings, and folds its verdicts, without writing anything.

    Raises:
        ConfigurationError: an unknown metric, slice or detector, or a setting that cannot be.
        PipelineError: the window is not scored yet.
        ClickHouseError: history or events cannot be read.
    """
    file, metric = _found(stores, question.metric)
    changed = _changed(metric, question)
    end = window_end(question.window)
    start = end - _SHOWN
    committed = stores.results.scores(start, end, metric=metric.name, slice_key=question.slice_key)
    if committed.empty or committed["window_start"].max() != pd.Timestamp(question.window):
        raise PipelineError(
            f"{metric.name} · {question.slice_key}: no score in this window; it has slices such as "
            f"{_slices_like(stores, question)}; a window that has none is to be materialized first"
        )
    others = tuple(changed if one.name == metric.name else one for one in file.metrics)
    scored = pd.concat(score_source(stores, file.model_copy(update={"metrics": others}), start, end))
    this = (scored["metric"] == metric.name) & (scored["slice"] == question.slice_key)
    # The same windows on both sides, so that what differs is what was tried.
    tried = scored[this & scored["window_start"].isin(committed["window_start"])]
    if question.threshold is not None:
        tried = tried.assign(threshold=question.threshold)
    return Answer(
        question=question,
        committed=_course(committed, metric),
        tried=_course(tried, changed),
        value_now=measure(stores, file, question.window, metric=metric.name, slice_key=question.slice_key),
    )


def _found(stores: Stores, name: str) -> tuple[SourceFile, Metric]:
    for file in stores.catalog.files:
        for metric in file.metrics:
            if metric.name == name:
                return file, metric
    known = [metric.name for metric in stores.catalog.metrics]
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    raise ConfigurationError(f"metric {name!r} is not in the catalog; {meant}known: {', '.join(known)}")


def _changed(metric: Metric, question: Question) -> Metric:
    """The metric under other settings."""
    settings = {
        "detector": question.detector,
        "threshold": question.threshold,
        "min_deviation": question.min_deviation,
    }
    given = {key: value for key, value in settings.items() if value is not None}
    if question.threshold is not None:
        given["hard_threshold"] = metric.hard_threshold_at(question.threshold)
    try:
        return Metric.model_validate(metric.model_dump(exclude_unset=True) | given)
    except ValueError as error:
        told = str(error).splitlines()[2].strip() if "\n" in str(error) else str(error)
        raise ConfigurationError(f"what if: {told}") from None


def _course(frame: pd.DataFrame, metric: Metric) -> Course:
    rules = Rules()
    verdicts = tuple(judge(row, metric) for row in scored_rows(frame.sort_values("window_start")))
    openings: list[Opening] = []
    for direction in Direction:
        incident: Incident | None = None
        for verdict in verdicts:
            result = step(incident, verdict, direction, rules)
            incident = result.incident
            if result.transition in (Transition.OPENED, Transition.REOPENED):
                openings.append(Opening(verdict.scored.window, direction, result.reason))
    return Course(verdicts, tuple(sorted(openings, key=lambda opening: opening.window)))


def _slices_like(stores: Stores, question: Question) -> str:
    scores = stores.results.scores(question.window, question.window + STEP, metric=question.metric)
    known = [str(key) for key in scores["slice"]]
    near = difflib.get_close_matches(question.slice_key, known, n=5, cutoff=0.3)
    return ", ".join(near or known[:5]) or "none"
