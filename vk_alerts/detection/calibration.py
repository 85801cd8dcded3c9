"""Thresholds from a budget: how high they must be for so many false alerts a week, judging by the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.opening import Exceedances, Ints, opening_scores, run_starts
from vk_alerts.detection.rarity import PER_DAY, PER_HOUR, PER_WEEK, Past, Rarity, rarity_by_class
from vk_alerts.detection.restless import own_factors, own_levels
from vk_alerts.detection.scores import Floats
from vk_alerts.detection.series_classes import Population, class_labels
from vk_alerts.detection.spans import Spans
from vk_alerts.detection.tails import Belief, Tail, fit_tail

FLOOR = 2.5
"""Scores below it need not be known: no threshold comes near."""
LOWEST, HIGHEST = 3.0, 12.0
"""Bounds of thresholds: a bad fit must neither silence the system nor make it cry at every move."""

# Messages are fitted from where chance gives eight a week: more of them would merge by accident.
_MESSAGES_A_WEEK = 8.0
_ENOUGH, _LEAST_MESSAGES = 0.5, 8
# Rarity is made so that its tail has the slope 1; that is worth so many messages.
_RARITY = Belief(slope=1.0, peaks=5.0)
# Scores are known down to its base for so many of the series.
_MOSTLY_KNOWN = 0.9
# What chance would send once in so many weeks is an incident.
_CLEAR_WEEKS = 20.0
# The day after an incident is not as usual; what moved with it by less than a threshold joins its message.
_AFTERMATH = PER_DAY
_LONGEST_CAUSE = PER_DAY // 2

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Budget:
    """False alerts a week that people accept, over the whole system; both > 0."""

    totals: float
    slices: float


@dataclass(frozen=True, slots=True)
class ClassThreshold:
    """What a class of series was given, and on which grounds.

    Attributes:
        label: the class.
        series: how many belong to it.
        threshold: the median of theirs.
        expected_a_week: false alerts of all of them together.
        fitted_on: the class whose tail was used: a wider one where the own past is too small.
        tail: of the opening scores of one series, each divided by its series' own factor.
    """

    label: str
    series: int
    threshold: float
    expected_a_week: float
    fitted_on: str
    tail: Tail


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds of a population.

    Attributes:
        threshold: float64 (n_series,).
        label: the class of each series; empty where the start value holds.
        classes: the classes, by label.
    """

    threshold: Floats
    label: tuple[str, ...]
    classes: tuple[ClassThreshold, ...]

    @property
    def expected_a_week(self) -> float:
        """False alerts of all calibrated series together."""
        return sum((one.expected_a_week for one in self.classes), 0.0)


def calibrate(
    found: Exceedances,
    population: Population,
    *,
    windows: int,
    budget: Budget,
    incidents: Spans | None = None,
) -> Calibration:
    """The thresholds at which chance alone sends as many messages as the budget allows.

    First, a class' tail of opening scores says how rare a height is for one of its series: on that scale all
    series are alike. Then messages, which merge what opens in one source within an hour, are counted over
    that scale and all series of a tier; the level they reach as often as the budget says is every series'
    threshold.

    True incidents must not raise thresholds. Both tails are fitted to moderate peaks, and whatever chance
    would send once in 20 weeks is taken for an incident: it is left out with the 24 hours after it, and so is
    what its source did meanwhile. Known incidents are left out whole if they reached as far; those that did
    not are what the budget is about, and leaving them out would lower thresholds with every false alert.

    Args:
        found: the windows of a period with a score of at least ``FLOOR`` that are relevant and founded, by
            their number within the period.
        population: the series.
        windows: length of the period.
        budget: messages a week.
        incidents: windows of the period in which series had incidents.

    Returns:
        A threshold for every series, within ``LOWEST`` .. ``HIGHEST``; its start value where the past of its
        detector does not suffice for any tail.
    """
    factor = own_factors(population.daily_peak)
    opening = opening_scores(
        found,
        hard_ratio=population.hard_ratio[found.series],
        for_windows=population.for_windows[found.series],
    )
    height = opening / factor[found.series]
    labels = class_labels(population)
    tiers = (population.is_total, budget.totals), (~population.is_total, budget.slices)
    level, clear = np.zeros(len(population)), np.zeros(len(population))
    out = Spans.none()
    # Once more without the incidents that the first fit shows.
    for _ in range(2):
        past = _quiet_past(found, height, population, factor, out, windows=windows)
        rarity = rarity_by_class(past, labels)
        for members, limit in tiers:
            alike = _alike(rarity, members)
            clear[members] = log(_CLEAR_WEEKS * max(alike, 1))
            level[members] = _messages(past, rarity, population, members).height_at(limit)
        is_clear = rarity.of(found.series, height) > clear[found.series]
        plain = _runs(found.only(is_clear))
        out = plain.joined((incidents or Spans.none()).holding(plain.owner, plain.first))
    wanted = rarity.height(level) * factor
    own = own_levels(found, opening, weeks=population.judged / PER_WEEK)
    threshold = np.clip(np.where(own > wanted, own, wanted), LOWEST, HIGHEST)
    reached = rarity.of(np.arange(len(population)), threshold / factor)
    expected = np.zeros(len(population))
    for members, limit in tiers:
        # A series' part of the messages is its part of the openings.
        expected[members] = limit * np.exp(level - reached)[members] / max(_alike(rarity, members), 1)
    return _calibration(np.where(np.isnan(wanted), population.start, threshold), expected, labels[0], rarity)


def _quiet_past(
    found: Exceedances,
    height: Floats,
    population: Population,
    factor: Floats,
    incidents: Spans,
    *,
    windows: int,
) -> Past:
    """The period without incidents, the day after them, and the hours in which their source may join them."""
    series = incidents.lengthened(_AFTERMATH, end=windows)
    last = np.minimum(incidents.last, incidents.first + _LONGEST_CAUSE)
    cause = Spans(population.source[incidents.owner], incidents.first, last)
    sources = cause.lengthened(PER_HOUR, end=windows)
    quiet = ~series.hold(found.series, found.window)
    quiet &= ~sources.hold(population.source[found.series], found.window)
    lost = series.windows_of(len(population))
    lost += sources.windows_of(int(population.source.max(initial=0)) + 1)[population.source]
    return Past(
        found=found.only(quiet),
        height=height[quiet],
        weeks=np.maximum(population.judged - lost, 0) / PER_WEEK,
        floor=FLOOR / factor,
    )


def _messages(past: Past, rarity: Rarity, population: Population, members: Flags) -> Tail:
    """The tail of messages about some series, over rarity; that of pure chance where too few are known."""
    known = members & ~np.isnan(rarity.slope)
    alike = _alike(rarity, members)
    by_chance = Tail(base=0.0, rate=max(float(alike), 1.0), slope=1.0, peaks=0)
    if not alike:
        return by_chance
    mine = known[past.found.series]
    found = past.found.only(mine)
    source, window, height = _highest_by_source(
        population.source[found.series], found.window, rarity.of(found.series, past.height[mine])
    )
    weeks = float(past.weeks[known].mean())
    lowest = float(np.quantile(rarity.of(np.flatnonzero(known), past.floor[known]), _MOSTLY_KNOWN))
    # Where chance gives so many, found without counting, which outages could lift; and lower, as far as
    # scores are known, where series move together and messages are fewer.
    base = max(0.0, lowest, log(alike / _MESSAGES_A_WEEK))
    while True:
        over = height >= base
        starts = run_starts(source[over], window[over], gap=PER_HOUR)
        if len(starts) >= _ENOUGH * _MESSAGES_A_WEEK * weeks or base <= lowest:
            break
        base = max(lowest, base - log(2))
    if len(starts) < _LEAST_MESSAGES:
        return by_chance
    peaks = np.maximum.reduceat(height[over], starts)
    reach = log(_CLEAR_WEEKS * alike) - base
    return fit_tail(peaks, base=base, weeks=weeks, belief=_RARITY, reach=reach) or by_chance


def _highest_by_source(source: Ints, window: Ints, height: Floats) -> tuple[Ints, Ints, Floats]:
    """The highest of each source and window, sorted by both."""
    order = np.lexsort((window, source))
    source, window, height = source[order], window[order], height[order]
    starts = run_starts(source, window, gap=0)
    if not len(starts):
        return source, window, height
    return source[starts], window[starts], np.maximum.reduceat(height, starts)


def _alike(rarity: Rarity, members: Flags) -> int:
    """How many series share a tier's budget."""
    return int(np.count_nonzero(members & ~np.isnan(rarity.slope)))


def _runs(found: Exceedances) -> Spans:
    """The stretches, an hour apart, that some windows make up."""
    starts = run_starts(found.series, found.window, gap=PER_HOUR)
    ends = np.append(starts[1:], len(found)) - 1
    return Spans(found.series[starts], found.window[starts], found.window[ends[: len(starts)]])


def _calibration(threshold: Floats, expected: Floats, labels: Sequence[str], rarity: Rarity) -> Calibration:
    grouped: dict[tuple[str, str], list[int]] = {}
    for number, (label, fitted_on) in enumerate(zip(labels, rarity.fitted_on, strict=True)):
        if fitted_on:
            grouped.setdefault((label, fitted_on), []).append(number)
    classes = tuple(
        ClassThreshold(
            label=label,
            series=len(members),
            threshold=float(np.median(threshold[members])),
            expected_a_week=float(expected[members].sum()),
            fitted_on=fitted_on,
            tail=rarity.tails[fitted_on],
        )
        for (label, fitted_on), members in sorted(grouped.items())
    )
    known = tuple(label if on else "" for label, on in zip(labels, rarity.fitted_on, strict=True))
    return Calibration(threshold=threshold, label=known, classes=classes)
