"""Committed snapshots, judged by several detectors as production would have judged them live."""

import time
from datetime import timedelta

from vk_alerts.clickhouse.grid import grid_start
from vk_alerts.detection import HISTORY
from vk_alerts.evaluation.contender import Contender, Progress
from vk_alerts.evaluation.plan import Plan
from vk_alerts.evaluation.result import BacktestResult
from vk_alerts.evaluation.study import Study
from vk_alerts.evaluation.tradeoff import DEFAULT_BUDGET
from vk_alerts.pipeline import Stores

# Longer stretches read less history twice; shorter ones bound memory.
STRETCH = timedelta(days=28)


def backtest(
    stores: Stores,
    plan: Plan,
    *,
    on_progress: Progress = lambda _step, _share: None,
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
    study = Study(() if plan.labels is None else plan.labels.incidents)
    contenders = [Contender(name) for name in plan.detectors]
    series: set[tuple[str, str]] = set()
    read_seconds, points = 0.0, 0
    for start, end in plan.period.stretches(STRETCH):
        share = (end - start) / plan.period.length / (len(contenders) + 1)
        began = time.perf_counter()
        grids = []
        for file in plan.files:
            grids.append(stores.results.history(file.source.name, (grid_start(start, HISTORY), end)))
            on_progress(f"read {file.source.name} snapshots", share / len(plan.files))
        read_seconds += time.perf_counter() - began
        for contender in contenders:
            stretch = contender.judge(
                plan,
                grids,
                start=start,
                zone=zone,
                on_progress=lambda step, part: on_progress(step, part * share),  # noqa: B023 - called at once
            )
            study.add(contender.name, stretch)
        series |= {(one.metric.name, one.slice_key) for one in stretch.series}
        points += stretch.score.size
    studies = study.result(zone)
    return BacktestResult(
        period=plan.period,
        zone=zone,
        series=len(series),
        detectors=tuple(contender.result(plan, study.tally(contender.name)) for contender in contenders),
        studies=tuple(studies),
        labels=plan.labels,
        budget=DEFAULT_BUDGET,
        read_seconds=read_seconds,
        points=points,
    )
