"""One window scored with what is remembered of its local day's past, so that little history is read."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

import numpy as np

from vk_alerts.clickhouse.block import Block
from vk_alerts.clickhouse.grid import Floats, SeriesGrid
from vk_alerts.detection import (
    HISTORY,
    STATE_REVISION,
    Scores,
    day_start,
    day_state,
    needs_state,
    score_tick,
    tick_ranges,
)
from vk_alerts.errors import ClickHouseError
from vk_alerts.metrics.model import SourceFile
from vk_alerts.pipeline.blocks import read_blocks
from vk_alerts.pipeline.panels import (
    Panel,
    dimensions_of,
    newcomer_like,
    newcomers,
    panels_of,
    share_panel,
    share_rows,
    special_days,
)
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP

LOGGER = logging.getLogger(__name__)

_SHARES_AT_ONCE = 512

Memories = Mapping[tuple[str, str], Floats]


@dataclass(frozen=True, slots=True)
class Part:
    """What it takes to score some series in one window.

    Attributes:
        block: which series; others in the grid are there for comparison.
        grid: the history that is needed; the window comes last.
        memories: what is remembered of the rest, by name of panel and slice.
    """

    block: Block
    grid: SeriesGrid
    memories: Memories


def read_tick(stores: Stores, file: SourceFile, window: datetime) -> Iterator[Part]:
    """What scoring one window of a source takes, block by block: history, and what is remembered of the rest.

    What is not remembered yet, or was computed from snapshots that have changed since, is computed from all
    of the history and remembered for the day's other windows.

    Raises:
        ClickHouseError: history cannot be read.
    """
    zone, source, results = stores.settings.zone, file.source.name, stores.results
    day = day_start(window, step=STEP, timezone=zone)
    past = past_of(day)
    special = special_days(file, past[0], window, zone=zone)
    ranges = tick_ranges(window, step=STEP, timezone=zone, holidays=special)
    if not any(needs_state(metric.detector) for metric in file.metrics):
        for block, grid in read_blocks(results, file, ranges):
            yield Part(block, grid, {})
        return
    fingerprint = _fingerprint(file, zone, special, results.fingerprint(source, *past))
    memories: Memories = results.memories(source, day, fingerprint)
    if memories:
        for block, grid in read_blocks(results, file, ranges):
            yield Part(block, grid.with_series(_vanished(file, block, grid, memories)), memories)
            del grid  # two blocks at a time would not fit
        return
    fresh: dict[tuple[str, str], Floats] = {}
    for block, grid in read_blocks(results, file, [(past[0], window + STEP)]):
        mine = _remember(file, block, grid.before(day), special, zone)
        fresh |= mine
        yield Part(block, grid.within(ranges), mine)
        del grid
    try:
        results.write_memories(source, day, fingerprint, fresh)
    except ClickHouseError as error:  # the next window computes them again
        LOGGER.warning("source=%s outcome=memories not kept reason=%s", source, error)


def past_of(day: datetime) -> tuple[datetime, datetime]:
    """The windows before a local day which its verdicts may depend on."""
    return day - HISTORY // STEP * STEP, day


def score_tick_panel(
    panel: Panel, grid: SeriesGrid, memories: Memories, *, special: Sequence[date], zone: str
) -> Scores:
    """Verdicts on the grid's last window, (n_series, 1).

    Args:
        panel: of the grid.
        grid: from :func:`read_tick`.
        memories: from the same.
        special: local days that are no ordinary ones.
        zone: the zone of the users' habits.
    """
    state = None
    if needs_state(panel.metric.detector):
        state = np.stack([_memory_of(panel.name, key, memories) for key in panel.slices])
    return score_tick(
        panel.comparable,
        starts=grid.starts,
        state=state,
        step=STEP,
        trials=panel.trials,
        holidays=special,
        timezone=zone,
        detector=panel.metric.detector,
    )


def _memory_of(name: str, slice_key: str, memories: Memories) -> Floats:
    found = memories.get((name, slice_key))
    return memories[name, newcomer_like(dimensions_of(slice_key))] if found is None else found


def _vanished(file: SourceFile, block: Block, grid: SeriesGrid, memories: Memories) -> list[tuple[str, str]]:
    """Series of a block that are remembered, and have no rows in the windows that were read."""
    known = set(zip(grid.metrics, grid.slices, strict=True)) | set(newcomers(file))
    metrics = {metric.name for metric in file.metrics}
    return [one for one in memories if one[0] in metrics and one not in known and block.holds(*one)]


def _remember(
    file: SourceFile, block: Block, past: SeriesGrid, special: Sequence[date], zone: str
) -> dict[tuple[str, str], Floats]:
    memories: dict[tuple[str, str], Floats] = {}
    strangers = [one for one in newcomers(file) if block.metric in {"", one[0]}]
    for panel in panels_of(file, past.with_series(strangers)):
        if not needs_state(panel.metric.detector):
            continue
        for one in chain([panel], _shares_in_pieces(panel)):
            state = day_state(
                one.comparable,
                start=past.start,
                step=STEP,
                trials=one.trials,
                holidays=special,
                timezone=zone,
            )
            memories |= {(one.name, key): row for key, row in zip(one.slices, state, strict=True)}
    return memories


def _shares_in_pieces(panel: Panel) -> Iterator[Panel]:
    """The shares of a panel's slices; at once they would take several times the memory of the panel."""
    rows = share_rows(panel)
    for first in range(0, len(rows), _SHARES_AT_ONCE):
        yield share_panel(panel, rows[first : first + _SHARES_AT_ONCE])


def _fingerprint(file: SourceFile, zone: str, special: Sequence[date], history: str) -> str:
    """Of everything that the memories depend on."""
    metrics = [(metric.name, metric.kind.value, metric.detector) for metric in file.metrics]
    days = [day.isoformat() for day in special]
    parts = [STATE_REVISION, zone, metrics, file.source.groupings, days, history]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
