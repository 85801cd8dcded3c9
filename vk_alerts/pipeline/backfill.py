"""Fills the past: snapshots and scores of a long range, in stretches, silently; goes on where it stopped."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from vk_alerts.clickhouse.versions import SCORES_ASSET, Provenance, snapshots_asset
from vk_alerts.pipeline.scoring import score_windows
from vk_alerts.pipeline.snapshots import take_snapshots
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, windows_between

# Long stretches cost fewer reads of history; short ones bound memory, show progress, and are what is lost
# when it is killed.
SNAPSHOT_STRETCH = timedelta(days=7)
SCORE_STRETCH = timedelta(days=14)

Progress = Callable[[str, timedelta], None]
Filled = Callable[[str, Sequence[datetime]], None]


def backfill(
    stores: Stores,
    start: datetime,
    end: datetime,
    *,
    by: Provenance,
    again: bool = False,
    on_progress: Progress = lambda _step, _done: None,
    on_filled: Filled = lambda _asset, _windows: None,
) -> int:
    """Takes and scores the snapshots of all windows in [start, end); returns how many windows.

    What is committed is kept: snapshots that are there, and scores that are newer than every snapshot up to
    their window.

    Args:
        stores: where to read and write.
        start: first window.
        end: end of the last window.
        by: who writes.
        again: whether to compute also what is there, as after a change of the catalog.
        on_progress: called with the step and how much time of data it has just finished.
        on_filled: called with an asset and windows of it that are committed, also those that were before.
    """
    windows = windows_between(start, end)
    for source in stores.catalog.sources:
        asset = snapshots_asset(source.name)
        kept = [] if again else [commit.window for commit in stores.results.commits(asset, start, end)]
        missing = _begin(f"{source.name} snapshots", asset, windows, kept, on_progress, on_filled)
        for stretch in _stretches(missing, SNAPSHOT_STRETCH):
            take_snapshots(stores, source.name, stretch[0], stretch[-1] + STEP, by=by)
            on_filled(asset, stretch)
            on_progress(f"{source.name} snapshots", len(stretch) * STEP)
    kept = [] if again else _current_scores(stores, windows)
    missing = _begin("scores", SCORES_ASSET, windows, kept, on_progress, on_filled)
    for stretch in _stretches(missing, SCORE_STRETCH):
        score_windows(stores, stretch[0], stretch[-1] + STEP, by=by)
        on_filled(SCORES_ASSET, stretch)
        on_progress("scores", len(stretch) * STEP)
    return len(windows)


def _begin(
    step: str,
    asset: str,
    windows: Sequence[datetime],
    kept: Collection[datetime],
    on_progress: Progress,
    on_filled: Filled,
) -> list[datetime]:
    """Tells what is there already; returns what is missing."""
    there = set(kept)
    if there:
        on_filled(asset, sorted(there))
        on_progress(step, len(there) * STEP)
    return [window for window in windows if window not in there]


def _current_scores(stores: Stores, windows: Sequence[datetime]) -> list[datetime]:
    """The windows whose scores are newer than all they may have been computed from."""
    if not windows:
        return []
    start, end = windows[0], windows[-1] + STEP
    newest = dict.fromkeys(windows, 0)
    for source in stores.catalog.sources:
        for commit in stores.results.commits(snapshots_asset(source.name), start, end):
            newest[commit.window] = max(newest[commit.window], commit.version)
    needed = dict(zip(windows, accumulate(newest.values(), max), strict=True))
    scores = stores.results.commits(SCORES_ASSET, start, end)
    return [commit.window for commit in scores if commit.version > needed[commit.window]]


def _stretches(windows: Sequence[datetime], length: timedelta) -> list[list[datetime]]:
    """Windows that follow one another, in parts of at most so long a time."""
    stretches: list[list[datetime]] = []
    for window in windows:
        if stretches and window - stretches[-1][-1] == STEP and len(stretches[-1]) < length // STEP:
            stretches[-1].append(window)
        else:
            stretches.append([window])
    return stretches
