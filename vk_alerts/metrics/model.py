"""What a catalog says: sources of events, and the metrics computed from them."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from vk_alerts.metrics.calendar import Calendar
from vk_alerts.metrics.routes import Chat, Route

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")]
Expression = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=2000)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class MetricKind(StrEnum):
    """How a metric's value comes out of events.

    ``count``: events (that meet the condition). ``unique``: distinct values of the expression.
    ``ratio``: one metric of the source over another; nothing to divide by means no value.
    """

    COUNT = "count"
    UNIQUE = "unique"
    RATIO = "ratio"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Frozen):
    """One text in the languages that messages are told in."""

    ru: Text
    en: Text


class Source(_Frozen):
    """A table of events."""

    name: Name
    table: TableName
    time: ColumnName
    dimensions: dict[Name, Expression]
    slices: tuple[tuple[Name, ...], ...] = ()

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """The combinations of dimensions that are watched; the empty one, everybody, comes first."""
        return ((), *self.slices)

    @field_validator("slices")
    @classmethod
    def _slices_are_sets(cls, slices: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        for grouping in slices:
            if not grouping:
                raise ValueError("an empty slice: everybody is always watched, leave it out")
            if len(set(grouping)) < len(grouping):
                raise ValueError(f"slice {list(grouping)} names a dimension twice")
        repeated = _repeated(["+".join(sorted(grouping)) for grouping in slices])
        if repeated:
            raise ValueError(f"slice {repeated} stands twice")
        return slices

    @model_validator(mode="after")
    def _slices_use_known_dimensions(self) -> Self:
        for grouping in self.slices:
            for dimension in grouping:
                if dimension not in self.dimensions:
                    raise ValueError(
                        f"slice {list(grouping)}: unknown dimension {dimension!r}; "
                        f"known: {', '.join(self.dimensions) or 'none'}"
                    )
        return self


class AlertBudget(_Frozen):
    """False alerts a week that the team accepts, over the whole system: thresholds follow from it."""

    totals_per_week: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    slices_per_week: Annotated[float, Field(gt=0, le=10_000)] = 1.0


class SystemFile(_Frozen):
    """The catalog's file that is about no single source.

    ``routes``: which chats are told of what; without them all goes to the default chat. ``fallback_chat``:
    where a message goes that its own chat does not take, and what is told of the pipeline itself; left out,
    the default chat. ``alive_hour``: from which local hour on the daily sign of life is sent; null = never.
    """

    alert_budget: AlertBudget = AlertBudget()
    routes: tuple[Route, ...] = ()
    fallback_chat: Chat | None = None
    alive_hour: Annotated[int, Field(ge=0, le=23)] | None = 10


class Policy(_Frozen):
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
            raise ValueError(f"hard_threshold {self.hard_threshold:g} is below threshold {self.threshold:g}")
        return self


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
    condition: Expression | None = None
    numerator: Name | None = None
    denominator: Name | None = None
    causes: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed, allowed = {
            MetricKind.COUNT: (set(), {"condition"}),
            MetricKind.UNIQUE: ({"expression"}, {"condition"}),
            MetricKind.RATIO: ({"numerator", "denominator"}, set()),
        }[self.kind]
        for key in ("expression", "condition", "numerator", "denominator"):
            given = getattr(self, key) is not None
            if key in needed and not given:
                raise ValueError(f"a {self.kind} needs the key {key!r}")
            if given and key not in needed | allowed:
                raise ValueError(f"a {self.kind} has no {key!r}")
        return self


class SourceFile(_Frozen):
    """One file of the catalog: a source, the days on which its users live differently, and its metrics."""

    source: Source
    calendar: Calendar = Calendar()
    defaults: Policy = Policy()
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _defaults_reach_metrics(cls, tree: Any) -> Any:
        if not isinstance(tree, dict) or not isinstance(tree.get("metrics"), list):
            return tree
        defaults = tree.get("defaults")
        shared = defaults if isinstance(defaults, dict) else {}
        known = {key: value for key, value in shared.items() if key in Policy.model_fields}
        return tree | {"metrics": [_inherited(known, m) for m in tree["metrics"]]}

    @model_validator(mode="after")
    def _metrics_fit_together(self) -> Self:
        repeated = _repeated([metric.name for metric in self.metrics])
        if repeated:
            raise ValueError(f"metric {repeated!r} stands twice")
        bases = {metric.name: metric for metric in self.metrics if metric.kind is not MetricKind.RATIO}
        for metric in self.metrics:
            for key in ("numerator", "denominator"):
                part = getattr(metric, key)
                if part is not None and part not in bases:
                    raise ValueError(
                        f"metric {metric.name!r}: unknown {key} {part!r}; known: {', '.join(bases) or 'none'}"
                    )
        return self

    @model_validator(mode="after")
    def _causes_come_first(self) -> Self:
        causes = {metric.name: metric.causes for metric in self.metrics}
        for metric in self.metrics:
            for cause in metric.causes:
                if cause not in causes:
                    raise ValueError(
                        f"metric {metric.name!r}: unknown cause {cause!r}; known: {', '.join(causes)}"
                    )
        looped = _looped(causes)
        if looped:
            raise ValueError(f"metric {looped!r} is a cause of itself")
        return self


class Catalog(_Frozen):
    """All sources, by name, in the order of their files."""

    files: tuple[SourceFile, ...]
    system: SystemFile = SystemFile()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources of all files."""
        return tuple(file.source for file in self.files)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics of all sources."""
        return tuple(metric for file in self.files for metric in file.metrics)

    def source_file(self, source: str) -> SourceFile:
        """The file of the source with that name; KeyError for an unknown one."""
        return next((f for f in self.files if f.source.name == source), None) or _unknown(source)

    def metric(self, name: str) -> Metric:
        """The metric with that name; KeyError for an unknown one."""
        return next((m for m in self.metrics if m.name == name), None) or _unknown(name)

    def source_of(self, metric: str) -> Source:
        """The source that a metric is computed from; KeyError for an unknown one."""
        for file in self.files:
            if any(m.name == metric for m in file.metrics):
                return file.source
        return _unknown(metric)


def _inherited(defaults: dict[str, Any], metric: Any) -> Any:
    """A metric with what its source says of all; a threshold of its own is meant, so it is no start value."""
    if not isinstance(metric, dict):
        return metric
    if "threshold" in metric:
        defaults = {key: value for key, value in defaults.items() if key != "sensitivity"}
    return defaults | metric


def _looped(causes: dict[str, tuple[str, ...]]) -> str | None:
    """The first metric that its causes, and their causes, lead back to."""
    for name in causes:
        seen: set[str] = set()
        waiting = [*causes[name]]
        while waiting:
            cause = waiting.pop()
            if cause == name:
                return name
            if cause not in seen:
                seen.add(cause)
                waiting += causes[cause]
    return None


def _unknown(name: str) -> NoReturn:
    raise KeyError(name)


def _repeated(names: list[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)
