"""Snapshots, scores and what else is kept of them in ClickHouse: reads take the newest committed version."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from vk_alerts.clickhouse.block import EVERYTHING, Block
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.columns import complete_tables
from vk_alerts.clickhouse.grid import Floats, SeriesGrid
from vk_alerts.clickhouse.history import Extent, Range, read_extent, read_history
from vk_alerts.clickhouse.memories import read_memories, write_memories
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.clickhouse.tables import RESULT_TABLES, SCORES, SNAPSHOTS, THRESHOLDS
from vk_alerts.clickhouse.told_tables import INCIDENT_HISTORY, NOTIFICATION_HISTORY
from vk_alerts.clickhouse.versions import (
    SCORES_ASSET,
    THRESHOLDS_ASSET,
    Commit,
    Provenance,
    Versions,
    snapshots_asset,
)


class ResultRepository:
    """Reads and writes of snapshots and scores.

    Args:
        clickhouse: the database that holds the result tables.
    """

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse
        self._versions = Versions(clickhouse)

    def create_tables(self) -> None:
        """Creates what is missing of the result tables."""
        complete_tables(self._clickhouse, RESULT_TABLES)

    def write_snapshots(
        self, source: str, rows: pd.DataFrame, *, windows: Sequence[datetime], by: Provenance
    ) -> None:
        """Commits the snapshots of ``windows``: exactly ``rows`` (SNAPSHOTS without source and version)."""
        self._versions.commit(
            SNAPSHOTS, snapshots_asset(source), rows.assign(source=source), windows=windows, by=by
        )

    def write_scores(self, rows: pd.DataFrame, *, windows: Sequence[datetime], by: Provenance) -> None:
        """Commits the scores of ``windows``: exactly ``rows`` (SCORES without the version)."""
        self._versions.commit(SCORES, SCORES_ASSET, rows, windows=windows, by=by)

    def commits(self, asset: str, start: datetime, end: datetime) -> list[Commit]:
        """The newest commit of every committed window in [start, end), oldest first."""
        return self._versions.newest(asset, start, end)

    def recommitted(self, asset: str, start: datetime, end: datetime, *, since: int) -> list[Commit]:
        """The newest commit of those windows in [start, end) that have a version above ``since``."""
        return self._versions.recommitted(asset, start, end, since=since)

    def history(self, source: str, *ranges: Range, block: Block = EVERYTHING) -> SeriesGrid:
        """The committed snapshots of a source as a grid.

        Args:
            source: its name.
            ranges: half-open ranges of windows, ascending and disjoint, at least one.
            block: which of its series.
        """
        return read_history(self._clickhouse, source, snapshots_asset(source), ranges, block=block)

    def extent(self, source: str, *ranges: Range) -> Extent:
        """How much there is to read of a source in such ranges."""
        return read_extent(self._clickhouse, snapshots_asset(source), ranges)

    def fingerprint(self, source: str, start: datetime, end: datetime) -> str:
        """What tells this history of a source in [start, end) from any other: changes with every commit."""
        found = self._read("fingerprint", asset=snapshots_asset(source), start=start, end=end).iloc[0]
        return f"{int(found['committed'])}:{int(found['versions']):x}"

    def memories(self, source: str, day: datetime, fingerprint: str) -> dict[tuple[str, str], Floats]:
        """What was remembered under a fingerprint for the local day that begins with the window ``day``.

        Returns:
            A row of numbers by name of panel and slice; empty when nothing is there.
        """
        return read_memories(self._clickhouse, source, day, fingerprint)

    def write_memories(
        self, source: str, day: datetime, fingerprint: str, rows: Mapping[tuple[str, str], Floats]
    ) -> None:
        """Remembers numbers for a day, and forgets those of days that have passed."""
        write_memories(self._clickhouse, source, day, fingerprint, rows)

    def scores(
        self, start: datetime, end: datetime, *, metric: str = "", slice_key: str = ""
    ) -> pd.DataFrame:
        """Committed scores of the windows in [start, end), of one series or of all."""
        return self._read("scores", start=start, end=end, metric=metric, slice=slice_key)

    def scores_of(self, start: datetime, end: datetime, series: Sequence[tuple[str, str]]) -> pd.DataFrame:
        """Committed scores of some series, pairs of metric and slice, in the windows of [start, end)."""
        names = [f"{metric} {slice_key}" for metric, slice_key in series]
        return self._read("scores_of", start=start, end=end, series=names)

    def score_versions(self, start: datetime, end: datetime, versions: Sequence[int]) -> pd.DataFrame:
        """Scores of the windows in [start, end) as some versions have them; pruned ones have none."""
        return self._read("score_versions", start=start, end=end, versions=list(versions))

    def crossed(self, start: datetime, end: datetime) -> int:
        """How many committed scores in [start, end) reached their threshold."""
        return int(self._read("crossed", start=start, end=end)["crossed"].iloc[0])

    def crossed_by_window(self, start: datetime, end: datetime) -> pd.Series:
        """How many series lay outside their own normal range in each window in [start, end).

        Returns:
            float64, indexed by window; windows without scores are left out.
        """
        frame = self._read("crossed_by_window", start=start, end=end)
        return frame.set_index("window_start")["crossed"].astype("float64")

    def arrivals(self, source: str, *, start: datetime, end: datetime) -> pd.Series:
        """How many events of a source there were when each window in [start, end) was committed.

        Returns:
            float64, indexed by window; windows without events or without a snapshot are left out.
        """
        frame = self._read("arrivals", source=source, asset=snapshots_asset(source), start=start, end=end)
        return frame.set_index("window_start")["arrived"].astype("float64")

    def write_thresholds(self, rows: pd.DataFrame, *, day: datetime, by: Provenance) -> None:
        """Commits the thresholds calibrated at the end of the day that begins with the window ``day``.

        Args:
            rows: exactly those (THRESHOLDS without window_start and version).
            day: the local day's first window.
            by: who writes.
        """
        self._versions.commit(
            THRESHOLDS, THRESHOLDS_ASSET, rows.assign(window_start=day), windows=[day], by=by
        )

    def thresholds(self, oldest: datetime, newest: datetime) -> dict[tuple[str, str], float]:
        """The thresholds by metric and slice that the newest of the days oldest .. newest ended with."""
        found = self._read("thresholds", oldest=oldest, newest=newest)
        return {
            (metric, key): float(threshold)
            for metric, key, threshold in zip(
                found["metric"], found["slice"], found["threshold"], strict=True
            )
        }

    def exceedances(
        self, start: datetime, end: datetime, *, floor: float, most: int, rules: Mapping[str, list[Any]]
    ) -> pd.DataFrame:
        """Committed scores in [start, end) that thresholds depend on: at least ``floor``, the highest first.

        Args:
            start: first window.
            end: end of the last window.
            floor: the least score.
            most: how many rows at most.
            rules: ``metrics``, and in their order ``detectors``, ``least_deviations`` and ``least_evidence``.
        """
        return self._read("exceedances", start=start, end=end, floor=floor, most=most, **rules)

    def score_habits(
        self, start: datetime, end: datetime, *, metrics: list[str], detectors: list[str]
    ) -> pd.DataFrame:
        """What committed scores in [start, end) of metrics and their detectors tell of each series."""
        return self._read("score_habits", start=start, end=end, metrics=metrics, detectors=detectors)

    def values(
        self, source: str, metric: str, slice_key: str, *, start: datetime, end: datetime
    ) -> pd.Series:
        """Committed values of one series in [start, end): float64, indexed by window, gaps left out."""
        frame = self._read(
            "values",
            source=source,
            asset=snapshots_asset(source),
            metric=metric,
            slice=slice_key,
            start=start,
            end=end,
        )
        return frame.set_index("window_start")["value"].astype("float64")

    def snapshot_events(self, source: str, start: datetime, end: datetime) -> dict[datetime, int]:
        """The events that committed snapshots of a source counted, by window of [start, end)."""
        found = self._read(
            "snapshot_events", source=source, asset=snapshots_asset(source), start=start, end=end
        )
        return {
            window.to_pydatetime(): int(events)
            for window, events in zip(found["window_start"], found["snapshot_events"], strict=True)
        }

    def append_incidents(self, rows: pd.DataFrame) -> None:
        """Adds versions of incidents (INCIDENT_HISTORY)."""
        self._clickhouse.insert(INCIDENT_HISTORY, rows[list(INCIDENT_HISTORY.column_names)])

    def append_notifications(self, rows: pd.DataFrame) -> None:
        """Adds messages whose fate is known (NOTIFICATION_HISTORY)."""
        self._clickhouse.insert(NOTIFICATION_HISTORY, rows[list(NOTIFICATION_HISTORY.column_names)])

    def incident_history(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The copied incidents that began in [start, end), as they stand."""
        return self._read("incident_history", start=start, end=end)

    def notification_history(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The copied messages about windows in [start, end)."""
        return self._read("notification_history", start=start, end=end)

    def prune(self, asset: str, start: datetime, end: datetime) -> int:
        """Lets go of all but the newest three versions of each window in [start, end).

        Writing does so by itself from time to time.

        Returns:
            How many windows had more; the server deletes in the background.

        Raises:
            ClickHouseError: the server cannot be reached, refuses, or the user may not delete.
        """
        return self._versions.prune(asset, start, end)

    def _read(self, name: str, **values: object) -> pd.DataFrame:
        return self._clickhouse.read(named_query(name, **values))
