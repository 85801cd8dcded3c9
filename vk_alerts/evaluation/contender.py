"""One detector on its way through a backtest: scored once, folded under several thresholds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vk_alerts.evaluation.grading import Grade, grade
from vk_alerts.evaluation.past import Past
from vk_alerts.evaluation.plan import Plan
from vk_alerts.evaluation.replay import SHORT_TRIAL, Replay
from vk_alerts.evaluation.result import WEEK, DetectorResult
from vk_alerts.evaluation.stretch import Stretch
from vk_alerts.evaluation.study import Tally
from vk_alerts.evaluation.tradeoff import AS_IT_IS, FACTORS, Setting

Progress = Callable[[str, float], None]


@dataclass(slots=True)
class Contender:
    """A detector that is being judged.

    Attributes:
        name: of the detector.
        replays: what it would have sent with each of ``FACTORS``.
        seconds: time it has taken; reading what others read again is the first one's.
    """

    name: str
    replays: tuple[Replay, ...] = field(default_factory=lambda: tuple(Replay(factor) for factor in FACTORS))
    seconds: float = 0.0

    def judge(self, past: Past, *, sources: int, on_progress: Progress) -> Stretch:
        """Scores the next stretch and folds it.

        Args:
            past: the stretch, and what lies before it.
            sources: how many sources there are.
            on_progress: called with what was just done and the share of this work that it was.
        """
        began = time.perf_counter()
        stretch = past.score(
            self.name, on_source=lambda source: on_progress(f"{self.name}: {source}", 0.5 / sources)
        )
        for replay in sorted(self.replays, key=lambda one: -one.factor):
            is_hopeless = self._tells_too_much_above(replay.factor)
            if is_hopeless:
                replay.trial = SHORT_TRIAL
            if replay.factor == AS_IT_IS or not is_hopeless:
                replay.fold(stretch)
            on_progress(f"{self.name}: alerts", 0.5 / len(self.replays))
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
