"""What a message says of everything around its headline: other metrics, other people, what was done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vk_alerts.alerting.story import Event, Language, Reading
from vk_alerts.alerting.verdicts import DecidedBy, Verdict
from vk_alerts.metrics.model import Catalog, Metric, MetricKind
from vk_alerts.metrics.slices import ALL_KEY, Slice
from vk_alerts.pipeline.labels import slice_label
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import window_end

Series = tuple[str, str]
"""A metric and the key of a slice."""

# What was done this long before the first bad window may have caused it.
EVENTS_BEFORE = timedelta(hours=3)
_MOST_SIBLINGS = 3


@dataclass(frozen=True, slots=True)
class Window:
    """All series of one window, as readings in the language of the messages.

    Attributes:
        catalog: the metrics.
        language: of titles and labels.
        verdicts: by metric and slice.
        firing: series with an open incident: they are bad, whatever this window alone says.
    """

    catalog: Catalog
    language: Language
    verdicts: Mapping[Series, Verdict]
    firing: Collection[Series]

    def reading(self, series: Series) -> Reading:
        """A series in the window; without values when it has no row there."""
        metric = self.catalog.metric(series[0])
        verdict = self.verdicts.get(series)
        if verdict is None:
            return self.unknown(metric, series[1])
        row = verdict.scored
        return Reading(
            metric=row.metric,
            title=self.title(metric),
            slice_key=row.slice_key,
            slice_label=slice_label(row.slice_key, self.language),
            is_ratio=metric.kind is MetricKind.RATIO,
            value=row.value,
            expected=row.expected,
            lower=row.lower,
            upper=row.upper,
            score=row.score,
            is_bad=verdict.is_bad or series in self.firing,
            by_share=row.decided_by is DecidedBy.SHARE,
            unit=self.unit(metric),
        )

    def unknown(self, metric: Metric, slice_key: str) -> Reading:
        """A series of which nothing is known."""
        return Reading(
            metric=metric.name,
            title=self.title(metric),
            slice_key=slice_key,
            slice_label=slice_label(slice_key, self.language),
            is_ratio=metric.kind is MetricKind.RATIO,
            value=None,
            expected=None,
            lower=None,
            upper=None,
            score=None,
            is_bad=False,
            unit=self.unit(metric),
        )

    def title(self, metric: Metric) -> str:
        """The metric's title."""
        return metric.title.ru if self.language is Language.RUSSIAN else metric.title.en

    def unit(self, metric: Metric) -> str:
        """What the metric is measured in; empty for counts, whose titles tell what they are, and ratios."""
        if not metric.kind.is_measured:
            return ""
        return metric.unit.ru if self.language is Language.RUSSIAN else metric.unit.en

    def neighbours(self, headline: Series) -> tuple[Reading, ...]:
        """The source's other metrics in the same slice, then the same metric of other people.

        Those are everybody, and of one dimension the largest other slices: whether they are normal tells at a
        glance whether it is all of them or only these.
        """
        name, slice_key = headline
        source = self.catalog.source_of(name).name
        others = [metric.name for metric in self.catalog.source_file(source).metrics if metric.name != name]
        near = [(other, slice_key) for other in others]
        if slice_key != ALL_KEY:
            near.append((name, ALL_KEY))
        near.extend(self._siblings(headline))
        return tuple(self.reading(series) for series in near if series in self.verdicts)

    def _siblings(self, headline: Series) -> list[Series]:
        items = Slice.from_key(headline[1]).items
        if len(items) != 1:
            return []
        prefix = f"{items[0][0]}="
        found = [
            (verdict.scored.expected or 0.0, series)
            for series, verdict in self.verdicts.items()
            if series[0] == headline[0]
            and series != headline
            and series[1].startswith(prefix)
            and len(Slice.from_key(series[1]).items) == 1
        ]
        return [series for _, series in sorted(found, key=lambda pair: (-pair[0], pair[1]))][:_MOST_SIBLINGS]


def window_of_verdicts(stores: Stores, verdicts: Sequence[Verdict], firing: Collection[Series]) -> Window:
    """The series of a window as `Window` shows them."""
    return Window(
        catalog=stores.catalog,
        language=Language(stores.settings.language),
        verdicts={(verdict.scored.metric, verdict.scored.slice_key): verdict for verdict in verdicts},
        firing=firing,
    )


def noted_events(
    stores: Stores, metric: str | None, source: str, *, first_bad: datetime, window: datetime
) -> tuple[Event, ...]:
    """What people did shortly before an incident and in it, for its metric or everywhere, newest first.

    Args:
        stores: for the events that were noted.
        metric: leaves out what concerns other metrics only; None = nothing.
        source: leaves out what concerns other sources only.
        first_bad: start of the first bad window.
        window: the window that is told: what came after it is left out.

    Raises:
        StateError: the state database cannot be read.
    """
    found = stores.noted_events.between(
        (first_bad - EVENTS_BEFORE).timestamp(),
        window_end(window).timestamp(),
        metric=metric,
        source=source,
    )
    return tuple(Event(at=datetime.fromtimestamp(event.at, UTC), text=event.text) for event in found)
