"""How rare an opening score is for a series of its class: a scale on which all series are alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.opening import Exceedances, run_starts
from vk_alerts.detection.scores import Floats
from vk_alerts.detection.tails import Belief, Tail, fit_tail

PER_HOUR = 4
PER_DAY = 24 * PER_HOUR
PER_WEEK = 7 * PER_DAY

# Weeks are those of all series of a class together, rates are per week and series.
_LEAST_WEEKS = 60
_BODY_A_WEEK = 1.0
# Peaks are taken as high as possible, for the least extrapolation, but enough of them for a fit.
_PEAKS_A_WEEK, _PEAKS_WANTED, _LEAST_PEAKS = 0.25, 50, 20
# What all series of a detector say about the slope is worth so many peaks of a class.
_BELIEF_PEAKS = 30.0


@dataclass(frozen=True, slots=True)
class Past:
    """Opening scores of a period without incidents.

    Attributes:
        found: the windows in which one is known, sorted.
        height: float64 (n,): the opening scores, each divided by its series' own factor.
        weeks: float64 (n_series,): how long each series was judged, incidents left out.
        floor: float64 (n_series,): heights below it are not known.
    """

    found: Exceedances
    height: Floats
    weeks: Floats
    floor: Floats


@dataclass(frozen=True, slots=True)
class Rarity:
    """For every series the tail of its class; NaN where the past does not suffice for any.

    Attributes:
        base: float64 (n_series,), see ``Tail``.
        slope: float64 (n_series,).
        log_rate: float64 (n_series,), natural log of the rate of one series.
        fitted_on: the class whose tail is used; empty = none.
        tails: those tails, by class.
    """

    base: Floats
    slope: Floats
    log_rate: Floats
    fitted_on: tuple[str, ...]
    tails: dict[str, Tail]

    def of(self, series: NDArray[np.int64], height: Floats) -> Floats:
        """−ln of how many times a week the series reaches the height, once an hour at most."""
        return self.slope[series] * (height - self.base[series]) - self.log_rate[series]

    def height(self, rarity: Floats) -> Floats:
        """The height that is so rare for each series; (n_series,)."""
        return self.base + (rarity + self.log_rate) / self.slope


def rarity_by_class(past: Past, levels: Sequence[Sequence[str]]) -> Rarity:
    """The tails of classes, each series with the finest one that its past suffices for.

    Args:
        past: opening scores.
        levels: for each level of detail, the finest first, the class of every series; the last one is what
            slopes are shared over.
    """
    series = len(past.weeks)
    shape = np.full(series, np.nan)
    rarity = Rarity(shape, shape.copy(), shape.copy(), (), {})
    fitted_on = np.full(series, "", dtype=object)
    beliefs = {name: _tail_of(past, members, None) for name, members in _members(levels[-1])}
    detector = np.asarray(levels[-1], dtype=object)
    for level in levels:
        for name, members in _members(level):
            waiting = members & (fitted_on == "")
            if not waiting.any():
                continue
            shared = beliefs[str(detector[waiting][0])]
            if shared is None:
                continue
            tail = _tail_of(past, members, Belief(shared.slope, _BELIEF_PEAKS))
            if tail is None:
                continue
            rarity.base[waiting], rarity.slope[waiting] = tail.base, tail.slope
            rarity.log_rate[waiting] = np.log(tail.rate)
            fitted_on[waiting] = name
            rarity.tails[name] = tail
    return Rarity(rarity.base, rarity.slope, rarity.log_rate, tuple(fitted_on), rarity.tails)


def _members(labels: Sequence[str]) -> list[tuple[str, NDArray[np.bool_]]]:
    names, which = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    return [(str(name), which == number) for number, name in enumerate(names)]


def _tail_of(past: Past, members: NDArray[np.bool_], belief: Belief | None) -> Tail | None:
    """The tail of one series of a class; None where too little is known of the class."""
    weeks = float(past.weeks[members].sum())
    if weeks < _LEAST_WEEKS:
        return None
    mine = members[past.found.series]
    found, height = past.found.only(mine), past.height[mine]
    floor = float(past.floor[members].max())
    body = _body(found, height, floor=floor, weeks=weeks, belief=belief)
    if body is None:
        return None
    base = max(floor, body.height_at(max(_PEAKS_A_WEEK, _PEAKS_WANTED / weeks)))
    over = height >= base
    starts = run_starts(found.series[over], found.window[over], gap=PER_HOUR)
    if len(starts) < _LEAST_PEAKS:
        return None
    return fit_tail(np.maximum.reduceat(height[over], starts), base=base, weeks=weeks, belief=belief)


def _body(
    found: Exceedances, height: Floats, *, floor: float, weeks: float, belief: Belief | None
) -> Tail | None:
    """The tail from where it comes once a week and series: so low that no outage lifts it.

    Days' highest are taken, among which an outage of hours is one.
    """
    starts = run_starts(found.series, found.window // PER_DAY, gap=0)
    if not len(starts):
        return None
    highest = np.maximum.reduceat(height, starts)
    wanted = int(_BODY_A_WEEK * weeks)
    base = floor
    if len(highest) > wanted:
        base = max(base, float(np.partition(highest, -wanted)[-wanted]))
    return fit_tail(highest[highest >= base], base=base, weeks=weeks, belief=belief)
