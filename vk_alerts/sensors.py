"""The doorbell: wakes `send_alerts` when new scores call for it. And what asks for a window again."""

from collections.abc import Iterator

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.alerting.troubles import follow
from vk_alerts.failures import Progress, ended_since, progress_from
from vk_alerts.jobs import check_metrics, send_alerts
from vk_alerts.materialization import MAX_SCORE, MAX_SERIES, MAX_WINDOW
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.windows import window_from_key, window_key

# As often as the daemon looks: every 2 s under `up`, every 5 s elsewhere. Its wait is part of an alert's way.
INTERVAL_SECONDS = 1

# How soon rows that arrive late are noticed.
LATE_ROWS_INTERVAL_SECONDS = 60
# How soon who runs the bot hears of a run that has failed.
FAILURES_INTERVAL_SECONDS = 30
# Says why a window is computed again.
LATE_ROWS_TAG = "vk_alerts/late_rows"


@dg.asset_sensor(
    asset_key=dg.AssetKey("anomaly_scores"),
    job=send_alerts,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Rings when a score crossed its threshold, an incident is open or a message is unsent. It sees only "
        "the newest materialization, so that send_alerts takes every new window by itself."
    ),
)
def anomaly_alert_sensor(
    context: dg.SensorEvaluationContext,  # noqa: ARG001 - Dagster passes it by position
    asset_event: dg.EventLogEntry,
    alerting: AlertingResource,
    clock: ClockResource,
) -> dg.RunRequest | dg.SkipReason:
    """Asks for a run of `send_alerts`, or tells why there is none."""
    materialization = asset_event.asset_materialization
    metadata = materialization.metadata if materialization else {}
    score, series, window = (metadata.get(name) for name in (MAX_SCORE, MAX_SERIES, MAX_WINDOW))
    with alerting.open() as stores:
        ring = pipeline.ring_for(
            stores,
            now=clock.now(),
            max_score=None if score is None else float(str(score.value)),
            max_series="" if series is None else str(series.value),
            max_window=None if window is None else window_from_key(str(window.value)),
        )
    if not ring.rings:
        return dg.SkipReason(ring.reason)
    return dg.RunRequest(
        run_key=f"{asset_event.run_id}:{asset_event.timestamp}", tags={"reason": ring.reason}
    )


@dg.sensor(
    job=check_metrics,
    minimum_interval_seconds=LATE_ROWS_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Counts the events of the live windows; one with other events than its snapshot is computed again, "
        "once for each change. Such a run counts as live: what it takes back or finds may be told."
    ),
)
def late_rows_sensor(
    context: dg.SensorEvaluationContext,  # noqa: ARG001 - Dagster passes it by position
    alerting: AlertingResource,
    clock: ClockResource,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Asks for live windows again whose events have changed since their snapshot."""
    with alerting.open() as stores:
        changed = pipeline.late_rows(stores, now=clock.now())
    if not changed:
        yield dg.SkipReason("every live window has the events of its snapshot")
    for late in changed:
        yield dg.RunRequest(
            run_key=late.key, partition_key=window_key(late.window), tags={LATE_ROWS_TAG: late.reason}
        )


@dg.sensor(
    minimum_interval_seconds=FAILURES_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Looks at runs that have ended and tells the operators' chat what fails: one message for each cause, "
        "however many retries, windows and jobs it costs, and one when it is over. Its cursor holds what is "
        "open; a message goes into the outbox and is sent by every_minute, ClickHouse or not."
    ),
)
def run_failure_sensor(
    context: dg.SensorEvaluationContext, alerting: AlertingResource, clock: ClockResource
) -> dg.SensorResult:
    """Tells of causes that are new or over; asks for no run."""
    now = clock.now()
    ended, progress = ended_since(context.instance, progress_from(context.cursor, now=now))
    followed = follow(progress.troubles, ended, now=now)
    told = 0
    if followed.begun or followed.over:
        with alerting.open_post() as post:
            told = pipeline.tell_troubles(post, followed, now=now)
    # Kept after what it leads to is in the outbox, where the same message can be only once.
    return dg.SensorResult(
        skip_reason=f"{len(ended)} runs have ended, {len(followed.open)} causes are open, {told} told",
        cursor=Progress(progress.until, progress.seen, followed.open).cursor(),
    )
