"""What people call a series → its metric and its slice."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from vk_alerts.errors import VkAlertsError
from vk_alerts.metrics.model import Catalog, Metric, Source
from vk_alerts.metrics.slices import ALL_KEY, Slice

_PART = re.compile(r"\s*(?:,| · )\s*")
_TOTAL = {"all", "total", "все", "всего", "все пользователи", "all users"}
_MOST_SHOWN = 8


class UnknownMetricError(VkAlertsError):
    """There is no such metric; the text says which there are."""


class UnknownSliceError(VkAlertsError):
    """There is no such slice of the metric; the text names it and some that there are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A series that was asked for.

    Attributes:
        metric: its metric.
        slice_key: its slice; None = none was named.
    """

    metric: Metric
    slice_key: str | None


def read_series(
    words: Sequence[str], catalog: Catalog, slices_of: Callable[[Metric], Iterable[str]]
) -> Asked:
    """The series that words name: a metric by name or title, then a slice by key or values.

    Args:
        words: such as ``likes os=Android``, ``Пользователи ленты Android``.
        catalog: the metrics.
        slices_of: the keys of the slices in which a metric was measured last; asked only for values without
            their dimensions.

    Raises:
        UnknownMetricError: there is no such metric.
        UnknownSliceError: it has no such slice.
    """
    for count in range(len(words), 0, -1):
        metric = _metric(" ".join(words[:count]), catalog)
        if metric is not None:
            wanted = " ".join(words[count:])
            source = catalog.source_of(metric.name)
            return Asked(metric, _slice(wanted, source, partial(slices_of, metric)) if wanted else None)
    raise UnknownMetricError(", ".join(metric.name for metric in catalog.metrics))


def _metric(text: str, catalog: Catalog) -> Metric | None:
    wanted = text.casefold()
    for metric in catalog.metrics:
        if wanted in (metric.name.casefold(), metric.title.ru.casefold(), metric.title.en.casefold()):
            return metric
    return None


def _slice(text: str, source: Source, known: Callable[[], Iterable[str]]) -> str:
    if text.casefold() in _TOTAL:
        return ALL_KEY
    parts = [part for part in _PART.split(text) if part]
    if parts and all("=" in part for part in parts):
        return _by_dimensions(text, [part.split("=", 1) for part in parts], source)
    wanted = sorted(part.casefold() for part in parts)
    there = list(known())
    for key in there:
        if key.casefold() == text.casefold() or wanted == sorted(_values(key)):
            return key
    shown = ", ".join([key for key in there if key != ALL_KEY][:_MOST_SHOWN])
    raise UnknownSliceError(f"{text}: {shown}, …" if shown else text)


def _by_dimensions(text: str, pairs: Sequence[Sequence[str]], source: Source) -> str:
    given = {dimension.strip().casefold(): value.strip() for dimension, value in pairs}
    for grouping in source.groupings:
        if set(grouping) == set(given) and all(given.values()):
            return Slice(tuple((dimension, given[dimension]) for dimension in grouping)).key
    shown = ", ".join("+".join(grouping) for grouping in source.groupings if grouping)
    raise UnknownSliceError(f"{text}: {shown or ALL_KEY}")


def _values(key: str) -> list[str]:
    return [value.casefold() for _, value in Slice.from_key(key).items]
