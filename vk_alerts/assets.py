"""The assets: events → snapshots → scores → incidents → alerts."""

import warnings
from datetime import datetime

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.clickhouse.repository import Origin, Provenance, snapshots_asset
from vk_alerts.materialization import delivery_metadata, incident_metadata, score_metadata, snapshot_metadata
from vk_alerts.metrics.model import Catalog, SourceFile
from vk_alerts.partitions import quarter_hours
from vk_alerts.resources import AlertingResource, ClockResource, notifier_for, plain_failures

# One run a day of windows: Dagster's own bookkeeping is most of what a backfill costs.
WINDOWS_PER_BACKFILL_RUN = 96
SEND_POOL = "send_alerts"
# One group, so that the UI shows the whole lineage at once; tags say which job an asset belongs to.
GROUP = "vk_alerts"
CHECKED = {"vk_alerts/job": "check_metrics"}
TOLD = {"vk_alerts/job": "send_alerts"}


def build_assets(catalog: Catalog, *, start: datetime) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All assets of a catalog, partitions from ``start`` on."""
    partitions = quarter_hours(start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # backfill_policy
        snapshots = [_snapshots(file, partitions) for file in catalog.files]
        scores = _anomaly_scores([asset.key for asset in snapshots], partitions)
    return [*(_events(file) for file in catalog.files), *snapshots, scores, incidents, telegram_alerts]


def _events(file: SourceFile) -> dg.AssetSpec:
    source = file.source
    return dg.AssetSpec(
        source.table.rsplit(".", maxsplit=1)[-1],
        description=f"Events of the {source.name}, written by the app to ClickHouse's `{source.table}`.",
        group_name=GROUP,
        kinds={"clickhouse"},
        metadata={"table": source.table, "time column": source.time},
    )


def _snapshots(file: SourceFile, partitions: dg.TimeWindowPartitionsDefinition) -> dg.AssetsDefinition:
    source = file.source
    titles = ", ".join(metric.title.en for metric in file.metrics)

    @dg.asset(
        name=snapshots_asset(source.name),
        deps=[source.table.rsplit(".", maxsplit=1)[-1]],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=WINDOWS_PER_BACKFILL_RUN),
        group_name=GROUP,
        tags=CHECKED,
        kinds={"clickhouse"},
        description=f"{titles}: each window, overall and per slice. A rerun replaces the window's rows.",
    )
    def snapshots(
        context: dg.AssetExecutionContext, alerting: AlertingResource, clock: ClockResource
    ) -> dg.MaterializeResult[None]:
        window = context.partition_time_window
        with alerting.open() as stores:
            report = pipeline.take_snapshots(
                stores, source.name, window.start, window.end, by=_provenance(context, clock)
            )
        return dg.MaterializeResult(metadata=snapshot_metadata(report))

    return snapshots


def _anomaly_scores(
    upstream: list[dg.AssetKey], partitions: dg.TimeWindowPartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        deps=upstream,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=WINDOWS_PER_BACKFILL_RUN),
        group_name=GROUP,
        tags=CHECKED,
        kinds={"numpy", "clickhouse"},
        description=(
            "How far each series of a window lies from what its past led to expect, in robust standard "
            "deviations; no verdict where the past is too short. History is read from the snapshots' table, "
            "so that a rerun of one partition gives the numbers it gave before."
        ),
    )
    def anomaly_scores(
        context: dg.AssetExecutionContext, alerting: AlertingResource, clock: ClockResource
    ) -> dg.MaterializeResult[None]:
        window = context.partition_time_window
        with alerting.open() as stores:
            report = pipeline.score_windows(stores, window.start, window.end, by=_provenance(context, clock))
            return dg.MaterializeResult(metadata=score_metadata(stores, report, window.end))

    return anomaly_scores


# Said explicitly: by default Dagster looks at every partition there is each time, 0.4 s for a year of them.
_NEWEST_SCORES = dg.AssetDep("anomaly_scores", partition_mapping=dg.LastPartitionMapping())


@dg.asset(
    deps=[_NEWEST_SCORES],
    group_name=GROUP,
    tags=TOLD,
    kinds={"sql"},
    pool=SEND_POOL,
    description=(
        "Incidents in the state database: every committed window of scores after the watermark is folded in "
        "order, and what is to be told is put into the outbox in the same transaction."
    ),
)
def incidents(alerting: AlertingResource, clock: ClockResource) -> dg.MaterializeResult[None]:
    """Folds new windows of scores into incidents."""
    with alerting.open() as stores:
        report = pipeline.advance_incidents(stores, now=clock.now())
    return dg.MaterializeResult(metadata=incident_metadata(report))


@dg.asset(
    deps=[incidents],
    group_name=GROUP,
    tags=TOLD,
    kinds={"telegram"},
    pool=SEND_POOL,
    description=(
        "Messages of the outbox, sent: to Telegram when VK_ALERTS_TELEGRAM_TOKEN is set, to the console "
        "otherwise. What does not arrive stays in the outbox and is sent again."
    ),
)
def telegram_alerts(alerting: AlertingResource, clock: ClockResource) -> dg.MaterializeResult[None]:
    """Sends what is due."""
    with alerting.open() as stores, plain_failures():
        report = pipeline.deliver(stores, notifier_for(stores.settings), now=clock.now)
    return dg.MaterializeResult(metadata=delivery_metadata(report))


def _provenance(context: dg.AssetExecutionContext, clock: ClockResource) -> Provenance:
    """Backfills and re-executions are told apart from live runs: they never page."""
    run = context.run
    if "dagster/backfill" in run.tags:
        origin = Origin.BACKFILL
    elif run.parent_run_id is not None:
        origin = Origin.RERUN
    else:
        origin = Origin.LIVE
    return Provenance(origin=origin, run_id=run.run_id, now=clock.now())
