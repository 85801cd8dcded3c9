"""Events → snapshots: all metrics in all slices of a range of windows, in one query per source."""

import time
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.clickhouse.versions import Provenance
from vk_alerts.errors import ClickHouseQueryError, PipelineError
from vk_alerts.metrics.model import Metric, MetricKind, SourceFile
from vk_alerts.metrics.query import (
    EVENTS_COLUMN,
    SLICE_COLUMN,
    WINDOW_COLUMN,
    SnapshotQuery,
    snapshot_query,
)
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, windows_between

_DIGITS = 10


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """What a materialization of snapshots did.

    Attributes:
        windows: windows committed.
        empty_windows: windows without a single event of the source.
        series: different metric × slice pairs seen.
        rows: snapshot rows written.
        events: events in the windows.
        query_seconds: time the events' query took.
    """

    windows: int
    empty_windows: int
    series: int
    rows: int
    events: int
    query_seconds: float


def take_snapshots(
    stores: Stores, source: str, start: datetime, end: datetime, *, by: Provenance
) -> SnapshotReport:
    """Snapshots one source in every window of [start, end) and commits them, in place of any earlier ones.

    Raises:
        PipelineError: the server may leave events out of its answers; nothing is written then.
        ClickHouseError: the events cannot be read or the snapshots not be written; nothing is visible then.
    """
    _require_whole_answers(stores.events)
    file = stores.catalog.source_file(source)
    query = snapshot_query(file, start, end)
    began = time.perf_counter()
    answer = _answer(stores.events, file, query)
    seconds = time.perf_counter() - began
    rows = snapshot_rows(file, query, answer)
    windows = windows_between(start, end)
    stores.results.write_snapshots(source, rows, windows=windows, by=by)
    totals = answer.loc[answer[SLICE_COLUMN] == ALL_KEY]
    return SnapshotReport(
        windows=len(windows),
        empty_windows=len(windows) - len(totals),
        series=len(rows[["metric", "slice"]].drop_duplicates()),
        rows=len(rows),
        events=int(totals[EVENTS_COLUMN].sum()),
        query_seconds=seconds,
    )


def _require_whole_answers(events: ClickHouse) -> None:
    """Refuses users under whose settings an answer may be incomplete without a word.

    Sending other settings with the query is not open to read-only users.
    """
    found = events.read(named_query("partial_answers"))
    if len(found):
        told = ", ".join(f"{row.name} = {row.value}" for row in found.itertuples(index=False))
        raise PipelineError(
            f"ClickHouse at {events.target.address}: under the settings of user {events.target.user!r} an "
            f"answer may silently lack events ({told}); have them unset in the user's profile"
        )


def _answer(events: ClickHouse, file: SourceFile, query: SnapshotQuery) -> pd.DataFrame:
    try:
        return events.read(query.sql)
    except ClickHouseQueryError as error:
        source = (
            f"source {file.source.name!r}, table {file.source.table!r} in database {events.target.database!r}"
        )
        raise ClickHouseQueryError(f"{source}: {error}", code=error.code, name=error.name) from error


def measure(
    stores: Stores, file: SourceFile, window: datetime, *, metric: str, slice_key: str
) -> float | None:
    """The value of one series in a window as the events stand now; None = it has none. Nothing is written.

    Raises:
        ClickHouseError: the events cannot be read.
    """
    query = snapshot_query(file, window, window + STEP)
    rows = snapshot_rows(file, query, _answer(stores.events, file, query))
    found = rows.loc[(rows["metric"] == metric) & (rows["slice"] == slice_key), "value"].dropna()
    return None if found.empty else float(found.iloc[0])


def snapshot_rows(file: SourceFile, query: SnapshotQuery, answer: pd.DataFrame) -> pd.DataFrame:
    """The answer's wide rows (one per window and slice) as one row per window, slice and metric."""
    parts = []
    for metric in file.metrics:
        numerator, denominator, value = _figures(metric, query, answer)
        parts.append(
            pd.DataFrame(
                {
                    "metric": metric.name,
                    "slice": answer[SLICE_COLUMN].to_numpy(),
                    "window_start": pd.to_datetime(answer[WINDOW_COLUMN], unit="s", utc=True),
                    "value": value,
                    "numerator": numerator,
                    "denominator": denominator,
                    "events": answer[EVENTS_COLUMN].to_numpy(dtype=np.uint64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _figures(
    metric: Metric, query: SnapshotQuery, answer: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numerators, denominators and values; of what is measured, the value and the events that it is from."""

    def column(name: str) -> np.ndarray:
        return answer[name].to_numpy(dtype=np.float64, na_value=np.nan)

    numerator = column(query.value_columns[metric.numerator or metric.name])
    if metric.kind.is_measured:
        evidence = column(query.evidence_columns[metric.name])
        is_known = np.isfinite(numerator) & (evidence > 0)
        value = np.where(is_known, _rounded(numerator), np.nan)
        return np.where(is_known, value, 0.0), np.where(is_known, evidence, 0.0), value
    denominator = np.ones(len(answer))
    if metric.kind is MetricKind.RATIO and metric.denominator is not None:
        denominator = column(query.value_columns[metric.denominator])
    with np.errstate(divide="ignore", invalid="ignore"):
        return numerator, denominator, np.where(denominator > 0, numerator / denominator, np.nan)


def _rounded(values: np.ndarray) -> np.ndarray:
    """To ten digits: sums of fractions end differently from run to run, by the order of threads."""
    return np.array([float(f"{value:.{_DIGITS}g}") for value in values.tolist()], dtype=np.float64)
