"""What is asked of a backtest, checked against the catalog and the snapshots that there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from vk_alerts.detection import DETECTORS
from vk_alerts.errors import ConfigurationError
from vk_alerts.evaluation.labels import Labels, confirmed_labels, find_labels
from vk_alerts.evaluation.period import Period, find_period
from vk_alerts.metrics.model import Catalog, SourceFile
from vk_alerts.pipeline import Stores
from vk_alerts.state.groups import GroupRepository


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked of a backtest.

    Attributes:
        days: how many days to judge at most, counted back from the newest snapshot.
        metrics: names of the metrics; empty = all.
        detectors: names of the detectors; empty = all.
        labels: CSV file of what really happened; None = the simulator's ledger in the home, if there is one,
            and what people called correct in Telegram.
    """

    days: int = 28
    metrics: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    labels: Path | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backtest does.

    Attributes:
        files: sources with the metrics to judge.
        detectors: names, each once.
        labels: what happened in the period; None = nobody says.
        period: the windows to judge.
    """

    files: tuple[SourceFile, ...]
    detectors: tuple[str, ...]
    labels: Labels | None
    period: Period


def plan_backtest(stores: Stores, options: BacktestOptions, *, now: datetime) -> Plan:
    """The plan for these options.

    Args:
        stores: where the snapshots are.
        options: what is asked.
        now: aware UTC.

    Raises:
        ConfigurationError: an unknown metric or detector, or labels that cannot be read.
        PipelineError: there are no snapshots, or fewer than two weeks of them.
        ClickHouseError: they cannot be read.
        StateError: what people called correct cannot be read.
    """
    files = chosen_metrics(stores.catalog, options.metrics)
    detectors = chosen_detectors(options.detectors)
    settings = stores.settings
    labels = find_labels(
        options.labels,
        home=settings.home,
        catalog=stores.catalog,
        zone=settings.zone,
        confirmed=confirmed_labels(GroupRepository(stores.incidents.engine).confirmed()),
    )
    sources = [file.source.name for file in files]
    period = find_period(stores.results, sources, asked=timedelta(days=options.days), now=now)
    if labels is not None:
        labels = labels.within(period.start, period.end, sources=sources)
    return Plan(files, detectors, labels, period)


def chosen_metrics(catalog: Catalog, names: Sequence[str]) -> tuple[SourceFile, ...]:
    """The catalog's files with only these metrics; all, when none is named.

    Raises:
        ConfigurationError: a metric is unknown.
    """
    known = [metric.name for metric in catalog.metrics]
    for name in names:
        if name not in known:
            raise ConfigurationError(f"--metric {name}: unknown; known: {', '.join(known)}")
    if not names:
        return catalog.files
    files = (
        file.model_copy(update={"metrics": tuple(one for one in file.metrics if one.name in names)})
        for file in catalog.files
    )
    return tuple(file for file in files if file.metrics)


def chosen_detectors(names: Sequence[str]) -> tuple[str, ...]:
    """These detectors, each once; all, when none is named.

    Raises:
        ConfigurationError: a detector is unknown.
    """
    for name in names:
        if name not in DETECTORS:
            raise ConfigurationError(f"--detector {name}: unknown; known: {', '.join(DETECTORS)}")
    return tuple(dict.fromkeys(names)) or DETECTORS
