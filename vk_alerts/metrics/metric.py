"""A metric: a number of every window and slice, and how it comes out of events."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from vk_alerts.metrics.aggregates import aggregate_calls
from vk_alerts.metrics.mistakes import MistakesError
from vk_alerts.metrics.policy import Policy
from vk_alerts.metrics.texts import Expression, Name, Words


class MetricKind(StrEnum):
    """How a metric's value comes out of events.

    ``count``: events (that meet the condition). ``unique``: distinct values of the expression.
    ``ratio``: one metric of the source over another; nothing to divide by means no value.
    ``quantile``: of the numbers that the expression is for events (that meet the condition).
    ``gauge``: what SQL aggregates make of the events, such as ``sum(amount)``; never negative.
    """

    COUNT = "count"
    UNIQUE = "unique"
    RATIO = "ratio"
    QUANTILE = "quantile"
    GAUGE = "gauge"

    @property
    def is_counted(self) -> bool:
        """Whether the value is a number of things, so that no events are 0 and large numbers vary less."""
        return self in (MetricKind.COUNT, MetricKind.UNIQUE)

    @property
    def is_measured(self) -> bool:
        """Whether the value is a quantity with a unit, to which no events give no value."""
        return self in (MetricKind.QUANTILE, MetricKind.GAUGE)


_KEYS: dict[MetricKind, tuple[set[str], set[str]]] = {
    MetricKind.COUNT: (set(), {"condition"}),
    MetricKind.UNIQUE: ({"expression"}, {"condition"}),
    MetricKind.RATIO: ({"numerator", "denominator"}, set()),
    MetricKind.QUANTILE: ({"expression", "quantile"}, {"condition"}),
    MetricKind.GAUGE: ({"expression"}, {"condition"}),
}
"""Keys that a kind needs, and further ones that it may have."""


class Metric(Policy):
    """A number that is computed from a source for every window and slice.

    ``causes``: metrics of the source whose change moves this one; where both are off, they are the headline.
    A ratio's numerator and denominator need no word.
    """

    name: Name
    title: Words
    kind: MetricKind
    unit: Words
    expression: Expression | None = None
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    condition: Expression | None = None
    numerator: Name | None = None
    denominator: Name | None = None
    causes: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed, allowed = _KEYS[self.kind]
        for key in ("expression", "quantile", "condition", "numerator", "denominator"):
            given = getattr(self, key) is not None
            if key in needed and not given:
                raise ValueError(f"a {self.kind} needs the key {key!r}")
            if given and key not in needed | allowed:
                raise MistakesError(((key,), f"a {self.kind} has no {key!r}"))
        if self.kind is MetricKind.GAUGE:
            try:
                aggregate_calls(self.expression or "", condition=self.condition)
            except ValueError as error:
                raise MistakesError((("expression",), str(error))) from None
        return self
