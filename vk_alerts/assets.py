"""The assets: events → snapshots → scores → incidents → alerts."""

import warnings
from datetime import date, datetime

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.clickhouse.tables import SCORES, SNAPSHOTS, THRESHOLDS
from vk_alerts.clickhouse.versions import Origin, Provenance, snapshots_asset
from vk_alerts.materialization import (
    delivery_metadata,
    history_metadata,
    incident_metadata,
    revision_metadata,
    score_metadata,
    snapshot_metadata,
    threshold_metadata,
)
from vk_alerts.metrics.model import Catalog, SourceFile
from vk_alerts.ownership import owners_of, table_metadata
from vk_alerts.partitions import local_days, quarter_hours
from vk_alerts.resources import AlertingResource, ClockResource, notifier_for, plain_failures

# One run a day of windows: Dagster's own bookkeeping is most of what a backfill costs.
WINDOWS_PER_BACKFILL_RUN = 96
SEND_POOL = "send_alerts"
# One group, so that the UI shows the whole lineage at once; tags say which job an asset belongs to.
GROUP = "vk_alerts"
CHECKED = {"vk_alerts/job": "check_metrics"}
TOLD = {"vk_alerts/job": "send_alerts"}
CALIBRATED = {"vk_alerts/job": "calibrate_thresholds"}


def build_assets(catalog: Catalog, *, start: datetime, zone: str) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All assets of a catalog, partitions from ``start`` on, days those of ``zone``."""
    partitions = quarter_hours(start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # backfill_policy
        snapshots = [_snapshots(file, partitions) for file in catalog.files]
        scores = _anomaly_scores(catalog, [asset.key for asset in snapshots], partitions)
    thresholds = _thresholds(local_days(start, zone))
    events = [_events(file) for file in catalog.files]
    return [*events, *snapshots, scores, thresholds, incidents, telegram_alerts, alert_history]


def _events(file: SourceFile) -> dg.AssetSpec:
    source = file.source
    return dg.AssetSpec(
        source.table.rsplit(".", maxsplit=1)[-1],
        description=f"Events of the {source.name}, written by the app to ClickHouse's `{source.table}`.",
        group_name=GROUP,
        kinds={"clickhouse"},
        owners=owners_of([file]),
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
        owners=owners_of([file]),
        metadata=table_metadata(SNAPSHOTS),
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
    catalog: Catalog, upstream: list[dg.AssetKey], partitions: dg.TimeWindowPartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.asset(
        deps=upstream,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=WINDOWS_PER_BACKFILL_RUN),
        group_name=GROUP,
        tags=CHECKED,
        kinds={"numpy", "clickhouse"},
        owners=owners_of(catalog.files),
        metadata=table_metadata(SCORES),
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
            report = pipeline.rescore_windows(
                stores, window.start, window.end, by=_provenance(context, clock)
            )
            scores = score_metadata(stores, report.scores, window.end)
        return dg.MaterializeResult(metadata={**scores, **revision_metadata(report)})

    return anomaly_scores


# Said explicitly: by default Dagster looks at every partition there is each time, 0.4 s for a year of them.
_NEWEST_SCORES = dg.AssetDep("anomaly_scores", partition_mapping=dg.LastPartitionMapping())


def _thresholds(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        deps=[_NEWEST_SCORES],
        partitions_def=days,
        group_name=GROUP,
        tags=CALIBRATED,
        kinds={"numpy", "clickhouse"},
        metadata=table_metadata(THRESHOLDS),
        description=(
            "The score from which on each series is alerted, such that chance alone sends as many messages a "
            "week as the catalog's alert budget allows: calibrated at the end of a day on its eight weeks of "
            "scores, without incidents. They hold from the next day but one on, for windows scored then or "
            "again later, until newer ones do; with less than two weeks of scores the start values hold."
        ),
    )
    def thresholds(
        context: dg.AssetExecutionContext, alerting: AlertingResource, clock: ClockResource
    ) -> dg.MaterializeResult[None]:
        day = date.fromisoformat(context.partition_key)
        with alerting.open() as stores:
            report = pipeline.calibrate_thresholds(stores, day, by=_provenance(context, clock))
        return dg.MaterializeResult(metadata=threshold_metadata(report))

    return thresholds


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
    with alerting.open_post() as post, plain_failures():
        report = pipeline.deliver(post, notifier_for(post.settings), now=clock.now)
    return dg.MaterializeResult(metadata=delivery_metadata(report))


@dg.asset(
    deps=[telegram_alerts],
    group_name=GROUP,
    tags=TOLD,
    kinds={"clickhouse"},
    pool=SEND_POOL,
    description=(
        "Incidents and what was told of them, copied to ClickHouse (`incident_history`, "
        "`notification_history`) for BI. What cannot be copied is copied by the next run."
    ),
)
def alert_history(alerting: AlertingResource, clock: ClockResource) -> dg.MaterializeResult[None]:
    """Copies what has changed."""
    with alerting.open() as stores:
        report = pipeline.copy_history(stores, now=clock.now())
    return dg.MaterializeResult(metadata=history_metadata(report))


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
