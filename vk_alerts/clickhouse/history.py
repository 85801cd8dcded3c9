"""The past of one source, read as arrays: one query for all windows that are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from vk_alerts.clickhouse.block import Block
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.grid import Points, SeriesGrid, assemble_grid
from vk_alerts.clickhouse.native import Columns
from vk_alerts.clickhouse.queries import named_query
from vk_alerts.windows import STEP

Range = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to read.

    Attributes:
        rows: those of the window that has most.
        newest: the newest window that has any; None = none has.
    """

    rows: int
    newest: datetime | None


def read_history(
    clickhouse: ClickHouse, source: str, asset: str, ranges: Sequence[Range], *, block: Block
) -> SeriesGrid:
    """The committed snapshots of a source as a grid.

    Args:
        clickhouse: where they are.
        source: its name.
        asset: under which they are committed.
        ranges: half-open ranges of windows, ascending and disjoint, at least one.
        block: which of its series.
    """
    where = _where(asset, ranges)
    covered = clickhouse.read_arrays(named_query("coverage", **where))
    found = clickhouse.read_arrays(
        named_query(
            "history",
            source=source,
            block=block.condition(),
            step_seconds=int(STEP.total_seconds()),
            **where,
        )
    )
    return assemble_grid(
        ranges,
        series=list(zip(found.texts("metric"), found.texts("slice"), strict=True)),
        numerators=_points(found, "windows", "numerators"),
        denominators=_points(found, "divided", "denominators"),
        committed=covered.arrays("committed").flat.astype(np.int64),
        empty=covered.arrays("empty").flat.astype(np.int64),
    )


def read_extent(clickhouse: ClickHouse, asset: str, ranges: Sequence[Range]) -> Extent:
    """How much :func:`read_history` would read; only commits are looked at."""
    found = clickhouse.read(named_query("extent", **_where(asset, ranges))).iloc[0]
    newest = int(found["newest"])
    return Extent(int(found["most"]), datetime.fromtimestamp(newest, UTC) if newest else None)


def _where(asset: str, ranges: Sequence[Range]) -> dict[str, object]:
    return {
        "asset": asset,
        "start": ranges[0][0],
        "end": ranges[-1][1],
        "lows": [low for low, _ in ranges],
        "highs": [high for _, high in ranges],
    }


def _points(found: Columns, windows: str, values: str) -> Points:
    steps, points = found.arrays(windows), found.arrays(values)
    return Points(points.lengths, steps.flat, points.flat)
