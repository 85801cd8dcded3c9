"""One window scored with what is remembered of its local day's past, so that little history is read."""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime

import numpy as np

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
from vk_alerts.pipeline.panels import Panel, dimensions_of, newcomer_like, newcomers, panels_of
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP

LOGGER = logging.getLogger(__name__)

Memories = Mapping[tuple[str, str], Floats]


def read_tick(stores: Stores, file: SourceFile, window: datetime) -> tuple[SeriesGrid, Memories]:
    """What scoring one window of a source takes: the history it needs, and what is remembered of the rest.

    What is not remembered yet, or was computed from snapshots that have changed since, is computed from all
    of the history and remembered for the day's other windows.

    Raises:
        ClickHouseError: history cannot be read.
    """
    zone, source = stores.settings.zone, file.source.name
    ranges = tick_ranges(window, step=STEP, timezone=zone)
    day = day_start(window, step=STEP, timezone=zone)
    past = (day - HISTORY // STEP * STEP, day)
    if not any(needs_state(metric.detector) for metric in file.metrics):
        return stores.results.history(source, *ranges), {}
    fingerprint = _fingerprint(file, zone, stores.results.fingerprint(source, *past))
    memories: Memories = stores.results.memories(source, day, fingerprint)
    if memories:
        grid = stores.results.history(source, *ranges)
        known = set(zip(grid.metrics, grid.slices, strict=True)) | set(newcomers(file))
        return grid.with_series([series for series in memories if series not in known]), memories
    everything = stores.results.history(source, (past[0], window + STEP))
    memories = _remember(file, everything.before(day), zone)
    try:
        stores.results.write_memories(source, day, fingerprint, memories)
    except ClickHouseError as error:  # the next window computes them again
        LOGGER.warning("source=%s outcome=memories not kept reason=%s", source, error)
    return everything.within(ranges), memories


def score_panel(panel: Panel, grid: SeriesGrid, memories: Memories, *, zone: str) -> Scores:
    """Verdicts on the grid's last window, (n_series, 1).

    Args:
        panel: of the grid.
        grid: from :func:`read_tick`.
        memories: from the same.
        zone: the zone of the users' habits.
    """
    state = None
    if needs_state(panel.metric.detector):
        state = np.stack([_memory_of(panel.metric.name, key, memories) for key in panel.slices])
    return score_tick(
        panel.comparable,
        starts=grid.starts,
        state=state,
        step=STEP,
        trials=panel.trials,
        timezone=zone,
        detector=panel.metric.detector,
    )


def _memory_of(metric: str, slice_key: str, memories: Memories) -> Floats:
    found = memories.get((metric, slice_key))
    return memories[metric, newcomer_like(dimensions_of(slice_key))] if found is None else found


def _remember(file: SourceFile, past: SeriesGrid, zone: str) -> Memories:
    memories: dict[tuple[str, str], Floats] = {}
    for panel in panels_of(file, past.with_series(newcomers(file))):
        if not needs_state(panel.metric.detector):
            continue
        state = day_state(panel.comparable, start=past.start, step=STEP, trials=panel.trials, timezone=zone)
        memories |= {(panel.metric.name, key): row for key, row in zip(panel.slices, state, strict=True)}
    return memories


def _fingerprint(file: SourceFile, zone: str, history: str) -> str:
    """Of everything that the memories depend on."""
    metrics = [(metric.name, metric.kind.value, metric.detector) for metric in file.metrics]
    parts = [STATE_REVISION, zone, metrics, file.source.groupings, history]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
