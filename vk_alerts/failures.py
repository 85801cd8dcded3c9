"""Runs that have ended, as Dagster keeps them → what watches troubles; and where the sensor has got to."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from pydantic import TypeAdapter, ValidationError

from vk_alerts.alerting.troubles import Ended, Trouble

# A run's last change may become visible a little after a later one's.
_OVERLAP = timedelta(minutes=1)
# Of ended runs in one tick; the next one goes on from there.
_MOST_AT_ONCE = 500
_WATCHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the sensor has got to; it is its cursor.

    Attributes:
        until: the newest change of a run that was looked at, aware UTC.
        seen: ids of the runs that were looked at shortly before.
        troubles: what is open.
    """

    until: datetime
    seen: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    def cursor(self) -> str:
        """The text that Dagster keeps."""
        return json.dumps(asdict(self), default=lambda moment: moment.isoformat(), ensure_ascii=False)


_PROGRESS: TypeAdapter[Progress] = TypeAdapter(Progress)


def progress_from(cursor: str | None, *, now: datetime) -> Progress:
    """Where the sensor has got to; without a cursor that can be read it begins at ``now``."""
    if cursor is None:
        return Progress(now)
    try:
        return _PROGRESS.validate_json(cursor)
    except ValidationError:
        return Progress(now)


def ended_since(instance: dg.DagsterInstance, progress: Progress) -> tuple[list[Ended], Progress]:
    """The runs that have ended since, oldest first, and the progress with them; its troubles are the same."""
    records = instance.get_run_records(
        filters=dg.RunsFilter(statuses=_WATCHED, updated_after=progress.until - _OVERLAP),
        limit=_MOST_AT_ONCE + len(progress.seen),
        order_by="update_timestamp",
        ascending=True,
    )
    fresh = [record for record in records if record.dagster_run.run_id not in progress.seen]
    until = max([progress.until, *(_utc(record.update_timestamp) for record in fresh)])
    seen = tuple(
        record.dagster_run.run_id for record in records if _utc(record.update_timestamp) >= until - _OVERLAP
    )
    ended = [_ended(instance, record) for record in fresh]
    return ended, Progress(until, seen, progress.troubles)


def cause_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """What a failed run says for itself: its first failed step's error, or why it ended without one."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        if event is None or not event.is_step_failure:
            continue
        failure = event.step_failure_data
        if failure.user_failure_data is not None and failure.user_failure_data.description:
            return failure.user_failure_data.description
        error = failure.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            return error.message
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE):
        if entry.dagster_event is not None and entry.dagster_event.message:
            return entry.dagster_event.message
    return "the run has ended without a word; its process was killed"


def _ended(instance: dg.DagsterInstance, record: dg.RunRecord) -> Ended:
    run = record.dagster_run
    has_failed = run.status is dg.DagsterRunStatus.FAILURE
    at = _utc(record.update_timestamp)
    return Ended(
        run=run.run_id,
        job=_job(run),
        partition=_partition(run),
        at=datetime.fromtimestamp(record.end_time, UTC) if record.end_time else at,
        cause=cause_of(instance, run.run_id) if has_failed else None,
    )


def _job(run: dg.DagsterRun) -> str:
    """The job's name; what is started from the asset page has the assets' names instead."""
    if not run.job_name.startswith("__"):
        return run.job_name
    keys = sorted(key.to_user_string() for key in run.asset_selection or ())
    return ", ".join(keys) or run.job_name


def _partition(run: dg.DagsterRun) -> str:
    first, last = (run.tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end"))
    if first is not None and last is not None:
        return f"{first}..{last}"
    return run.tags.get("dagster/partition", "")


def _utc(moment: datetime) -> datetime:
    """Dagster's own columns are UTC without saying so."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
