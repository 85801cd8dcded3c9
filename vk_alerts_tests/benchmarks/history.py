"""How fast a tick reads its history and writes its results, beside the engine's own time.

A command of its own, no test: ``python -m vk_alerts_tests.benchmarks.history --json history.json``. With
``--tick 60000`` it also plays whole ticks of so many series, each in a process of its own, and tells the
memory that it took.
"""

import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import click
from rich.console import Console

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.native import Columns
from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.detection import HISTORY, day_start, tick_ranges
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import Catalog
from vk_alerts.pipeline import open_stores, score_windows
from vk_alerts.settings import Settings
from vk_alerts.windows import STEP
from vk_alerts_tests.benchmarks.history_figures import HISTORY_OF_A_TICK, Measurement, table_of
from vk_alerts_tests.benchmarks.history_tables import Span, fill_snapshots, score_rows, snapshot_rows
from vk_alerts_tests.integration.clickhouse_embedded import embedded_target
from vk_alerts_tests.integration.clickhouse_server import server_binary, server_target

# A Thursday noon: of its local day, more than half has passed.
WINDOW = datetime(2026, 1, 29, 12, tzinfo=UTC)
ZONE = Settings(home=Path()).zone
BY = Provenance(origin=Origin.RERUN, run_id="benchmark", now=WINDOW + STEP)
DATABASE = "history_benchmark"
# More at once than the embedded engine hands out.
_MOST_POINTS = 20_000_000


class Recording(ClickHouse):
    """A client that remembers what it read as arrays."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.asked: list[str] = []

    def read_arrays(self, sql: str) -> Columns:
        self.asked.append(sql)
        return super().read_arrays(sql)


def main_ranges() -> dict[str, list[tuple[datetime, datetime]]]:
    """What a tick reads: usually, and where nothing is remembered of its day."""
    day = day_start(WINDOW, step=STEP, timezone=ZONE)
    return {
        HISTORY_OF_A_TICK: list(tick_ranges(WINDOW, step=STEP, timezone=ZONE)),
        "all of the history": [(day - HISTORY // STEP * STEP, WINDOW + STEP)],
    }


def timed(runs: int, *works: Callable[[], object]) -> list[list[float]]:
    """Each work's seconds; they take turns, so that whatever else the machine does falls on all."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for place, work in enumerate(works):
            began = time.perf_counter()
            work()
            seconds[place].append(time.perf_counter() - began)
    return seconds


def measure_reads(
    name: str, target: Target, catalog: Catalog, *, series: int, runs: int
) -> Iterator[Measurement]:
    clickhouse = Recording(target)
    results = ResultRepository(clickhouse)
    for what, ranges in main_ranges().items():
        windows = sum((end - start) // STEP for start, end in ranges)
        if series * windows > _MOST_POINTS:
            continue

        def read(ranges: list[tuple[datetime, datetime]] = ranges) -> None:
            clickhouse.asked.clear()
            for source in catalog.sources:
                results.history(source.name, *ranges)

        def engine() -> None:
            for sql in clickhouse.asked:
                clickhouse.execute(f"{sql}\nFORMAT Null")

        read()
        taken, own = timed(runs, read, engine)
        yield Measurement(
            name, what, series, series * windows, median(taken), min(taken), engine_seconds=median(own)
        )


def measure_writes(name: str, target: Target, *, series: int, runs: int) -> Iterator[Measurement]:
    results = ResultRepository(ClickHouse(target))
    scores, snapshots = score_rows(series), snapshot_rows(series)
    windows = iter(WINDOW + STEP * k for k in range(2, 10_000))

    def write_scores() -> None:
        window = next(windows)
        results.write_scores(scores.assign(window_start=window), windows=[window], by=BY)

    def write_snapshots() -> None:
        window = next(windows)
        results.write_snapshots("feed", snapshots.assign(window_start=window), windows=[window], by=BY)

    for what, work in (("a window's scores", write_scores), ("a window's snapshots", write_snapshots)):
        (taken,) = timed(runs, work)
        yield Measurement(name, f"write {what}", series, series, median(taken), min(taken))


def measure_ticks(name: str, target: Target, *, series: int) -> Iterator[Measurement]:
    """Two windows of a day: of the first nothing is remembered yet."""
    ClickHouse(target).execute("TRUNCATE TABLE detector_memories")
    for what, window in (("first tick of a day", WINDOW), ("tick", WINDOW + STEP)):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, megabytes = pool.apply(played, (target, window))
        yield Measurement(name, what, series, series, seconds, seconds, megabytes=megabytes)


def played(target: Target, window: datetime) -> tuple[float, float]:
    """Seconds that scoring a window takes, and the megabytes of the process."""
    settings = Settings(
        home=Path("/nonexistent"), clickhouse_url=target.url_with_password(), state_url="sqlite://"
    )
    stores = open_stores(settings)
    began = time.perf_counter()
    report = score_windows(stores, window, window + STEP, by=BY)
    seconds = time.perf_counter() - began
    click.echo(f"read {report.read_seconds:.1f} s, score {report.score_seconds:.1f} s", err=True)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def engines(only: str | None) -> Iterator[tuple[str, Target]]:
    """The embedded engine and, where it is installed, a real server."""
    if only in (None, "embedded"):
        yield "embedded", embedded_target()
    if only in (None, "server") and server_binary():
        yield "server", server_target()


@click.command()
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write a file too."
)
@click.option("--series", "sizes", type=int, multiple=True, default=(1_200, 12_000), show_default=True)
@click.option("--tick", "ticks", type=int, multiple=True, help="Play ticks of so many series.")
@click.option("--runs", default=5, show_default=True)
@click.option("--engine", "only", type=click.Choice(["embedded", "server"]), help="One engine.")
def main(
    json_path: Path | None, sizes: tuple[int, ...], ticks: tuple[int, ...], runs: int, only: str | None
) -> None:
    """Print a table of medians and what is owed; exit with 1 when something owed is missed."""
    catalog = load_catalog()
    found: list[Measurement] = []
    span = Span(main_ranges()["all of the history"][0][0] - timedelta(days=1), WINDOW + 2 * STEP)

    for name, engine in engines(only):
        ClickHouse(engine).execute(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        target = replace(engine, database=DATABASE)
        ResultRepository(ClickHouse(target)).create_tables()
        for size in sizes:
            series = fill_snapshots(ClickHouse(target), catalog, span, series=size)
            found.extend(measure_reads(name, target, catalog, series=series, runs=runs))
            found.extend(measure_writes(name, target, series=series, runs=runs))
        for size in ticks:
            series = fill_snapshots(ClickHouse(target), catalog, span, series=size)
            found.extend(measure_ticks(name, target, series=series))
    console = Console(width=max(Console().width, 130))
    console.print(table_of(found))
    owed = [one for measurement in found for one in measurement.owed]
    for what, figure, most in owed:
        told = "kept" if figure <= most else "MISSED"
        console.print(f"{told:<6} {what}: {figure:.2f}, owed at most {most:g}", highlight=False)
    if json_path:
        figures = {
            "figures": [asdict(one) for one in found],
            "owed": [{"what": what, "figure": figure, "owed": most} for what, figure, most in owed],
        }
        json_path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if any(figure > most for _, figure, most in owed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
