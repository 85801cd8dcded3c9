"""Databases to test in: empty ones, and copies of two weeks of a small app; all on one embedded engine."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import yaml

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import create_statement
from vk_alerts.clickhouse.tables import RESULT_TABLES
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline import Stores, open_stores, take_snapshots
from vk_alerts.settings import Settings
from vk_alerts.simulator import EVENT_TABLES, Incident, Simulation, create_event_tables, write_events
from vk_alerts.windows import STEP, windows_between
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target

# A Thursday 20:00 in Moscow; the last windows have events, but neither snapshots nor scores.
END = datetime(2026, 1, 29, 17, tzinfo=UTC)
LIVE_WINDOWS = 10
LIVE = END - LIVE_WINDOWS * STEP
START = END - timedelta(days=15)
BROKEN = LIVE + 2 * STEP
MENDED = BROKEN + 2 * STEP
# Less than a fifth of the messages remain: nobody could miss it, even among so few.
DROP = Incident("messenger", None, (), 0.15, BROKEN, MENDED, "messages", "all")
_SIMULATION = Simulation(7, start=START, feed_per_day=6_000, messages_per_day=9_000, incidents=(DROP,))
_numbers = itertools.count()

BACKFILL = Provenance(origin=Origin.BACKFILL, run_id="test", now=END)


def live(now: datetime, *, run_id: str = "test") -> Provenance:
    """Who writes what may page."""
    return Provenance(origin=Origin.LIVE, run_id=run_id, now=now)


def url_of(target: Target) -> str:
    """What ``VK_ALERTS_CLICKHOUSE_URL`` would hold."""
    return f"http://{target.user}:{target.password}@{target.host}:{target.port}/{target.database}"


def empty_database() -> Target:
    """A new database without tables."""
    engine = embedded_target()
    name = f"world_{next(_numbers)}"
    ClickHouse(engine).execute(f"CREATE DATABASE {name}")
    return replace(engine, database=name)


def drop_database(target: Target) -> None:
    """Forgets a database."""
    ClickHouse(embedded_target()).execute(f"DROP DATABASE {target.database}")


def stores_in(target: Target, home: Path, **changes: object) -> Stores:
    """The stores of an installation whose events and results are in ``target``, its state below ``home``."""
    settings = Settings(home=home, clickhouse_url=url_of(target), language="en")
    return open_stores(replace(settings, **changes))


@functools.cache
def _history() -> Target:
    """Fifteen days of events up to END, and their snapshots up to LIVE."""
    target = empty_database()
    stores = stores_in(target, Path("/nonexistent"), state_url="sqlite://")
    create_event_tables(stores.events)
    write_events(stores.events, _SIMULATION, START, END)
    for source in stores.catalog.sources:
        take_snapshots(stores, source.name, START, LIVE, by=BACKFILL)
    return target


def copy_of_history() -> Target:
    """A database of one's own: two weeks of a small app's snapshots up to LIVE, its events from then on."""
    origin, target = _history(), empty_database()
    clickhouse = ClickHouse(target)
    for spec in (*EVENT_TABLES, *RESULT_TABLES):
        clickhouse.execute(create_statement(spec))
        recent = f" WHERE time >= {int(LIVE.timestamp())}" if spec in EVENT_TABLES else ""
        clickhouse.execute(f"INSERT INTO {spec.name} SELECT * FROM {origin.database}.{spec.name}{recent}")
    return target


def write_catalog(folder: Path, slices: Sequence[Sequence[str]]) -> Path:
    """Writes the packaged catalog with other slices; returns the folder."""
    folder.mkdir()
    for file in load_catalog().files:
        tree = file.model_dump(mode="json", exclude_none=True)
        tree["source"]["slices"] = [list(grouping) for grouping in slices]
        (folder / f"{file.source.name}.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True), "utf-8")
    return folder


def scored(
    window: datetime,
    *,
    value: float | None = 1000.0,
    expected: float | None = 1000.0,
    score: float | None = 0.5,
    metric: str = "messages",
    slice_key: str = "all",
    source: str = "messenger",
) -> dict[str, object]:
    """A row of ``anomaly_scores``, by default that of a quiet window."""
    return {
        "window_start": window,
        "source": source,
        "metric": metric,
        "slice": slice_key,
        "value": value,
        "expected": expected,
        "lower": None if expected is None else 0.8 * expected,
        "upper": None if expected is None else 1.2 * expected,
        "score": score,
        "evidence": max(value or 0.0, expected or 0.0),
        "threshold": 4.5,
        "detector": "seasonal",
        "own_score": score,
        "share_score": None,
        "decided_by": "own",
    }


def halved(window: datetime, **changes: object) -> dict[str, object]:
    """The row of a window that is bad, but not so bad that it opens an incident by itself."""
    return scored(window, **({"value": 500.0, "score": 6.0} | changes))  # type: ignore[arg-type]


def commit_scores(
    stores: Stores, rows: Sequence[dict[str, object]], *, now: datetime, origin: Origin = Origin.LIVE
) -> None:
    """Commits hand-written scores, all at once."""
    numbers = ("value", "expected", "score", "own_score", "share_score")
    frame = pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))
    windows = [window.to_pydatetime() for window in sorted(set(frame["window_start"]))]
    by = Provenance(origin=origin, run_id="test", now=now)
    stores.results.write_scores(frame, windows=windows, by=by)


def quarter_hours(start: datetime, count: int) -> list[datetime]:
    """``count`` windows from ``start`` on."""
    return windows_between(start, start + count * STEP)
