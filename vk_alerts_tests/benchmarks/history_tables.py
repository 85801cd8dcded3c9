"""Snapshots of two months in ClickHouse, made by the server itself: tens of millions of rows in a minute."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.tables import COMMITS, SNAPSHOTS
from vk_alerts.clickhouse.versions import snapshots_asset
from vk_alerts.metrics.model import Catalog, MetricKind
from vk_alerts.metrics.slices import Slice
from vk_alerts.windows import STEP

_ROWS_PER_INSERT = 4_000_000
# Runs of a day's windows share a version, as those of a backfill do.
_VERSION = 1_700_000_000_000_000_000
_SERIES = TableSpec(
    "benchmark_series",
    (
        Column("number", "UInt32"),
        Column("source", "String"),
        Column("metric", "String"),
        Column("slice", "String"),
        Column("is_ratio", "UInt8"),
    ),
    "ENGINE = Memory",
)
# A habit of the day, and noise from a hash: the same numbers on every engine and in every run.
_ROWS = """
INSERT INTO metric_snapshots ({columns})
SELECT {values}
FROM
(
    SELECT
        *,
        toDateTime(moment) AS window_start,
        toUInt64({version} + intDiv(moment, 86400)) AS version,
        floor((20 + intHash32(number) % 3000) * (1 + 0.5 * sin(moment / 13750.99))
            * (0.9 + 0.2 * (intHash32(number * 8191 + intDiv(moment, 900)) % 1000) / 1000)) AS level,
        if(is_ratio, level, 1.) AS denominator,
        if(is_ratio, floor(level * 0.2), level) AS numerator,
        if(denominator > 0, numerator / denominator, NULL) AS value,
        toUInt64(level) AS events
    FROM benchmark_series
    CROSS JOIN (SELECT toUInt32({first} + 900 * number) AS moment FROM numbers({windows})) AS windows
)
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The windows in [start, end)."""

    start: datetime
    end: datetime

    @property
    def windows(self) -> int:
        """How many."""
        return (self.end - self.start) // STEP


def fill_snapshots(clickhouse: ClickHouse, catalog: Catalog, *spans: Span, series: int) -> int:
    """Replaces all snapshots by committed ones of about so many series of the catalog in every window.

    Args:
        clickhouse: the database.
        catalog: whose metrics.
        spans: the windows.
        series: of all metrics together.

    Returns:
        How many series there are.
    """
    for table in (SNAPSHOTS.name, COMMITS.name, _SERIES.name):
        clickhouse.execute(f"DROP TABLE IF EXISTS {table}")
    for spec in (SNAPSHOTS, COMMITS, _SERIES):
        clickhouse.execute(create_statement(spec))
    rows = pd.DataFrame(_series(catalog, series), columns=list(_SERIES.column_names))
    clickhouse.insert(_SERIES, rows)
    for span in spans:
        _fill(clickhouse, rows, span)
    return len(rows)


def score_rows(series: int) -> pd.DataFrame:
    """A window's scores, without the window."""
    numbers = pd.Series(range(series))
    return pd.DataFrame(
        {
            "source": "feed",
            "metric": "views",
            "slice": "country=value " + numbers.astype("str"),
            "value": 1000.0 + numbers,
            "expected": 1010.3 + numbers * 1.01,
            "lower": (800.123 + numbers).where(numbers % 10 > 0),
            "upper": 1200.7 + numbers,
            "score": (numbers % 100 / 33).where(numbers % 10 > 0),
            "evidence": 1010.3 + numbers,
            "threshold": 5.0,
            "detector": "seasonal",
            "own_score": (numbers % 100 / 33).where(numbers % 10 > 0),
            "share_score": (numbers % 100 / 34).where(numbers % 10 > 0),
            "decided_by": "share",
        }
    )


def snapshot_rows(series: int) -> pd.DataFrame:
    """A window's snapshots, without the window."""
    rows = score_rows(series)
    return rows[["metric", "slice", "value"]].assign(numerator=rows["value"], denominator=1.0, events=1000)


def _fill(clickhouse: ClickHouse, rows: pd.DataFrame, span: Span) -> None:
    stretch = max(1, _ROWS_PER_INSERT // len(rows))
    names = [column.name for column in SNAPSHOTS.columns]
    for at in range(0, span.windows, stretch):
        clickhouse.execute(
            _ROWS.format(
                columns=", ".join(names),
                values=", ".join(names),
                version=_VERSION,
                first=int((span.start + at * STEP).timestamp()),
                windows=min(stretch, span.windows - at),
            )
        )
    for source, count in rows["source"].value_counts().items():
        clickhouse.execute(
            f"INSERT INTO commits SELECT '{snapshots_asset(str(source))}', toDateTime(moment) AS at, "
            f"toUInt64({_VERSION} + intDiv(moment, 86400)), {count}, 'backfill', 'benchmark', at "
            f"FROM (SELECT toUInt32({int(span.start.timestamp())} + 900 * number) AS moment "
            f"FROM numbers({span.windows}))"
        )


def _series(catalog: Catalog, series: int) -> Iterator[tuple[int, str, str, str, int]]:
    per_metric = max(1, series // len(catalog.metrics))
    number = 0
    for file in catalog.files:
        kinds = file.source.slices
        keys = [Slice().key]
        for k in range(per_metric - 1):
            names = kinds[k % len(kinds)]
            keys.append(Slice(tuple((name, f"value {k}") for name in names)).key)
        for metric in file.metrics:
            for key in keys:
                yield number, file.source.name, metric.name, key, int(metric.kind is MetricKind.RATIO)
                number += 1
