"""The real demand for taxis in New York, with planted incidents (Numenta Anomaly Benchmark)."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import holidays
import numpy as np

from vk_alerts_tests.benchmarks.detection.incidents import plant
from vk_alerts_tests.benchmarks.detection.world import World, past

STEP = timedelta(minutes=30)
PER_DAY = 48
THINNED_FEWEST, THINNED_MOST = 20, 500
"""Rides a window, on average, of the thinned copies."""

KNOWN_EVENTS = (  # the benchmark's own windows around a marathon, three feasts and a blizzard
    ("2014-10-30T15:30", "2014-11-03T22:30"),
    ("2014-11-25T12:00", "2014-11-29T19:00"),
    ("2014-12-23T11:30", "2014-12-27T18:30"),
    ("2014-12-29T21:30", "2015-01-03T04:30"),
    ("2015-01-24T20:30", "2015-01-29T03:30"),
)


def taxi_world(path: Path, *, copies: int, seed: int) -> World:
    """Copies of the series with different incidents; every second one is thinned to few rides a window.

    The public holidays are given, as a calendar would; the five known events are not judged. Who
    knew how many rides there are to keep would know the mean of the thinned copies; nobody knows that of the
    others.
    """
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    rides = np.array([int(row["value"]) for row in rows])
    # The file tells local time without a zone.
    start = datetime.fromisoformat(rows[0]["timestamp"]).replace(tzinfo=UTC)
    judged = np.ones(len(rides), dtype=bool)
    for event in KNOWN_EVENTS:
        begin, end = ((datetime.fromisoformat(edge).replace(tzinfo=UTC) - start) // STEP for edge in event)
        judged[begin : end + 1] = False
    rng = np.random.default_rng(seed)
    planted = plant(rng, copies, len(rides), per_day=PER_DAY)
    kept = np.ones((copies, 1))
    thinned = copies // 2
    kept[1::2] = (
        np.exp(rng.uniform(np.log(THINNED_FEWEST), np.log(THINNED_MOST), (thinned, 1))) / rides.mean()
    )
    return World(
        _thinned(rng, rides, kept * planted.factor),
        planted.incidents,
        past(STEP),
        start=start,
        step=STEP,
        timezone="UTC",
        holidays=sorted(holidays.country_holidays("US", years=(2014, 2015))),
        judged=judged,
        normal=rides * kept * planted.settled,
        white=0.0,
    )


AS_RECORDED, THINNED = slice(0, None, 2), slice(1, None, 2)
"""The copies with all rides, and those with few."""


def _thinned(rng: np.random.Generator, rides: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Each ride kept with the probability ``share``; beyond 1 chance adds rides."""
    more = np.maximum(share - 1.0, 0.0)
    return (rng.binomial(rides, np.minimum(share, 1.0)) + rng.poisson(rides * more)).astype(float)
