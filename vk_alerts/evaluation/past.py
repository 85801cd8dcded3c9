"""The snapshots of a stretch and of the past before it, and what a detector makes of them."""

from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np

from vk_alerts.clickhouse.block import EVERYTHING, Block
from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.detection import day_start
from vk_alerts.evaluation.stretch import Stretch, StretchBuilder
from vk_alerts.metrics.model import SourceFile
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.blocks import read_blocks
from vk_alerts.pipeline.presence import is_present
from vk_alerts.pipeline.scoring import score_metrics
from vk_alerts.pipeline.thresholds import read_thresholds
from vk_alerts.pipeline.ticking import past_of
from vk_alerts.windows import STEP, windows_between


class Past:
    """Committed snapshots of the sources, as far back as verdicts on a stretch depend on.

    What fits into memory is read once for all detectors, the rest anew for each.

    Args:
        stores: where the snapshots and the thresholds are.
        files: sources and their metrics.
        start: first window of the stretch.
        end: end of its last one.

    Raises:
        ClickHouseError: the thresholds cannot be read.
    """

    def __init__(
        self,
        stores: Stores,
        files: tuple[SourceFile, ...],
        start: datetime,
        end: datetime,
    ) -> None:
        self._results = stores.results
        self._files = files
        self._start = start
        self._end = end
        self._zone = stores.settings.zone
        self._thresholds = read_thresholds(stores, windows_between(start, end))
        self._kept: dict[str, SeriesGrid] = {}

    def score(self, detector: str, *, on_source: Callable[[str], None]) -> Stretch:
        """A detector's verdicts on the stretch.

        Args:
            detector: its name.
            on_source: called with each source that is done.

        Raises:
            ClickHouseError: the snapshots cannot be read.
        """
        built = StretchBuilder(self._start, (self._end - self._start) // STEP)
        for file in self._files:
            for block, grid in self._blocks(file):
                self._score(built, file, block, grid, detector)
                del grid  # the next one is read before the name is taken by it
            on_source(file.source.name)
        return built.stretch()

    def _blocks(self, file: SourceFile) -> Iterator[tuple[Block, SeriesGrid]]:
        name = file.source.name
        if name in self._kept:
            yield EVERYTHING, self._kept[name]
            return
        since, _ = past_of(day_start(self._start, step=STEP, timezone=self._zone))
        for block, grid in read_blocks(self._results, file, [(since, self._end)]):
            if block == EVERYTHING:
                self._kept[name] = grid
            yield block, grid
            del grid

    def _score(
        self, built: StretchBuilder, file: SourceFile, block: Block, grid: SeriesGrid, detector: str
    ) -> None:
        first = grid.column_of(self._start)
        present = is_present(grid, first, zone=self._zone)
        row_of = {series: row for row, series in enumerate(zip(grid.metrics, grid.slices, strict=True))}
        in_use = {metric.name: metric for metric in file.metrics}
        for one in score_metrics(_with_detector(file, detector), grid, first=first, zone=self._zone):
            metric = in_use[one.metric.name]
            rows = [row for row, key in enumerate(one.slices) if block.owns(one.metric.name, key)]
            here = present[[row_of[one.metric.name, one.slices[row]] for row in rows]]
            threshold = np.full(here.shape, metric.threshold)
            if metric.detector == detector:  # those that were calibrated are for its scores only
                threshold = self._thresholds.of(metric, [one.slices[row] for row in rows])
            built.add(file.source.name, one, rows=rows, threshold=threshold, is_present=here)


def _with_detector(file: SourceFile, detector: str) -> SourceFile:
    metrics = tuple(metric.model_copy(update={"detector": detector}) for metric in file.metrics)
    return file.model_copy(update={"metrics": metrics})
