"""When a deviation is worth an alert."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from vk_alerts.metrics.mistakes import MistakesError
from vk_alerts.metrics.texts import Frozen, Text, Url


class AlertBudget(Frozen):
    """False alerts a week that the team accepts, over the whole system: thresholds follow from it."""

    totals_per_week: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    slices_per_week: Annotated[float, Field(gt=0, le=10_000)] = 1.0


class Policy(Frozen):
    """When a deviation is worth an alert, and whose it is; each may be set per source and per metric.

    ``sensitivity``: ``calibrated`` thresholds follow from the alert budget and ``threshold`` is where they
    start, ``fixed`` ones are ``threshold``. Left out, a threshold that is written is fixed.
    ``for_windows``: adjacent bad windows that open an incident; left out, two.
    """

    detector: Literal["seasonal", "iqr", "day_ago"] = "seasonal"
    sensitivity: Literal["calibrated", "fixed"] | None = None
    threshold: Annotated[float, Field(gt=0, le=1000)] = 5.0
    hard_threshold: Annotated[float, Field(gt=0, le=10000)] = 7.0
    min_deviation: Annotated[float, Field(ge=0, le=10)] = 0.10
    min_evidence: Annotated[float, Field(ge=0)] = 20.0
    for_windows: Annotated[int, Field(ge=1, le=96)] | None = None
    owner: Text | None = None
    chart_url: Url | None = None
    dashboard_url: Url | None = None

    @property
    def is_calibrated(self) -> bool:
        """Whether the threshold follows from the alert budget."""
        if self.sensitivity is None:
            return "threshold" not in self.model_fields_set
        return self.sensitivity == "calibrated"

    def hard_threshold_at(self, threshold: float) -> float:
        """The hard threshold that belongs to a threshold: the ratio of the two stays."""
        return self.hard_threshold * (threshold / self.threshold)

    @model_validator(mode="after")
    def _hard_is_harder(self) -> Self:
        if self.hard_threshold < self.threshold:
            told = f"hard_threshold {self.hard_threshold:g} is below threshold {self.threshold:g}"
            raise MistakesError((("hard_threshold",), told))
        return self
