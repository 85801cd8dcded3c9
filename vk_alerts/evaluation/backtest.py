"""Committed snapshots, judged by several detectors as production would have judged them live."""

from datetime import timedelta

from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.evaluation.contender import Contender, Progress
from vk_alerts.evaluation.past import Past
from vk_alerts.evaluation.plan import Plan
from vk_alerts.evaluation.result import BacktestResult
from vk_alerts.evaluation.study import Study
from vk_alerts.pipeline import Stores
from vk_alerts.windows import STEP

# Longer stretches read less history twice; shorter ones bound memory.
LONGEST_STRETCH = timedelta(days=28)
SHORTEST_STRETCH = timedelta(days=1)
MOST_POINTS = 8_000_000
"""Series-windows that are held at once, at 56 bytes; 1,200 series are judged 28 days at a time."""


def backtest(
    stores: Stores, plan: Plan, *, on_progress: Progress = lambda _step, _share: None
) -> BacktestResult:
    """Judges snapshots with each detector, and tells what each would have sent.

    Args:
        stores: where the snapshots are; nothing is written.
        plan: what to judge, and how.
        on_progress: called with what has just been done and the share of all work that it was.

    Raises:
        ClickHouseError: the snapshots cannot be read.
    """
    zone = stores.settings.zone
    budget = stores.catalog.system.alert_budget
    study = Study(() if plan.labels is None else plan.labels.incidents)
    contenders = [Contender(name) for name in plan.detectors]
    series: set[tuple[str, str]] = set()
    points = 0
    for start, end in plan.period.stretches(stretch_length(stores.results, plan)):
        share = (end - start) / plan.period.length / len(contenders)
        past = Past(stores, plan.files, start, end)
        for contender in contenders:
            stretch = contender.judge(
                past,
                sources=len(plan.files),
                on_progress=lambda step, part: on_progress(step, part * share),  # noqa: B023 - called at once
            )
            study.add(contender.name, stretch)
            series |= {(one.metric.name, one.slice_key) for one in stretch.series}
            points += stretch.score.size
            del stretch  # two at a time would be too much
    return BacktestResult(
        period=plan.period,
        zone=zone,
        series=len(series),
        detectors=tuple(contender.result(plan, study.tally(contender.name)) for contender in contenders),
        studies=tuple(study.result(zone)),
        labels=plan.labels,
        budget=budget.totals_per_week + budget.slices_per_week,
        points=points,
    )


def stretch_length(results: ResultRepository, plan: Plan) -> timedelta:
    """How long a stretch may be for its verdicts to fit into memory.

    Raises:
        ClickHouseError: the snapshots cannot be read.
    """
    period = (plan.period.start, plan.period.end)
    series = sum(results.extent(file.source.name, period).rows for file in plan.files)
    fitting = MOST_POINTS // max(series, 1) * STEP
    return min(max(fitting, SHORTEST_STRETCH), LONGEST_STRETCH)
