"""Event recall of the detectors: ``python -m vk_alerts_tests.benchmarks.detection_quality``.

Seeds under 100 are for design; the report takes seeds of its own. With ``--taxi nyc_taxi.csv`` (Numenta
Anomaly Benchmark, realKnownCause; or the environment variable ``VK_ALERTS_TAXI_CSV``) the real demand for
taxis in New York is scored too, with planted incidents; the public holidays are given, as a calendar would,
and the five known events are not judged.
"""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import numpy as np

from vk_alerts.detection import DETECTORS, HISTORY, score_history
from vk_alerts.detection.sums import WIDTHS, lasting_mean
from vk_alerts_tests.benchmarks.detection_events import Recall, recall_at
from vk_alerts_tests.benchmarks.detection_simulator import (
    PAST,
    PER_DAY,
    START,
    TIMEZONE,
    World,
    plant,
    simulate_counts,
    simulate_ratios,
)

REPORT_SEEDS = (101, 102)
DESIGN_SEEDS = (1, 2)
WEEK, MONTH = 1.0, 12 / 52
TAXI_STEP = timedelta(minutes=30)
US_HOLIDAYS = [
    date(2014, month, day) for month, day in ((7, 4), (9, 1), (10, 13), (11, 11), (11, 27), (12, 25))
] + [date(2015, 1, 1), date(2015, 1, 19)]
TAXI_EVENTS = (  # the benchmark's own windows around the five known events
    ("2014-10-30T15:30", "2014-11-03T22:30"),
    ("2014-11-25T12:00", "2014-11-29T19:00"),
    ("2014-12-23T11:30", "2014-12-27T18:30"),
    ("2014-12-29T21:30", "2015-01-03T04:30"),
    ("2015-01-24T20:30", "2015-01-29T03:30"),
)


def oracle(world: World) -> np.ndarray:
    """The score of somebody who knows the mean, and only not the incidents."""
    noise = np.sqrt(world.normal)
    if world.trials is not None:
        noise = np.sqrt(world.normal * (1 - world.normal) / np.maximum(world.trials, 1))
    surprise = np.nan_to_num((world.values - world.normal) / np.hypot(noise, 0.02 * world.normal))
    score = np.abs(surprise)
    for width in WIDTHS:
        padded = np.pad(surprise, ((0, 0), (width - 1, 0)))
        score = np.maximum(score, lasting_mean(padded, np.ones(surprise.shape), width) * np.sqrt(width))
    return score


def taxi(path: Path, *, copies: int, seed: int) -> tuple[World, datetime, np.ndarray]:
    """Copies of the real series with different incidents, its start, and the windows to judge."""
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    counts = np.array([float(row["value"]) for row in rows])
    start = datetime.fromisoformat(rows[0]["timestamp"]).replace(tzinfo=UTC)
    rng = np.random.default_rng(seed)
    factor, incidents = plant(rng, copies, len(counts), per_day=48)
    judged = np.ones(len(counts), dtype=bool)
    for event in TAXI_EVENTS:
        begin, end = (
            (datetime.fromisoformat(edge).replace(tzinfo=UTC) - start) // TAXI_STEP for edge in event
        )
        judged[begin : end + 1] = False
    return World(rng.poisson(counts * factor).astype(float), None, factor, incidents), start, judged


def report(name: str, score: np.ndarray, world: World, **how) -> None:
    week = recall_at(score, world.incidents, false_alerts_a_week=WEEK, **how)
    month = recall_at(score, world.incidents, false_alerts_a_week=MONTH, **how)
    click.echo(f"  {name:<9} 1 a week: {told(week)}   1 a month: {told(month)}")


def told(recall: Recall) -> str:
    return f"{recall.found:.3f} (first window {recall.at_once:.3f}, over {recall.threshold:.2f})"


@click.command()
@click.option(
    "--taxi", "taxi_path", type=click.Path(exists=True, path_type=Path), envvar="VK_ALERTS_TAXI_CSV"
)
@click.option("--design", is_flag=True, help="Design seeds instead of the report's.")
@click.option("--series", default=40, show_default=True)
@click.option("--weeks", default=5, show_default=True)
@click.option("--only", type=click.Choice(DETECTORS), help="One detector.")
def main(taxi_path: Path | None, design: bool, series: int, weeks: int, only: str | None) -> None:
    """Print event recall at one false alert per series and week, and per series and month."""
    seeds = DESIGN_SEEDS if design else REPORT_SEEDS
    windows = PAST + weeks * 7 * PER_DAY
    detectors = [only] if only else DETECTORS
    for kind, simulate in (("counts", simulate_counts), ("ratios", simulate_ratios)):
        for seed in seeds:
            world = simulate(series=series, windows=windows, seed=seed)
            click.echo(f"{kind}, seed {seed}: {series} series, {weeks} weeks")
            how = {"first": PAST, "per_hour": 4}
            for name in detectors:
                scores = score_history(
                    world.values,
                    start=START,
                    trials=world.trials,
                    timezone=TIMEZONE,
                    detector=name,
                    first=PAST,
                )
                report(name, scores.score, world, **how)
            report("oracle", oracle(world), world, **how)
    if taxi_path:
        for seed in seeds:
            world, start, judged = taxi(taxi_path, copies=20, seed=seed)
            first = HISTORY // TAXI_STEP
            click.echo(f"taxi, seed {seed}: 20 copies, {(world.values.shape[1] - first) // 336} weeks")
            for name in detectors:
                scores = score_history(
                    world.values,
                    start=start,
                    step=TAXI_STEP,
                    holidays=US_HOLIDAYS,
                    timezone="UTC",
                    detector=name,
                    first=first,
                )
                report(name, scores.score, world, first=first, per_hour=2, judged=judged)


if __name__ == "__main__":
    main()
