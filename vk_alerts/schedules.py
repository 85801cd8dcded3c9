"""The schedules: ask for windows, unsent messages and yesterday's calibration, if due and not in progress."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.errors import ConfigurationError
from vk_alerts.jobs import (
    calibrate_thresholds,
    check_health,
    check_metrics,
    drain_outbox,
    keep_house,
    send_alerts,
    tell_alive,
)
from vk_alerts.partitions import DAY_FORMAT
from vk_alerts.pipeline.filling import LOOK_BACK, Failure, windows_to_fill
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.windows import STEP, window_from_key, window_key, windows_between

# After midnight the day's last windows are scored first.
CALIBRATION_DELAY = timedelta(hours=2)

_IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_FAILED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def build_schedule(start: datetime) -> dg.ScheduleDefinition:
    """The schedule of a catalog whose first window is ``start``."""

    # Every minute, so that what has failed is tried again while it is still worth telling.
    @dg.schedule(
        cron_schedule="* * * * *",
        job=check_metrics,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            "All quarters of an hour of the last 48 h that are due and missing, newest first. One whose "
            "events are not all there yet waits up to 10 minutes; one that has failed is asked for again "
            "after 1, 2, 4 … minutes, at most an hour."
        ),
    )
    def every_quarter_hour(
        context: dg.ScheduleEvaluationContext, alerting: AlertingResource, clock: ClockResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = clock.now()
        done = context.instance.get_materialized_partitions(dg.AssetKey("anomaly_scores"))
        windows = windows_to_fill(
            now,
            done=done,
            in_progress=_keys_in_progress(context.instance),
            failures=_failures(context.instance, now),
            start=start,
        )
        if not windows:
            yield dg.SkipReason("no window is due and missing, or those that failed wait for another attempt")
        waiting = _waiting(alerting, windows, now)
        if windows and len(waiting) == len(windows):
            yield dg.SkipReason("; ".join(waiting.values()))
        for window in windows:
            if window in waiting:
                continue
            # Dagster refuses several requests of one tick without keys, and compares keys within a tick only:
            # a window whose run has failed is asked for again.
            yield dg.RunRequest(run_key=window_key(window), partition_key=window_key(window))

    return every_quarter_hour


def day_to_calibrate(now: datetime, *, zone: str) -> date:
    """The newest local day that is over and whose windows have had two hours to be scored."""
    return (now - CALIBRATION_DELAY).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def build_calibration_schedule(start: datetime, zone: str) -> dg.ScheduleDefinition:
    """The schedule of calibrations, for days of ``zone`` from ``start``'s on."""

    @dg.schedule(
        cron_schedule="24 * * * *",
        job=calibrate_thresholds,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every hour: yesterday's calibration, once its windows are scored, if it is missing.",
    )
    def every_day(
        context: dg.ScheduleEvaluationContext, clock: ClockResource
    ) -> dg.RunRequest | dg.SkipReason:
        day = day_to_calibrate(clock.now(), zone=zone)
        key = day.strftime(DAY_FORMAT)
        if day < start.astimezone(ZoneInfo(zone)).date():
            return dg.SkipReason("no day is over yet")
        if key in context.instance.get_materialized_partitions(dg.AssetKey("thresholds")):
            return dg.SkipReason(f"{key} is calibrated")
        if _is_running(context.instance, calibrate_thresholds.name, key):
            return dg.SkipReason(f"{key} is being calibrated")
        return dg.RunRequest(partition_key=key)

    return every_day


def build_morning_schedule(zone: str, *, hour: int | None) -> dg.ScheduleDefinition:
    """The schedule of the daily sign of life, from ``hour`` in ``zone`` on; None = it is never due."""

    # Every hour, so that a daemon that was down in that hour tells it later.
    @dg.schedule(
        cron_schedule="4 * * * *",
        job=tell_alive,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every hour: the daily sign of life, if its hour has come and it is not told yet.",
    )
    def every_morning(alerting: AlertingResource, clock: ClockResource) -> dg.RunRequest | dg.SkipReason:
        now = clock.now()
        local = now.astimezone(ZoneInfo(zone))
        if hour is None or local.hour < hour:
            return dg.SkipReason("it is never told" if hour is None else f"it is told from {hour}:00 on")
        with alerting.open_post() as post:
            if pipeline.is_told(post, now=now):
                return dg.SkipReason(f"it is told on {local.date()}")
        return dg.RunRequest(run_key=f"alive:{local.date()}")

    return every_morning


every_night = dg.ScheduleDefinition(
    name="every_night",
    job=keep_house,
    cron_schedule="37 1 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night (UTC): old runs and their logs are deleted.",
)


@dg.schedule(
    cron_schedule="* * * * *",
    job=drain_outbox,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every minute: sends what is left in the outbox, if something is due and nobody is sending.",
)
def every_minute(
    context: dg.ScheduleEvaluationContext, alerting: AlertingResource, clock: ClockResource
) -> dg.RunRequest | dg.SkipReason:
    """Asks for a run of `drain_outbox`, or tells why there is none."""
    with alerting.open_post() as post:
        ring = pipeline.drain_due(post, now=clock.now())
    if not ring.rings:
        return dg.SkipReason(ring.reason)
    if any(_is_running(context.instance, job.name) for job in (drain_outbox, send_alerts)):
        return dg.SkipReason(f"{ring.reason}, and a run is sending")
    return dg.RunRequest(tags={"reason": ring.reason})


def _is_running(instance: dg.DagsterInstance, job: str, key: str | None = None) -> bool:
    tags = {} if key is None else {"dagster/partition": key}
    return bool(
        instance.get_runs(filters=dg.RunsFilter(job_name=job, statuses=_IN_PROGRESS, tags=tags), limit=1)
    )


def _keys_in_progress(instance: dg.DagsterInstance) -> set[str]:
    keys: set[str] = set()
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=_IN_PROGRESS)):
        if "dagster/partition" in run.tags:
            keys.add(run.tags["dagster/partition"])
        first, last = (run.tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end"))
        if first is not None and last is not None:
            keys |= keys_in_range(first, last)
    return keys


def _waiting(alerting: AlertingResource, windows: list[datetime], now: datetime) -> dict[datetime, str]:
    """The windows whose events are not all there yet, and what each waits for."""
    if not pipeline.may_need_waiting(windows, now):
        return {}
    try:
        with alerting.open() as stores:
            reached = pipeline.watermarks(stores, now)
    except dg.Failure:  # a run tells what is wrong where people look
        return {}
    reasons = {window: pipeline.waits_for(window, reached, now) for window in windows}
    return {window: reason for window, reason in reasons.items() if reason is not None}


def _failures(instance: dg.DagsterInstance, now: datetime) -> dict[str, Failure]:
    """The failed runs on each window since the look-back began, by key."""
    filters = dg.RunsFilter(
        job_name=check_metrics.name, statuses=_FAILED, created_after=now - LOOK_BACK - STEP
    )
    failures: dict[str, Failure] = {}
    for record in instance.get_run_records(filters=filters):
        key = record.dagster_run.tags.get("dagster/partition")
        if key is None or "dagster/backfill" in record.dagster_run.tags:
            continue
        ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
        known = failures.get(key)
        attempts, last = (1, ended) if known is None else (known.attempts + 1, max(known.last, ended))
        failures[key] = Failure(attempts, last)
    return failures


def keys_in_range(first: str, last: str) -> set[str]:
    """The keys from ``first`` to ``last``; none when they name no windows: the run is another project's."""
    try:
        start, end = window_from_key(first), window_from_key(last)
    except ConfigurationError:
        return set()
    return {window_key(window) for window in windows_between(start, end + STEP)}


# Some minutes after the windows, so that it does not take part of an alert's time.
every_cycle = dg.ScheduleDefinition(
    name="every_cycle",
    job=check_health,
    cron_schedule="9-59/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every quarter of an hour: whether the watcher itself is well.",
)
