"""Slices inside a noisy total, which moves them all; the incidents are the slice's alone."""

from dataclasses import dataclass

import numpy as np

from vk_alerts_tests.benchmarks.detection.habits import (
    PER_DAY,
    autocorrelated,
    draw_calendar,
    habit,
    restless,
)
from vk_alerts_tests.benchmarks.detection.simulator import FIRST
from vk_alerts_tests.benchmarks.detection.world import Incident, World

FEWEST, MOST = 100, 40_000
"""Events a window in a slice, on average."""

SIZES = (-0.10, -0.20, -0.30, 0.30)
_LEAST_HOURS, _MOST_HOURS = 1.0, 6.0
_SHARES = (0.02, 0.5)


@dataclass(frozen=True)
class Slices:
    """The same slices judged in two ways; incidents and truth are the same.

    Attributes:
        own: by their own counts.
        share: by their share of the total, a ratio with the total as trials.
    """

    own: World
    share: World


def simulate_slices(*, series: int, weeks: int, seed: int) -> Slices:
    """Slices of 100 to 40,000 events a window that make up 2 to 50 % of their totals.

    The total moves for reasons of its own (news, weather, an outage elsewhere): by 3 to 10 % within hours and
    days. The share has a slight rhythm, and wanders by 0.5 to 2 % within hours, more within weeks. Incidents
    of ``SIZES`` last one to six hours.
    """
    rng = np.random.default_rng(seed)
    windows = FIRST + weeks * 7 * PER_DAY
    calendar = draw_calendar(rng, windows)
    size = np.exp(rng.uniform(np.log(FEWEST), np.log(MOST), (series, 1)))
    usual_share = np.exp(rng.uniform(*np.log(_SHARES), (series, 1)))
    mood = autocorrelated(rng, series, windows, hours=3.0) * rng.uniform(0.03, 0.10, (series, 1))
    mood += autocorrelated(rng, series, windows, hours=20.0) * rng.uniform(0.03, 0.08, (series, 1))
    total = habit(rng, series, windows, calendar) * restless(rng, series, windows) * np.exp(mood)
    taste = autocorrelated(rng, series, windows, hours=10.0) * rng.uniform(0.005, 0.02, (series, 1))
    taste += autocorrelated(rng, series, windows, hours=300.0) * rng.uniform(0.0, 0.05, (series, 1))
    share = np.minimum(usual_share * habit(rng, series, windows, calendar) ** 0.1 * np.exp(taste), 0.9)
    expected = size / usual_share * total  # events of the whole
    factor, incidents = _plant(rng, series, windows)
    counts = rng.poisson(expected * share * factor).astype(float)
    whole = counts + rng.poisson(expected * (1 - share))
    with np.errstate(invalid="ignore"):
        shares = np.where(whole > 0, counts / whole, np.nan)
    day = {"first": FIRST, "holidays": calendar.holidays}
    return Slices(
        own=World(counts, incidents, totals=whole, normal=expected * share, white=0.0, **day),
        share=World(shares, incidents, trials=whole, normal=share, white=0.0, **day),
    )


def _plant(rng: np.random.Generator, series: int, windows: int) -> tuple[np.ndarray, list[Incident]]:
    factor = np.ones((series, windows))
    incidents = []
    for row in range(series):
        at = int(rng.integers(PER_DAY, 4 * PER_DAY))
        while at < windows - PER_DAY:
            size = float(rng.choice(SIZES))
            end = at + round(rng.uniform(_LEAST_HOURS, _MOST_HOURS) * PER_DAY / 24)
            factor[row, at:end] = 1 + size
            incidents.append(Incident(row, at, end, f"{size:+.0%}"))
            at = end + int(rng.integers(2 * PER_DAY, 6 * PER_DAY))
    return factor, incidents
