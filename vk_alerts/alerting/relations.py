"""How two series of one window belong together: moved alike, slices, upstream, parts of a ratio."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from vk_alerts.alerting.graph import MetricGraph
from vk_alerts.alerting.groups import Explanation
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.verdicts import Direction, Verdict
from vk_alerts.metrics.slices import Slice

SIMILAR_WITHIN = 0.3
"""Deviations of one side that differ by at most this part of the larger are alike."""

EXPLAINS = 0.7
"""What holds this part of a change is its cause."""

_ROUNDING = 1e-9


def are_similar(one: float | None, other: float | None) -> bool:
    """Whether two deviations are on one side and alike; unknown ones never are."""
    if one is None or other is None or one * other <= 0:
        return False
    return abs(one - other) <= SIMILAR_WITHIN * max(abs(one), abs(other)) + _ROUNDING


@lru_cache(maxsize=200_000)
def items_of(slice_key: str) -> frozenset[tuple[str, str]]:
    """The pairs of dimension and value that a slice is made of; none for everybody."""
    return frozenset(Slice.from_key(slice_key).items)


def contains(whole: str, part: str) -> bool:
    """Whether a slice holds another one, or is it."""
    return items_of(whole) <= items_of(part)


def may_overlap(one: str, other: str) -> bool:
    """Whether two slices can have users in common: no dimension with different values."""
    values = dict(items_of(one))
    return all(values.get(dimension, value) == value for dimension, value in items_of(other))


@dataclass(frozen=True, slots=True)
class Picture:
    """One window of all series.

    Attributes:
        verdicts: by metric and slice.
        graph: how the metrics depend on each other.
    """

    verdicts: Mapping[tuple[str, str], Verdict] = field(default_factory=dict)
    graph: MetricGraph = field(default_factory=MetricGraph)

    def deviation(self, metric: str, slice_key: str) -> float | None:
        """The deviation of a series; None when there is none."""
        verdict = self.verdicts.get((metric, slice_key))
        return None if verdict is None else verdict.scored.deviation

    def deviation_of(self, incident: Incident) -> float | None:
        """The deviation of an incident's series in the window, or else when it was last seen."""
        found = self.deviation(incident.metric, incident.slice_key)
        return incident.deviation if found is None else found

    def explains(self, metric: str, part: str, whole: str) -> bool:
        """Whether a slice holds nearly all of the change of a larger one, whose rest did not move alike.

        A slice that is most of the users holds most of any change: it is the cause only where the others
        stayed behind.
        """
        mine, all_of_it = self._amounts(metric, part), self._amounts(metric, whole)
        if mine is None or all_of_it is None:
            return False
        change, whole_change = mine[0] - mine[1], all_of_it[0] - all_of_it[1]
        if change * whole_change <= 0 or change / whole_change < EXPLAINS - _ROUNDING:
            return False
        rest = all_of_it[1] - mine[1]
        if rest <= 0 or mine[1] <= 0:
            return True
        return not are_similar(change / mine[1], (whole_change - change) / rest)

    def change(self, metric: str, slice_key: str) -> float:
        """How much a slice changed, in events (of a ratio: hits); 0 when unknown."""
        amounts = self._amounts(metric, slice_key)
        return 0.0 if amounts is None else amounts[0] - amounts[1]

    def follows(self, below: Incident, above: Incident) -> bool:
        """Whether ``above`` moves the metric of ``below``, and moved where ``below`` did."""
        if below.direction is not above.direction or not self.graph.is_upstream(above.metric, below.metric):
            return False
        if below.slice_key == above.slice_key:
            return True
        if not may_overlap(below.slice_key, above.slice_key):
            return False
        return are_similar(self.deviation(above.metric, below.slice_key), self.deviation_of(below))

    def explanation(self, incident: Incident) -> Explanation | None:
        """What explains a ratio that moved because its denominator did, the numerator staying; or None.

        Source:
            log r = log n - log d: each part's share of the change of log r.
        """
        parts = self.graph.ratios.get(incident.metric)
        if parts is None:
            return None
        ratio, *moved = (
            self.deviation(name, incident.slice_key) for name in (incident.metric, parts[0], parts[1])
        )
        numerator, denominator = moved
        if ratio is None or numerator is None or denominator is None:
            return None
        if min(ratio, numerator, denominator) <= -1 or ratio == 0:
            return None
        of_the_rest = math.log1p(numerator) / math.log1p(ratio)
        side = Direction.UP if ratio > 0 else Direction.DOWN
        if side is not incident.direction or abs(of_the_rest) > 1 - EXPLAINS + _ROUNDING:
            return None
        if denominator * ratio >= 0:
            return None
        return Explanation(incident.metric, incident.slice_key, parts[1], denominator)

    def _amounts(self, metric: str, slice_key: str) -> tuple[float, float] | None:
        """What there is and what was expected, in what adds up over slices: events, or a ratio's hits."""
        verdict = self.verdicts.get((metric, slice_key))
        if verdict is None or verdict.scored.value is None or verdict.scored.expected is None:
            return None
        row = verdict.scored
        trials = (row.evidence or 0.0) if metric in self.graph.ratios else 1.0
        return (row.value or 0.0) * trials, (row.expected or 0.0) * trials
