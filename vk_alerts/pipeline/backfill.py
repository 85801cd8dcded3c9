"""Fills the past: snapshots and scores of a long range, in stretches, silently."""

from collections.abc import Callable
from datetime import datetime, timedelta

from vk_alerts.clickhouse.versions import Provenance
from vk_alerts.pipeline.scoring import score_windows
from vk_alerts.pipeline.snapshots import take_snapshots
from vk_alerts.pipeline.stores import Stores

# Long stretches cost fewer reads of history; short ones bound memory and show progress.
SNAPSHOT_STRETCH = timedelta(days=7)
SCORE_STRETCH = timedelta(days=14)

Progress = Callable[[str, timedelta], None]


def backfill(
    stores: Stores,
    start: datetime,
    end: datetime,
    *,
    by: Provenance,
    on_progress: Progress = lambda _step, _done: None,
) -> int:
    """Takes and scores the snapshots of all windows in [start, end); returns how many windows.

    Args:
        stores: where to read and write.
        start: first window.
        end: end of the last window.
        by: who writes.
        on_progress: called with the step and how much time of data it has just finished.
    """
    for source in stores.catalog.sources:
        for since, until in _stretches(start, end, SNAPSHOT_STRETCH):
            take_snapshots(stores, source.name, since, until, by=by)
            on_progress(f"{source.name} snapshots", until - since)
    windows = 0
    for since, until in _stretches(start, end, SCORE_STRETCH):
        windows += score_windows(stores, since, until, by=by).windows
        on_progress("scores", until - since)
    return windows


def _stretches(start: datetime, end: datetime, length: timedelta) -> list[tuple[datetime, datetime]]:
    stretches = []
    while start < end:
        stretches.append((start, min(start + length, end)))
        start += length
    return stretches
