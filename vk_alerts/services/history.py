"""``vk-alerts backfill``: fills the past, and tells Dagster of it."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.alerting.plan import LIVE_WITHIN
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.instance import write_dagster_home
from vk_alerts.marks import mark_materialized
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.backfill import Progress
from vk_alerts.settings import make_home
from vk_alerts.windows import STEP, last_closed, window_end

NAME = "vk-alerts backfill"


def fill_history(
    stores: Stores, days: int, *, now: datetime, again: bool, on_progress: Progress
) -> tuple[int, int]:
    """Takes and scores the snapshots of the days up to what may still be told; whatever is there is kept.

    Windows that closed within ``LIVE_WITHIN`` are left to the schedule: what a backfill has scored tells
    nobody, so an incident in them would be lost, and their events may not all be there.

    Its windows count as materialized in the Dagster of the environment's DAGSTER_HOME, without one in that of
    ``vk-alerts up``.

    Args:
        stores: of the environment.
        days: how far back.
        now: aware UTC.
        again: whether to compute what is there again.
        on_progress: called with the step and how much time of data it has just finished.

    Returns:
        How many windows there are, and how many of them lie before the first partition that Dagster knows.

    Raises:
        VkAlertsError: events or results cannot be read or written.
    """
    end = window_end(last_closed(now - LIVE_WITHIN))
    start = end - timedelta(days=days)
    settings = stores.settings
    make_home(settings.home)
    home = Path(os.environ.get("DAGSTER_HOME") or settings.home / "dagster")
    os.environ["DAGSTER_HOME"] = str(write_dagster_home(home))
    with dg.DagsterInstance.get() as instance:

        def _mark(asset: str, windows: Sequence[datetime]) -> None:
            known = [window for window in windows if window >= settings.start]
            mark_materialized(instance, asset, known, by=NAME)

        by = Provenance(origin=Origin.BACKFILL, run_id=NAME, now=now)
        windows = pipeline.backfill(
            stores, start, end, by=by, again=again, on_progress=on_progress, on_filled=_mark
        )
    early = max(min(settings.start, end) - start, timedelta(0))
    return windows, early // STEP
