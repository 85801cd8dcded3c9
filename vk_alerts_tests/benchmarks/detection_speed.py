"""How long scoring takes, and how much memory beside its input.

python -m vk_alerts_tests.benchmarks.detection_speed [--quick] [--runs N] [--json FILE]

Each figure is the median of several runs. Machines differ and are shared: the last column tells the same as a
ratio, to the time that a copy of the input takes in the same run.
"""

import json
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from vk_alerts.detection import (
    DETECTORS,
    HISTORY,
    Scores,
    day_start,
    day_state,
    needs_state,
    score_history,
    score_tick,
    tick_ranges,
)

STEP = timedelta(minutes=15)
ZONE = "Europe/Moscow"
END = datetime(2026, 1, 31, 19, 45, tzinfo=UTC)
"""The last window: late in its local day, so the tick has most of it to go through."""

PAST = HISTORY // STEP
START = END - PAST * STEP
_BACKTEST_DAYS = 28
_BLOCK = 5_000  # series of the largest case that are in memory at once
_GAPS = 0.01


Result = Scores | np.ndarray


@dataclass(frozen=True)
class Figure:
    """What a case took.

    Attributes:
        case: what was done.
        series: to how many series.
        verdicts: how many were given.
        seconds: the median of the runs.
        fastest: the fastest of them.
        cpu_seconds: the median of the time on all cores.
        extra_mb: the most memory that was held beside the input and the result, of a run of its own.
        copies: seconds as multiples of the time that a copy of the input takes.
    """

    case: str
    series: int
    verdicts: int
    seconds: float
    fastest: float
    cpu_seconds: float
    extra_mb: float
    copies: float


def counts(series: int, windows: int, *, seed: int = 0) -> np.ndarray:
    """Counts with a daily and a weekly rhythm and a few gaps."""
    rng = np.random.default_rng(seed)
    time_of_day = np.arange(windows) / (timedelta(days=1) // STEP)
    rhythm = (1 + 0.6 * np.sin(2 * np.pi * time_of_day)) * (1 + 0.2 * np.sin(2 * np.pi * time_of_day / 7))
    level = 200 * np.exp(rng.normal(0, 1, (series, 1)))
    noise = rng.standard_normal((series, windows), dtype=np.float32)
    values = np.rint(np.maximum(level * rhythm + noise * np.sqrt(level * rhythm), 0.0))
    values[rng.random((series, windows), dtype=np.float32) < _GAPS] = np.nan
    return values


def measured(case: str, run: Callable[[np.ndarray], Result], inputs: np.ndarray, runs: int) -> Figure:
    """Runs a case over and over."""
    first = run(inputs)
    verdicts = int((~np.isnan(first.score)).sum()) if isinstance(first, Scores) else len(first)
    del first
    wall, processor, copy = [], [], []
    for _ in range(runs):
        began, used = time.perf_counter(), time.process_time()
        run(inputs)
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
        began = time.perf_counter()
        inputs.copy()
        copy.append(time.perf_counter() - began)
    tracemalloc.start()
    result = run(inputs)
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return Figure(
        case=case,
        series=len(inputs),
        verdicts=verdicts,
        seconds=float(np.median(wall)),
        fastest=min(wall),
        cpu_seconds=float(np.median(processor)),
        extra_mb=(most - kept) / 1e6,
        copies=float(np.median(wall) / np.median(copy)),
    )


def from_history(
    values: np.ndarray, *, first: int, trials: float | None = None, detector: str = DETECTORS[0]
) -> Scores:
    known = None if trials is None else np.full(values.shape, trials)
    return score_history(
        values, start=START, step=STEP, trials=known, timezone=ZONE, detector=detector, first=first
    )


def tick_places() -> np.ndarray:
    """The windows that a tick needs, counted from ``START``."""
    ranges = tick_ranges(END, step=STEP, timezone=ZONE)
    return np.concatenate([np.arange((a - START) // STEP, (b - START) // STEP) for a, b in ranges])


def state_of(history: np.ndarray) -> np.ndarray:
    midnight = (day_start(END, step=STEP, timezone=ZONE) - START) // STEP
    return day_state(history[:, :midnight], start=START, step=STEP, timezone=ZONE)


def tick(values: np.ndarray, *, places: np.ndarray, state: np.ndarray | None, detector: str) -> Scores:
    starts = int(START.timestamp()) + places * int(STEP.total_seconds())
    return score_tick(values, starts=starts, state=state, step=STEP, timezone=ZONE, detector=detector)


def figures_of(series: int, many: int, runs: int) -> Iterator[Figure]:
    """The cases, one after the other."""
    history = counts(series, PAST + 1)
    places = tick_places()
    sparse = np.ascontiguousarray(history[:, places])
    state = state_of(history)
    for detector in DETECTORS:
        known = state if needs_state(detector) else None
        run = partial(tick, places=places, state=known, detector=detector)
        yield measured(f"tick with state: {detector}", run, sparse, runs)
    yield measured("tick from 62 days in memory", partial(from_history, first=PAST), history, runs)
    yield measured(
        "tick from 62 days in memory, ratios",
        partial(from_history, first=PAST, trials=1_000.0),
        history / np.nanmax(history),
        runs,
    )
    yield measured("state of a day from 62 days", state_of, history, runs)
    if many:
        yield many_at_once(many, places, state, runs=max(1, runs // 2))
    del history, sparse
    days = counts(series, PAST + _BACKTEST_DAYS * (timedelta(days=1) // STEP))
    for detector in DETECTORS:
        run = partial(from_history, first=PAST, detector=detector)
        yield measured(f"backtest of {_BACKTEST_DAYS} days: {detector}", run, days, runs)


def many_at_once(many: int, places: np.ndarray, state: np.ndarray, *, runs: int) -> Figure:
    """A tick of more series than one wants in memory at once: block by block, as they are read."""
    block = min(_BLOCK, many)
    values = np.ascontiguousarray(counts(block, PAST + 1, seed=1)[:, places])
    known = np.resize(state, (block, state.shape[1]))
    run = partial(tick, places=places, state=known, detector=DETECTORS[0])
    one = measured(f"tick with state, {block:,} series at a time", run, values, runs)
    times = -(-many // block)
    return replace(
        one,
        series=many,
        verdicts=one.verdicts * times,
        seconds=one.seconds * times,
        fastest=one.fastest * times,
        cpu_seconds=one.cpu_seconds * times,
    )


def table_of(figures: list[Figure]) -> Table:
    table = Table(title=f"{len(os.sched_getaffinity(0))} cores, numpy {np.__version__}")
    table.add_column("case")
    for column in ("series", "seconds", "fastest", "CPU s", "M verdicts/s", "extra MB", "× a copy"):
        table.add_column(column, justify="right")
    for it in figures:
        table.add_row(
            it.case,
            f"{it.series:,}",
            f"{it.seconds:.3f}",
            f"{it.fastest:.3f}",
            f"{it.cpu_seconds:.3f}",
            f"{it.verdicts / it.seconds / 1e6:.2f}",
            f"{it.extra_mb:.0f}",
            f"{it.copies:.1f}",
        )
    return table


@click.command()
@click.option("--series", default=1_200, show_default=True)
@click.option("--many", default=60_000, show_default=True, help="Series of the largest tick; 0: left out.")
@click.option("--runs", default=5, show_default=True)
@click.option("--quick", is_flag=True, help="A tenth of the series, one run: does it still work?")
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
def main(series: int, many: int, runs: int, quick: bool, json_path: Path | None) -> None:
    """Print what scoring takes: a tick of production, the state of a day, a backtest."""
    if quick:
        series, many, runs = max(1, series // 10), 0, 1
    with Console(stderr=True).status("scoring the same again and again"):
        figures = list(figures_of(series, many, runs))
    Console(width=max(Console().width, 120)).print(table_of(figures))
    if json_path:
        json_path.write_text(json.dumps([asdict(it) for it in figures], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
