"""Dagster's instance: the folder it lives in, and backfills on it."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path

import dagster as dg
import yaml
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.backfill import execute_backfill_iteration

from vk_alerts.errors import ConfigurationError, PipelineError

MODULE = "vk_alerts.definitions"
# Not in the packaged file, which servers with PostgreSQL share.
_STORAGE = """
# Runs, events and ticks in SQLite, a batch of events in one transaction.
storage:
  custom:
    module: vk_alerts.event_log
    class: BatchingSqliteStorage
    config:
      base_dir:
        env: DAGSTER_HOME
"""
_PAUSE_SECONDS = 1.0
# A code server that is slow to answer is asked again, as the daemon does.
_MOST_HITCHES = 10
_AT_WORK = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_OVER = {
    BulkActionStatus.COMPLETED,
    BulkActionStatus.COMPLETED_SUCCESS,
    BulkActionStatus.COMPLETED_FAILED,
    BulkActionStatus.FAILED,
    BulkActionStatus.CANCELED,
}


def write_dagster_home(folder: Path, *, queues_runs: bool = True) -> Path:
    """Makes a DAGSTER_HOME with the packaged ``dagster.yaml``, unless it has one; returns the folder.

    Its databases lie where the environment's DAGSTER_HOME says, which is to name the folder.

    Args:
        folder: DAGSTER_HOME.
        queues_runs: whether a daemon is there to take runs from a queue; without, they start at once.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    text = (resources.files("vk_alerts") / "dagster.yaml").read_text("utf-8").rstrip() + "\n" + _STORAGE
    if not queues_runs:
        settings = yaml.safe_load(text)
        settings["run_coordinator"] = {
            "module": "dagster._core.run_coordinator",
            "class": "DefaultRunCoordinator",
        }
        del settings["concurrency"]["runs"]
        text = yaml.safe_dump(settings, sort_keys=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "dagster.yaml"
        if not path.exists():
            path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"DAGSTER_HOME {folder}: cannot be written: {error.strerror}") from error
    return folder


def checked_assets() -> list[dg.AssetKey]:
    """The assets of the job `check_metrics`: every source's snapshots, and the scores."""
    from vk_alerts.definitions import defs

    return sorted(defs.resolve_job_def("check_metrics").asset_layer.executable_asset_keys)


def end_orphaned_runs(instance: dg.DagsterInstance) -> int:
    """Reports runs failed whose processes cannot live any more; returns how many.

    To be called when no run's process can live. A window whose run was killed with the machine would
    count as in progress for good, and never be asked for again.
    """
    orphans = instance.get_runs(filters=dg.RunsFilter(statuses=_AT_WORK))
    for run in orphans:
        instance.report_run_failed(
            run, "Its process ended with the code server, or with an earlier 'vk-alerts up'."
        )
    return len(orphans)


def request_backfill(
    instance: dg.DagsterInstance,
    *,
    keys: Sequence[str],
    title: str,
    run_config: Mapping[str, object] | None = None,
) -> str:
    """Asks the daemon for a backfill of `check_metrics` in the partitions ``keys``; returns its id."""
    from vk_alerts.definitions import defs

    backfill_id = uuid.uuid4().hex[:8]
    instance.add_backfill(
        PartitionBackfill.from_asset_partitions(
            backfill_id=backfill_id,
            asset_graph=defs.resolve_asset_graph(),
            partition_names=list(keys),
            asset_selection=checked_assets(),
            backfill_timestamp=time.time(),
            tags={},
            dynamic_partitions_store=instance,
            all_partitions=False,
            title=title,
            description=None,
            run_config=run_config,
        )
    )
    return backfill_id


def run_backfill(
    instance: dg.DagsterInstance,
    *,
    keys: Sequence[str],
    run_config: Mapping[str, object],
    on_progress: Callable[[float], None],
) -> None:
    """Carries out a backfill of `check_metrics` by the daemon's own iterations, where no daemon runs.

    Args:
        instance: whose runs start at once (no queue).
        keys: the partitions.
        run_config: of each run.
        on_progress: called with how many more partitions of assets are done.

    Raises:
        PipelineError: the backfill did not succeed.
    """
    backfill_id = request_backfill(instance, keys=keys, title="history", run_config=run_config)
    logger = logging.getLogger("dagster.backfill")
    assets = checked_assets()
    done = hitches = 0
    target = ModuleTarget(
        module_name=MODULE, attribute=None, working_directory=None, location_name="vk_alerts"
    )
    with WorkspaceProcessContext(instance, target, code_server_log_level="CRITICAL") as workspace:
        while True:
            for error in execute_backfill_iteration(workspace, logger):
                if error is not None:
                    hitches += 1
                    if hitches > _MOST_HITCHES:
                        told = error.message.strip().splitlines()[0]
                        raise PipelineError(f"backfill {backfill_id}: {told}")
            backfill = instance.get_backfill(backfill_id)
            now_done = sum(len(instance.get_materialized_partitions(key)) for key in assets)
            on_progress(now_done - done)
            done = now_done
            if backfill is None or backfill.status in _OVER:
                break
            time.sleep(_PAUSE_SECONDS)
    if backfill is None or backfill.status is not BulkActionStatus.COMPLETED_SUCCESS:
        status = "gone" if backfill is None else backfill.status.value
        raise PipelineError(f"backfill {backfill_id}: ended as {status}; its runs in the Dagster UI tell why")
