"""What a catalog says: sources of events, and the metrics computed from them."""

from typing import Annotated, Any, NoReturn, Self

from pydantic import Field, model_validator

from vk_alerts.metrics.calendar import Calendar
from vk_alerts.metrics.metric import Metric, MetricKind
from vk_alerts.metrics.mistakes import MistakesError, Path, raise_any
from vk_alerts.metrics.near import hint
from vk_alerts.metrics.policy import AlertBudget, Policy
from vk_alerts.metrics.routes import Chat, Route
from vk_alerts.metrics.source import Source
from vk_alerts.metrics.texts import Frozen, Words

__all__ = [
    "AlertBudget",
    "Catalog",
    "Metric",
    "MetricKind",
    "Policy",
    "Source",
    "SourceFile",
    "SystemFile",
    "Words",
]


class SystemFile(Frozen):
    """The catalog's file that is about no single source.

    ``routes``: which chats are told of what; without them all goes to the default chat. ``fallback_chat``:
    where a message goes that its own chat does not take, and what is told of the pipeline itself; left out,
    the default chat. ``alive_hour``: from which local hour on the daily sign of life is sent; null = never.
    """

    alert_budget: AlertBudget = AlertBudget()
    routes: tuple[Route, ...] = ()
    fallback_chat: Chat | None = None
    alive_hour: Annotated[int, Field(ge=0, le=23)] | None = 10


class SourceFile(Frozen):
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
        wrong: list[tuple[Path, str]] = []
        names = [metric.name for metric in self.metrics]
        bases = [metric.name for metric in self.metrics if metric.kind.is_counted]
        for number, metric in enumerate(self.metrics):
            if metric.name in names[:number]:
                wrong.append((("metrics", number, "name"), f"metric {metric.name!r} stands twice"))
            for key in ("numerator", "denominator"):
                part = getattr(metric, key)
                if part is not None and part not in bases:
                    told = f"metric {metric.name!r}: unknown {key} {part!r}; {hint(part, bases)}"
                    wrong.append((("metrics", number, key), told))
            for place, cause in enumerate(metric.causes):
                if cause not in names:
                    told = f"metric {metric.name!r}: unknown cause {cause!r}; {hint(cause, names)}"
                    wrong.append((("metrics", number, "causes", place), told))
        raise_any(wrong)
        return self

    @model_validator(mode="after")
    def _causes_come_first(self) -> Self:
        causes = {metric.name: metric.causes for metric in self.metrics}
        looped = _looped(causes)
        if looped:
            place = ("metrics", [*causes].index(looped), "causes")
            raise MistakesError((place, f"metric {looped!r} is a cause of itself"))
        return self


class Catalog(Frozen):
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
