"""Versions of results: written whole under a rising number, visible once their commit marker is there.

A version is written whole under a number greater than any before it, then one marker row per window makes it
the version that readers take. A crash between the two leaves the previous version visible.
"""

import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pandas as pd

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.pruning import KEPT_VERSIONS, prune
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.clickhouse.spec import TableSpec
from vk_alerts.clickhouse.tables import COMMITS
from vk_alerts.errors import ClickHouseError
from vk_alerts.windows import STEP

LOGGER = logging.getLogger(__name__)
SCORES_ASSET = "anomaly_scores"
THRESHOLDS_ASSET = "thresholds"
_PRUNING = {SCORES_ASSET: "prune_scores", THRESHOLDS_ASSET: "prune_thresholds"}
# Deleting rewrites parts of a table: it waits until there is something worth it.
_VERSIONS_BEFORE_PRUNING = 2 * KEPT_VERSIONS - 1
# Two runs at once, after the clock has stepped back, must not take the same number.
_VERSION_LEAP = 2**20


def snapshots_asset(source: str) -> str:
    """The asset that holds a source's snapshots, such as ``feed_snapshots``."""
    return f"{source}_snapshots"


class Origin(StrEnum):
    """Why a version was written: only what a live run found may page."""

    LIVE = "live"
    BACKFILL = "backfill"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who writes a version.

    Attributes:
        origin: why.
        run_id: the Dagster run, or another name of the writer.
        now: when, aware UTC.
    """

    origin: Origin
    run_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """The newest committed version of a window.

    Attributes:
        window: its start.
        version: the version's number.
        rows: rows of the version in that window; 0 = the window was committed empty.
        origin: why it was written.
        committed_at: when, aware UTC, in whole seconds.
    """

    window: datetime
    version: int
    rows: int
    origin: Origin
    committed_at: datetime


class Versions:
    """What is committed of each asset, and how more is.

    Args:
        clickhouse: the database that holds the result tables.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    def newest(self, asset: str, start: datetime, end: datetime) -> list[Commit]:
        """The newest commit of every committed window in [start, end), oldest first."""
        return _commits(self._clickhouse.read(named_query("committed", asset=asset, start=start, end=end)))

    def recommitted(self, asset: str, start: datetime, end: datetime, *, since: int) -> list[Commit]:
        """The newest commit of those windows in [start, end) that have a version above ``since``."""
        found = named_query("recommitted", asset=asset, start=start, end=end, since=since)
        return _commits(self._clickhouse.read(found))

    def commit(
        self, spec: TableSpec, asset: str, rows: pd.DataFrame, *, windows: Sequence[datetime], by: Provenance
    ) -> None:
        """Makes ``rows`` the newest version of ``windows``, and lets go of versions that are too old.

        Args:
            spec: the table that the rows are for.
            asset: what is committed.
            rows: all columns of the table but the version; none for a window = it is committed empty.
            windows: starts, at least one.
            by: who writes.

        Raises:
            ClickHouseError: the rows or the markers cannot be written; readers see what they saw.
        """
        version = self._next_version(asset, windows)
        starts = pd.Series(pd.to_datetime(rows["window_start"], utc=True))
        filled = rows.assign(version=version)
        if len(filled):
            self._clickhouse.insert(spec, filled[[column.name for column in spec.columns]])
        counts = starts.value_counts()
        markers = pd.DataFrame(
            {
                "asset": asset,
                "window_start": pd.to_datetime(list(windows), utc=True),
                "version": version,
                "rows": [int(counts.get(pd.Timestamp(window), 0)) for window in windows],
                "origin": by.origin.value,
                "run_id": by.run_id,
                "committed_at": pd.Timestamp(by.now),
            }
        )
        self._clickhouse.insert(COMMITS, markers)
        try:
            self.prune(asset, min(windows), max(windows) + STEP, when_more_than=_VERSIONS_BEFORE_PRUNING)
        except ClickHouseError as error:  # what was written is visible; old versions only cost space
            LOGGER.warning("asset=%s outcome=old versions stay reason=%s", asset, error)

    def prune(
        self, asset: str, start: datetime, end: datetime, *, when_more_than: int = KEPT_VERSIONS
    ) -> int:
        """Lets go of all but the newest three versions of each window in [start, end).

        Args:
            asset: whose.
            start: first window.
            end: end of the last window.
            when_more_than: windows with at most so many versions are left alone.

        Returns:
            How many windows had more; the server deletes in the background.

        Raises:
            ClickHouseError: the server cannot be reached, refuses, or the user may not delete.
        """
        rows = _PRUNING.get(asset, "prune_snapshots")
        return prune(self._clickhouse, rows, asset, start, end, when_more_than=when_more_than)

    def _next_version(self, asset: str, windows: Sequence[datetime]) -> int:
        """A number above every committed version of these windows, also when the clock has stepped back."""
        newest = max((c.version for c in self.newest(asset, min(windows), max(windows) + STEP)), default=0)
        return max(time.time_ns(), newest + 1 + secrets.randbelow(_VERSION_LEAP))


def _commits(frame: pd.DataFrame) -> list[Commit]:
    return [
        Commit(
            window=window.to_pydatetime(),
            version=int(version),
            rows=int(rows),
            origin=Origin(origin),
            committed_at=committed_at.to_pydatetime(),
        )
        for window, version, rows, origin, committed_at in zip(
            frame["window_start"],
            frame["newest"],
            frame["row_count"],
            frame["newest_origin"],
            frame["newest_committed_at"],
            strict=True,
        )
    ]
