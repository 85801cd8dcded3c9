"""One detector on its way through a backtest: scored once, folded under several thresholds."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.evaluation.grading import Grade, grade
from vk_alerts.evaluation.plan import Plan
from vk_alerts.evaluation.replay import Replay
from vk_alerts.evaluation.result import WEEK, DetectorResult
from vk_alerts.evaluation.stretch import Stretch, stacked
from vk_alerts.evaluation.study import Tally
from vk_alerts.evaluation.tradeoff import AS_IT_IS, FACTORS, Setting
from vk_alerts.metrics.model import SourceFile
from vk_alerts.pipeline.judging import MetricScores
from vk_alerts.pipeline.scoring import score_metrics

Progress = Callable[[str, float], None]


@dataclass(slots=True)
class Contender:
    """A detector that is being judged.

    Attributes:
        name: of the detector.
        replays: what it would have sent with each of ``FACTORS``.
        seconds: time it has taken.
    """

    name: str
    replays: tuple[Replay, ...] = field(default_factory=lambda: tuple(Replay(factor) for factor in FACTORS))
    seconds: float = 0.0

    def judge(
        self,
        plan: Plan,
        grids: Sequence[SeriesGrid],
        *,
        start: datetime,
        zone: str,
        on_progress: Progress,
    ) -> Stretch:
        """Scores the next stretch and folds it.

        Args:
            plan: what is judged.
            grids: of each source, its history and the stretch.
            start: first window of the stretch.
            zone: the zone of the users' habits.
            on_progress: called with the detector's name and the share of this work just done.
        """
        began = time.perf_counter()
        stretch = score_stretch(plan.files, grids, self.name, start=start, zone=zone)
        on_progress(self.name, 0.5)
        for replay in sorted(self.replays, key=lambda one: -one.factor):
            if replay.factor == AS_IT_IS or not self._tells_too_much_above(replay.factor):
                replay.fold(stretch)
            on_progress(self.name, 0.5 / len(self.replays))
        self.seconds += time.perf_counter() - began
        return stretch

    def _tells_too_much_above(self, factor: float) -> bool:
        """Whether a higher threshold told too much: a lower one need not be tried."""
        return any(one.is_stopped and one.factor > factor for one in self.replays)

    def result(self, plan: Plan, tally: Tally) -> DetectorResult:
        """What it would have sent."""
        period = plan.period
        (as_it_is,) = (replay for replay in self.replays if replay.factor == AS_IT_IS)
        alerts = tuple(as_it_is.alerts())
        return DetectorResult(
            name=self.name,
            metrics_in_use=tuple(
                metric.name for file in plan.files for metric in file.metrics if metric.detector == self.name
            ),
            start=period.start,
            end=as_it_is.end or period.end,
            alerts=alerts,
            grade=_grade(plan, as_it_is),
            tally=tally,
            settings=tuple(
                _setting(plan, replay)
                for replay in self.replays
                if not self._tells_too_much_above(replay.factor)
            ),
            seconds=self.seconds,
        )


def score_stretch(
    files: Sequence[SourceFile], grids: Sequence[SeriesGrid], detector: str, *, start: datetime, zone: str
) -> Stretch:
    """A detector's verdicts on all metrics from ``start`` on; several metrics are scored at once.

    Args:
        files: sources and their metrics.
        grids: of each source, its history and the windows to judge.
        detector: name of the detector.
        start: first window to judge.
        zone: the zone of the users' habits.
    """
    first = grids[0].column_of(start)
    tasks = [
        (file.model_copy(update={"metrics": (metric.model_copy(update={"detector": detector}),)}), grid)
        for file, grid in zip(files, grids, strict=True)
        for metric in file.metrics
    ]

    def score(task: tuple[SourceFile, SeriesGrid]) -> list[tuple[str, MetricScores]]:
        file, grid = task
        return [(file.source.name, one) for one in score_metrics(file, grid, first=first, zone=zone)]

    # numpy lets go of Python's lock; more threads than cores would only hold more arrays.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = (one for part in pool.map(score, tasks) for one in part)
        return stacked(start, found, windows=grids[0].windows - first)


def _grade(plan: Plan, replay: Replay) -> Grade | None:
    if plan.labels is None:
        return None
    end = replay.end or plan.period.end
    return grade(replay.alerts(), [label for label in plan.labels.incidents if label.start < end])


def _setting(plan: Plan, replay: Replay) -> Setting:
    length = (replay.end or plan.period.end) - plan.period.start
    return Setting(
        factor=replay.factor,
        alerts_per_week=len(replay.alerts()) / (length / WEEK),
        grade=_grade(plan, replay),
        days=length / WEEK * 7,
        is_stopped=replay.is_stopped,
    )
