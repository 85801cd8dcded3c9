"""A part of a source's series, small enough to be held in memory over all windows that are asked for."""

from dataclasses import dataclass

from vk_alerts.clickhouse.literals import literal
from vk_alerts.clickhouse.queries import Condition


@dataclass(frozen=True, slots=True)
class Block:
    """The series of a metric whose slices lie between two keys, and some others beside them.

    Attributes:
        metric: its name; empty = all metrics.
        low: the first slice, in the order of characters.
        high: the slice before which the block ends; None = it does not.
        beside: slices of the metric that come too, for comparison: they belong to another block.
    """

    metric: str = ""
    low: str = ""
    high: str | None = None
    beside: tuple[str, ...] = ()

    def owns(self, metric: str, slice_key: str) -> bool:
        """Whether the series belongs to this block, rather than lying beside it or elsewhere."""
        in_metric = self.metric in {"", metric}
        return in_metric and self.low <= slice_key and (self.high is None or slice_key < self.high)

    def holds(self, metric: str, slice_key: str) -> bool:
        """Whether the series belongs to this block or lies beside it."""
        return self.owns(metric, slice_key) or (self.metric == metric and slice_key in self.beside)

    def condition(self) -> Condition:
        """The same as SQL over ``metric`` and ``slice``. Servers order UTF-8 as Python orders characters."""
        parts = [f"slice >= {literal(self.low)}"] if self.low else []
        if self.high is not None:
            parts.append(f"slice < {literal(self.high)}")
        of_metric = [f"metric = {literal(self.metric)}"] if self.metric else []
        if parts and self.beside:
            beside = ", ".join(map(literal, self.beside))
            parts = [f"({' AND '.join(parts)} OR slice IN ({beside}))"]
        return Condition(" AND ".join((*of_metric, *parts)) or "1")


EVERYTHING = Block()
"""All series of a source."""
