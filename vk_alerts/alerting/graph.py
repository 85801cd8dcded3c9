"""Which metric moves which: what lies upstream of a metric, and what a ratio is made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vk_alerts.metrics.model import Metric, MetricKind


@dataclass(frozen=True, slots=True)
class MetricGraph:
    """How metrics depend on each other.

    Attributes:
        upstream: of each metric, all metrics that move it the same way, near and far.
        ratios: numerator and denominator of each ratio.
    """

    upstream: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def is_upstream(self, metric: str, below: str) -> bool:
        """Whether ``metric`` moves ``below`` the same way."""
        return metric in self.upstream.get(below, frozenset())


def graph_of(metrics: Iterable[Metric]) -> MetricGraph:
    """The graph that the metrics of a catalog tell: ``causes``, and that a ratio follows its numerator."""
    metrics = list(metrics)
    ratios = {
        metric.name: (metric.numerator or "", metric.denominator or "")
        for metric in metrics
        if metric.kind is MetricKind.RATIO
    }
    near = {metric.name: {*metric.causes, *ratios.get(metric.name, ())[:1]} for metric in metrics}
    return MetricGraph({name: _all_above(name, near) for name in near}, ratios)


def _all_above(metric: str, near: Mapping[str, set[str]]) -> frozenset[str]:
    above: set[str] = set()
    waiting = [*near[metric]]
    while waiting:
        cause = waiting.pop()
        if cause not in above:
            above.add(cause)
            waiting += near.get(cause, ())
    return frozenset(above - {metric})
