"""Snapshots → scores: how far each series lies from what its past led to expect."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
import pandas as pd

from vk_alerts.alerting.verdicts import DecidedBy
from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.clickhouse.tables import SCORES
from vk_alerts.clickhouse.versions import Provenance
from vk_alerts.detection import Scores, day_start, score_history
from vk_alerts.detection.bands import narrowed
from vk_alerts.errors import PipelineError
from vk_alerts.metrics.model import SourceFile
from vk_alerts.pipeline.blocks import read_blocks
from vk_alerts.pipeline.judging import MetricScores, judge_panel
from vk_alerts.pipeline.panels import Panel, panels_of, special_days
from vk_alerts.pipeline.presence import is_present
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.thresholds import Thresholds, read_thresholds
from vk_alerts.pipeline.ticking import Memories, Part, past_of, read_tick, score_tick_panel
from vk_alerts.windows import STEP, window_key, windows_between


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What a materialization of scores did.

    Attributes:
        windows: windows committed.
        series: series scored.
        no_verdict: series-windows without a verdict.
        above_threshold: series-windows whose score crossed its threshold.
        max_score: the highest score; None = no verdict at all.
        max_metric: its metric.
        max_slice: its slice.
        max_window: its window.
        max_decided_by: what decided it.
        by_share: series-windows that were judged by their share of the total.
        read_seconds: time to read the history.
        score_seconds: time to score it.
    """

    windows: int
    series: int
    no_verdict: int
    above_threshold: int
    max_score: float | None
    max_metric: str
    max_slice: str
    max_window: datetime | None
    max_decided_by: DecidedBy
    by_share: int
    read_seconds: float
    score_seconds: float

    @property
    def max_series(self) -> str:
        """The series of the highest score, as people read it."""
        return f"{self.max_metric} · {self.max_slice}" if self.max_metric else ""


def score_windows(stores: Stores, start: datetime, end: datetime, *, by: Provenance) -> ScoreReport:
    """Scores every series in the windows [start, end) and commits the scores, in place of any earlier ones.

    Raises:
        PipelineError: a window has no snapshot, or there is no past to compare with.
        ClickHouseError: history cannot be read or the scores not be written; nothing is visible then.
    """
    frames: list[pd.DataFrame] = []
    read_seconds = score_seconds = 0.0
    thresholds = read_thresholds(stores, windows_between(start, end))
    for file in stores.catalog.files:
        began = time.perf_counter()
        for part in _parts(stores, file, start, end):
            read = time.perf_counter()
            _require_snapshots(file, part.grid, start, end)
            frames += _score_part(file, part, start, end, thresholds=thresholds, zone=stores.settings.zone)
            read_seconds += read - began
            began = time.perf_counter()
            score_seconds += began - read
            del part  # the next one is read before the name is taken by it
    rows = pd.concat(frames, ignore_index=True) if frames else _no_rows()
    stores.results.write_scores(rows, windows=windows_between(start, end), by=by)
    return _report(
        rows,
        windows=(end - start) // STEP,
        series=sum(frame["slice"].nunique() for frame in frames),
        read_seconds=read_seconds,
        score_seconds=score_seconds,
    )


def score_source(stores: Stores, file: SourceFile, start: datetime, end: datetime) -> Iterator[pd.DataFrame]:
    """The rows of scores of a source's metrics as ``file`` has them, in frames; nothing is written.

    Raises:
        PipelineError: a window has no snapshot, or there is no past to compare with.
        ClickHouseError: history cannot be read.
    """
    thresholds = read_thresholds(stores, windows_between(start, end))
    for part in _parts(stores, file, start, end):
        _require_snapshots(file, part.grid, start, end)
        yield from _score_part(file, part, start, end, thresholds=thresholds, zone=stores.settings.zone)


def _parts(stores: Stores, file: SourceFile, start: datetime, end: datetime) -> Iterator[Part]:
    if end - start == STEP:
        yield from read_tick(stores, file, start)
        return
    # As far back as for the day's first window, as ticks do: which series there are depends on it.
    since, _ = past_of(day_start(start, step=STEP, timezone=stores.settings.zone))
    for block, grid in read_blocks(stores.results, file, [(since, end)]):
        yield Part(block, grid, {})


def _score_part(
    file: SourceFile, part: Part, start: datetime, end: datetime, *, thresholds: Thresholds, zone: str
) -> Iterator[pd.DataFrame]:
    grid, first, is_tick = part.grid, part.grid.column_of(start), end - start == STEP
    if is_tick:
        scored = _score_tick(file, grid, part.memories, zone=zone)
    else:
        scored = score_metrics(file, grid, first=first, zone=zone)
    windows = pd.to_datetime(grid.starts[first:], unit="s", utc=True)
    row_of = {series: row for row, series in enumerate(zip(grid.metrics, grid.slices, strict=True))}
    present = None if is_tick else is_present(grid, first, zone=zone)
    for one in scored:
        owned = np.array([part.block.owns(one.metric.name, key) for key in one.slices])
        wanted = np.broadcast_to(owned[:, None], (len(owned), len(windows)))
        if present is not None:
            wanted = wanted & present[[row_of[one.metric.name, key] for key in one.slices]]
        rows = _score_rows(file.source.name, windows, one, thresholds.of(one.metric, one.slices))
        yield rows[wanted.ravel()]


def _require_snapshots(file: SourceFile, grid: SeriesGrid, start: datetime, end: datetime) -> None:
    first = grid.column_of(start)
    missing = np.flatnonzero(~grid.is_committed[first:])
    if missing.size:
        window = window_key(grid.start_of(first + int(missing[0])))
        more = f" and {missing.size - 1} more" if missing.size > 1 else ""
        raise PipelineError(
            f"{file.source.name}_snapshots: window {window}{more} has no snapshot; materialize it first"
        )
    if not grid.is_committed[:-1].any():
        raise PipelineError(
            f"{file.source.name}_snapshots: no history before window {window_key(end - STEP)}, nothing to "
            "compare with; run 'vk-alerts backfill --days 42' first"
        )


def score_metrics(file: SourceFile, grid: SeriesGrid, *, first: int, zone: str) -> Iterator[MetricScores]:
    """Verdicts on the columns of a grid from ``first`` on, metric by metric.

    Args:
        file: the source and its metrics; a series whose slice is not watched any more is left out.
        grid: the source's committed snapshots.
        first: columns before it are history only.
        zone: the zone of the users' habits.
    """
    special = special_days(file, grid.start, grid.start_of(-1), zone=zone)

    def score(panel: Panel) -> Scores:
        return score_history(
            panel.comparable,
            start=grid.start,
            step=STEP,
            trials=panel.trials,
            holidays=special,
            timezone=zone,
            detector=panel.metric.detector,
            first=first,
        )

    for panel in panels_of(file, grid):
        yield judge_panel(panel, score, windows=grid.windows - first)


def _score_tick(
    file: SourceFile, grid: SeriesGrid, memories: Memories, *, zone: str
) -> Iterator[MetricScores]:
    special = special_days(file, grid.start, grid.start_of(-1), zone=zone)
    score = partial(score_tick_panel, grid=grid, memories=memories, special=special, zone=zone)
    for panel in panels_of(file, grid):
        yield judge_panel(panel, score, windows=1)


def _score_rows(
    source: str, windows: pd.DatetimeIndex, scored: MetricScores, threshold: np.ndarray
) -> pd.DataFrame:
    """The rows of ``windows``, the last ones of those that were scored."""
    width, metric = len(windows), scored.metric
    verdicts = narrowed(scored.scores.columns(slice(scored.scores.score.shape[1] - width, None)), threshold)

    def last(array: np.ndarray) -> np.ndarray:
        return array[:, array.shape[1] - width :].ravel()

    return pd.DataFrame(
        {
            "window_start": np.tile(windows.to_numpy(), len(scored.slices)),
            "source": source,
            "metric": metric.name,
            "slice": np.repeat(np.array(scored.slices, dtype=object), width),
            "value": last(scored.measured),
            "expected": last(verdicts.expected),
            "lower": last(verdicts.lower),
            "upper": last(verdicts.upper),
            "score": last(verdicts.score),
            "evidence": last(scored.evidence),
            "threshold": threshold.ravel(),
            "detector": metric.detector,
            "own_score": last(scored.own),
            "share_score": last(scored.share),
            "decided_by": np.where(last(scored.by_share), DecidedBy.SHARE.value, DecidedBy.OWN.value),
        }
    )


def _no_rows() -> pd.DataFrame:
    """The scores of windows in whose whole history no source had an event."""
    return pd.DataFrame(columns=[name for name in SCORES.column_names if name != "version"])


def _report(
    rows: pd.DataFrame, *, windows: int, series: int, read_seconds: float, score_seconds: float
) -> ScoreReport:
    scores = rows["score"].to_numpy(dtype=np.float64)
    judged = ~np.isnan(scores)
    top = rows.iloc[int(np.nanargmax(scores))] if judged.any() else None
    return ScoreReport(
        windows=windows,
        series=series,
        no_verdict=int((~judged).sum()),
        above_threshold=int((scores[judged] >= rows["threshold"].to_numpy()[judged]).sum()),
        max_score=None if top is None else float(top["score"]),
        max_metric="" if top is None else str(top["metric"]),
        max_slice="" if top is None else str(top["slice"]),
        max_window=None if top is None else top["window_start"].to_pydatetime(),
        max_decided_by=DecidedBy.OWN if top is None else DecidedBy(top["decided_by"]),
        by_share=int((rows["decided_by"] == DecidedBy.SHARE.value).sum()),
        read_seconds=read_seconds,
        score_seconds=score_seconds,
    )
