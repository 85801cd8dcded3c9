"""The schedules: ask for windows, and for yesterday's calibration, if due, missing and not in progress."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from vk_alerts.errors import ConfigurationError
from vk_alerts.jobs import calibrate_thresholds, check_metrics
from vk_alerts.partitions import DAY_FORMAT
from vk_alerts.resources import ClockResource
from vk_alerts.windows import STEP, last_closed, window_from_key, window_key, windows_between

# Events of a window may arrive this long after its end; only then it is due.
ALLOWED_LATENESS = timedelta(seconds=90)
# An outage this long is filled by itself; anything older is a backfill.
LOOK_BACK = timedelta(hours=48)
# Runs asked for at once, so that a long outage does not start a hundred processes.
MOST_PER_TICK = 8
# After midnight the day's last windows are scored first.
CALIBRATION_DELAY = timedelta(hours=2)

_IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def windows_to_fill(
    now: datetime, *, done: Collection[str], in_progress: Collection[str], start: datetime
) -> list[datetime]:
    """The windows to ask for, newest first: due, not done, not in progress, at most a bounded number.

    Args:
        now: aware UTC.
        done: keys of windows that are materialized.
        in_progress: keys of windows a run is at work on.
        start: the first window there is.
    """
    newest = last_closed(now - ALLOWED_LATENESS)
    oldest = max(newest - LOOK_BACK + STEP, start)
    due = reversed(windows_between(oldest, newest + STEP))
    missing = [w for w in due if window_key(w) not in done and window_key(w) not in in_progress]
    return missing[:MOST_PER_TICK]


def build_schedule(start: datetime) -> dg.ScheduleDefinition:
    """The schedule of a catalog whose first window is ``start``."""

    # Two minutes past, because a window is due 90 s after its end and cron knows whole minutes.
    @dg.schedule(
        cron_schedule="2-59/15 * * * *",
        job=check_metrics,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every quarter of an hour: all windows of the last 48 h that are due and missing.",
    )
    def every_quarter_hour(
        context: dg.ScheduleEvaluationContext, clock: ClockResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        done = context.instance.get_materialized_partitions(dg.AssetKey("anomaly_scores"))
        busy = _keys_in_progress(context.instance)
        windows = windows_to_fill(clock.now(), done=done, in_progress=busy, start=start)
        if not windows:
            yield dg.SkipReason("no window is due and missing")
        for window in windows:
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


def _is_running(instance: dg.DagsterInstance, job: str, key: str) -> bool:
    tags = {"dagster/partition": key}
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


def keys_in_range(first: str, last: str) -> set[str]:
    """The keys from ``first`` to ``last``; none when they name no windows: the run is another project's."""
    try:
        start, end = window_from_key(first), window_from_key(last)
    except ConfigurationError:
        return set()
    return {window_key(window) for window in windows_between(start, end + STEP)}
