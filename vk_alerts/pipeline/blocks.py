"""A source's history in blocks of series that fit into memory, each with what they are compared with."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np

from vk_alerts.clickhouse.block import EVERYTHING, Block
from vk_alerts.clickhouse.grid import Floats, SeriesGrid
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.metrics.model import Metric, SourceFile
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.panels import dimensions_of
from vk_alerts.windows import STEP

MOST_POINTS = 8_000_000
"""Of a block: an array takes 64 MB, and reading and scoring hold several. 1,200 series are one block."""

# Of each kind; the largest slices have rows at all times, so that one would nearly always do.
_WITNESSES = 3

Range = tuple[datetime, datetime]
Kind = tuple[str, ...]


def read_blocks(
    results: ResultRepository, file: SourceFile, ranges: Sequence[Range]
) -> Iterator[tuple[Block, SeriesGrid]]:
    """The committed snapshots of a source, block by block; most installations need a single one.

    A grid holds the series that its block owns and, where there are several blocks, others beside them: the
    metric's total, of which the slices are shares, and for each kind of slice witnesses of the windows in
    which there were slices of that kind at all.

    Args:
        results: where they are.
        file: the source and its metrics.
        ranges: half-open ranges of windows, ascending and disjoint, at least one.
    """
    extent = results.extent(file.source.name, *ranges)
    windows = sum((end - start) // STEP for start, end in ranges)
    if extent.newest is None or extent.rows * windows <= MOST_POINTS:
        yield EVERYTHING, results.history(file.source.name, *ranges)
        return
    newest = results.history(file.source.name, (extent.newest, extent.newest + STEP))
    parts = -(-extent.rows * windows // (MOST_POINTS * len(file.metrics)))
    for metric in file.metrics:
        yield from _blocks_of_metric(results, file, metric, ranges, newest=newest, parts=parts)


def _blocks_of_metric(
    results: ResultRepository,
    file: SourceFile,
    metric: Metric,
    ranges: Sequence[Range],
    *,
    newest: SeriesGrid,
    parts: int,
) -> Iterator[tuple[Block, SeriesGrid]]:
    def read(low: str, high: str | None, beside: set[str]) -> tuple[Block, SeriesGrid]:
        block = Block(metric.name, low, high, tuple(sorted(beside)))
        return block, results.history(file.source.name, *ranges, block=block)

    largest = _largest_first(newest, metric.name)
    cuts = _cuts(sorted(largest), parts)
    highs: list[str | None] = [*cuts, None]
    edges = list(zip(["", *cuts], highs, strict=True))
    beside = {ALL_KEY, *_witnesses(largest)}
    for number, (low, high) in enumerate(edges):
        block, grid = read(low, high, beside)
        if number == 0 and len(edges) > 1 and metric.kind.is_counted:
            search = _Search(file.source.groupings, grid, beside)
            if search.is_open:  # a slice that is new in the catalog, or all witnesses were silent
                for other in edges:
                    search.look_at(read(*other, set())[1])
                beside = search.beside
                block, grid = read(low, high, beside)
        yield block, grid
        del grid  # two at a time would not fit


def _largest_first(newest: SeriesGrid, metric: str) -> list[str]:
    rows = [row for row, name in enumerate(newest.metrics) if name == metric]
    sizes = newest.numerators[rows, -1]
    return [newest.slices[rows[place]] for place in np.argsort(-sizes, kind="stable")]


def _cuts(keys: Sequence[str], parts: int) -> list[str]:
    """Keys that cut sorted ones into so many parts of about the same size."""
    return sorted({keys[len(keys) * part // parts] for part in range(1, parts)} - {""}) if keys else []


def _witnesses(largest: Sequence[str]) -> list[str]:
    found: dict[Kind, list[str]] = {}
    for key in largest:
        mine = found.setdefault(dimensions_of(key), [])
        if len(mine) < _WITNESSES:
            mine.append(key)
    return [key for keys in found.values() for key in keys]


class _Search:
    """For further witnesses: of windows with events in which those of a kind had no rows.

    Args:
        kinds: dimensions of the slices that are watched.
        grid: history of the witnesses so far, and of other series.
        beside: the witnesses.
    """

    def __init__(self, kinds: Iterable[Kind], grid: SeriesGrid, beside: set[str]) -> None:
        self.beside = set(beside)
        self._silent = dict.fromkeys(kinds, grid.has_events)
        for row, key in enumerate(grid.slices):
            if key in beside:
                self._hear(dimensions_of(key), grid.numerators[row])

    @property
    def is_open(self) -> bool:
        """Whether there are such windows."""
        return any(silent.any() for silent in self._silent.values())

    def look_at(self, grid: SeriesGrid) -> None:
        """Takes in what is needed of some series."""
        for key, values in zip(grid.slices, grid.numerators, strict=True):
            kind = dimensions_of(key)
            if kind in self._silent and (self._silent[kind] & ~np.isnan(values)).any():
                self.beside.add(key)
                self._hear(kind, values)

    def _hear(self, kind: Kind, values: Floats) -> None:
        if kind in self._silent:
            self._silent[kind] = self._silent[kind] & np.isnan(values)
