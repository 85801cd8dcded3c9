"""When people use the app: expected and drawn numbers of sessions per window, in pure numpy.

A cohort is a group of users with the same daily rhythm. Since age, country and operating system are
distributed differently in each cohort (see people.py), every slice has a daily curve of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from vk_alerts.simulator.simulation import Simulation
from vk_alerts.simulator.worlds import STREAMS
from vk_alerts.windows import STEP, WINDOWS_PER_DAY

Floats = NDArray[np.float64]

# Keeps the average of any few weeks above what was asked for, whatever the noise and the weekdays in them.
_HEADROOM = 1.04
_WEEKLY_GROWTH = 0.003
_WEEKDAY_LEVEL, _WEEKEND_LEVEL = 0.98, 1.05
# Hours since Monday 00:00 and how much of a weekend it is: the change takes four hours around midnight.
_WEEKEND_HOURS = (0.0, 2.0, 118.0, 122.0, 166.0, 168.0)
_WEEKEND_SHARE = (0.5, 0.0, 0.0, 1.0, 1.0, 0.5)
# The level wanders: (windows between knots, relative standard deviation). A day's level, then hours-long
# weather.
_WANDER = ((96, 0.02), (24, 0.015), (6, 0.012))
_KNOTS_PER_BLOCK = 64
_POISSON, _KNOTS = 1, 2


@dataclass(frozen=True, slots=True)
class Cohort:
    """Users with the same rhythm.

    Attributes:
        name: for people.
        share: users out of 50.
        region: ``west`` (Moscow time) or ``east`` (three hours ahead).
        hours_ahead: local time minus the simulation's time zone.
        bumps: (local hour of the middle, width in hours, height) of the activity above the night's floor.
        age_skew: the larger, the younger (people.py).
    """

    name: str
    share: int
    region: str
    hours_ahead: float
    bumps: tuple[tuple[float, float, float], ...]
    age_skew: float


_EARLY = ((8.0, 1.8, 0.75), (13.0, 2.5, 0.6), (19.3, 2.4, 1.0))
_DAY = ((9.0, 1.6, 0.4), (13.5, 2.5, 0.6), (20.8, 2.6, 1.25))
_OWL = ((13.5, 2.5, 0.4), (18.0, 2.6, 0.5), (22.6, 2.4, 1.4))
_NIGHT_FLOOR = 0.04
_WEEKEND_MORNING_DELAY_HOURS = 1.5

COHORTS: Final = (
    Cohort("west, early", 8, "west", 0.0, _EARLY, 1.2),
    Cohort("west, day", 23, "west", 0.0, _DAY, 1.8),
    Cohort("west, owl", 10, "west", 0.0, _OWL, 2.4),
    Cohort("east, early", 2, "east", 3.0, _EARLY, 1.2),
    Cohort("east, day", 5, "east", 3.0, _DAY, 1.8),
    Cohort("east, owl", 2, "east", 3.0, _OWL, 2.4),
)


def expected_sessions(simulation: Simulation, source: str, *, first: int, last: int) -> Floats:
    """Expected sessions per window and cohort, float64 (last − first, len(COHORTS)), incidents left out.

    Args:
        simulation: whose.
        source: one of its streams.
        first: ordinal of the first window, at least 0.
        last: ordinal after the last.
    """
    ordinals = np.arange(first, last)
    a_day = simulation.per_day(source) / STREAMS[source].events_per_session
    sessions = a_day * _HEADROOM / WINDOWS_PER_DAY
    growth = 1 + _WEEKLY_GROWTH * ordinals / (7 * WINDOWS_PER_DAY)
    shares = np.array([cohort.share for cohort in COHORTS]) / sum(cohort.share for cohort in COHORTS)
    level: Floats = sessions * growth * _wander(simulation, source, ordinals)
    return level[:, None] * shares * _rhythm(_local_week_hours(simulation, ordinals))


def drawn_sessions(simulation: Simulation, source: str, *, first: int, last: int) -> NDArray[np.int64]:
    """Sessions per window and cohort, int64 (last − first, len(COHORTS)): Poisson around the expected ones.

    A day is always drawn as a whole, so that a window has the same number whatever range it is asked in.
    Arguments as for :func:`expected_sessions`.
    """
    days = range(first // WINDOWS_PER_DAY, -(-last // WINDOWS_PER_DAY))
    if not days:
        return np.zeros((0, len(COHORTS)), dtype=np.int64)
    origin = days.start * WINDOWS_PER_DAY
    expected = expected_sessions(simulation, source, first=origin, last=days.stop * WINDOWS_PER_DAY)
    drawn = np.concatenate(
        [
            _generator(simulation, source, _POISSON, day).poisson(of_day)
            for day, of_day in zip(days, np.split(expected, len(days)), strict=True)
        ]
    )
    return drawn[first - origin : last - origin]


def _rhythm(week_hours: Floats) -> Floats:
    """Each cohort's curve, (n, len(COHORTS)), 1.0 on average over a week."""
    weekend = np.interp(week_hours, _WEEKEND_HOURS, _WEEKEND_SHARE)[:, None]
    columns = []
    for cohort in COHORTS:
        hours = week_hours + cohort.hours_ahead
        columns.append(
            (_curve(cohort, hours, delay=0.0), _curve(cohort, hours, delay=_WEEKEND_MORNING_DELAY_HOURS))
        )
    weekdays, weekends = (np.stack(curves, axis=1) for curves in zip(*columns, strict=True))
    rhythm: Floats = (1 - weekend) * _WEEKDAY_LEVEL * weekdays + weekend * _WEEKEND_LEVEL * weekends
    return rhythm


def _curve(cohort: Cohort, hours: Floats, *, delay: float) -> Floats:
    """The daily curve at local ``hours``, 1.0 on average; bumps before 16:00 come ``delay`` hours later."""

    def raw(at: Floats) -> Floats:
        total = np.full_like(at, _NIGHT_FLOOR)
        for middle, width, height in cohort.bumps:
            centre = middle + delay if middle < 16 else middle
            angle = 2 * np.pi / 24
            # von Mises: a bell on a circle of 24 hours, exp(−(Δh)²/2w²) near its middle.
            total += height * np.exp((np.cos(angle * (at - centre)) - 1) / (angle * width) ** 2)
        return total

    curve: Floats = raw(hours) / raw(np.arange(WINDOWS_PER_DAY) * 24 / WINDOWS_PER_DAY).mean()
    return curve


def _local_week_hours(simulation: Simulation, ordinals: NDArray[np.int64]) -> Floats:
    """Hours since Monday 00:00 local time in the middle of each window."""
    zone = ZoneInfo(simulation.timezone)

    def hours(local: datetime) -> float:
        return local.weekday() * 24 + local.hour + local.minute / 60

    starts = (simulation.start + int(ordinal) * STEP for ordinal in ordinals)
    return np.array([hours(start.astimezone(zone)) for start in starts], dtype=float) + 0.125


def _wander(simulation: Simulation, source: str, ordinals: NDArray[np.int64]) -> Floats:
    """The level's slow noise per window, lognormal around 1.0.

    Each layer goes smoothly from one independent normal knot to the next; dividing by the norm of the two
    weights keeps its variance the same between knots as on them.
    """
    logarithm = np.zeros(len(ordinals))
    for layer, (spacing, deviation) in enumerate(_WANDER):
        before, within = np.divmod(ordinals, spacing)
        weight = within / spacing
        left = _knots(simulation, source, layer, before)
        right = _knots(simulation, source, layer, before + 1)
        mixed = ((1 - weight) * left + weight * right) / np.hypot(1 - weight, weight)
        logarithm += deviation * mixed - deviation**2 / 2
    return np.exp(logarithm)


def _knots(simulation: Simulation, source: str, layer: int, wanted: NDArray[np.int64]) -> Floats:
    blocks, positions = np.divmod(wanted, _KNOTS_PER_BLOCK)
    known, which = np.unique(blocks, return_inverse=True)
    table = np.array(
        [
            _generator(simulation, source, _KNOTS, layer, int(block)).standard_normal(_KNOTS_PER_BLOCK)
            for block in known
        ]
    ).reshape(-1, _KNOTS_PER_BLOCK)
    values: Floats = table[which, positions]
    return values


def _generator(simulation: Simulation, source: str, *key: int) -> np.random.Generator:
    return np.random.default_rng([simulation.seed % 2**64, STREAMS[source].number, *key])
