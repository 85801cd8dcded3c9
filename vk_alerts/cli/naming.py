"""Names of metrics, slices and incidents as people type them: checked, with what they may have meant."""

import difflib
from collections.abc import Iterable, Sequence

from vk_alerts.errors import ConfigurationError
from vk_alerts.metrics.model import Catalog
from vk_alerts.metrics.slices import ALL_KEY, Slice


def known_metric(catalog: Catalog, name: str | None, *, option: str = "--metric") -> str | None:
    """The metric's name, or None for none.

    Raises:
        ConfigurationError: the catalog has no such metric; the message names those that are near.
    """
    names = [metric.name for metric in catalog.metrics]
    if name is None or name in names:
        return name
    raise ConfigurationError(
        f"{option} {name!r}: no such metric; {_meant(name, names)}known: {_listed(names)}"
    )


def known_slice(
    catalog: Catalog, key: str | None, seen: Iterable[str] = (), *, option: str = "--slice"
) -> str | None:
    """The slice's key, its dimensions in the catalog's order; None for none.

    Args:
        catalog: for the dimensions.
        key: ``all``, ``os=Android`` or ``os=Android,country=Russia``, in any order.
        seen: slices of which there were incidents, to find what a mistyped value means.
        option: for the message of an error.

    Raises:
        ConfigurationError: a dimension is not watched, or the text is no slice.
    """
    if key is None or key == ALL_KEY:
        return key
    dimensions = list(dict.fromkeys(name for source in catalog.sources for name in source.dimensions))
    items = Slice.from_key(key).items
    for dimension, value in items:
        if not dimension or not value:
            raise ConfigurationError(
                f"{option} {key!r}: not a slice; examples: all, os=Android, os=Android,country=Russia"
            )
        if dimension not in dimensions:
            meant = _meant(dimension, dimensions)
            raise ConfigurationError(
                f"{option} {key!r}: no dimension {dimension!r}; {meant}known: {_listed(dimensions)}"
            )
        values = {other for one in seen for name, other in Slice.from_key(one).items if name == dimension}
        near = [other for other in values if other.casefold() == value.casefold() and other != value]
        if near and value not in values:
            raise ConfigurationError(f"{option} {key!r}: did you mean {dimension}={near[0]}?")
    return Slice(tuple(sorted(items, key=lambda item: dimensions.index(item[0])))).key


def only_one(given: str, ids: Sequence[str]) -> str:
    """The one id that begins with what was given: ``4F2A``, ``#inc_4F2A`` or all of it.

    Raises:
        ConfigurationError: none does, or several do.
    """
    asked = given.strip().removeprefix("#").removeprefix("inc_").lower()
    found = [name for name in ids if asked and name.startswith(asked)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigurationError(
            f"incident {given!r}: {len(found)} begin so; write more of it: {_listed(sorted(found))}"
        )
    meant = _meant(asked.upper(), [name[: max(len(asked), 4)].upper() for name in ids])
    raise ConfigurationError(
        f"incident {given!r}: there is none; {meant}'vk-alerts incidents list --days 30' lists them"
    )


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    return f"did you mean {' or '.join(repr(one) for one in dict.fromkeys(near))}? " if near else ""


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "") or "none"
