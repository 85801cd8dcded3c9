"""Partitions that were filled without a run, marked as materialized in Dagster."""

import os
import uuid
from collections.abc import Sequence
from datetime import datetime

import dagster as dg
from dagster._core.events import (
    DagsterEvent,
    DagsterEventBatchMetadata,
    DagsterEventType,
    StepMaterializationData,
)
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from vk_alerts.event_log import BATCH_SIZE, BATCH_SIZE_VARIABLE
from vk_alerts.windows import window_key


def mark_materialized(
    instance: dg.DagsterInstance, asset: str, windows: Sequence[datetime], *, by: str
) -> int:
    """Marks those windows of an asset as materialized that are not; returns how many.

    Args:
        instance: where.
        asset: its name.
        windows: whose results are committed.
        by: who has filled them, shown with the partition.
    """
    key = dg.AssetKey(asset)
    done = instance.get_materialized_partitions(key)
    missing = [name for name in map(window_key, windows) if name not in done]
    # PostgreSQL takes batches too, but Dagster hands them out only where this is set.
    os.environ.setdefault(BATCH_SIZE_VARIABLE, str(BATCH_SIZE))
    batch = uuid.uuid4().hex
    for place, name in enumerate(missing, 1):
        filled = dg.AssetMaterialization(key, partition=name, metadata={"filled by": by})
        event = DagsterEvent(
            DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=StepMaterializationData(materialization=filled),
        )
        instance.report_dagster_event(
            event,
            run_id=RUNLESS_RUN_ID,
            batch_metadata=DagsterEventBatchMetadata(batch, is_end=place == len(missing)),
        )
    return len(missing)
