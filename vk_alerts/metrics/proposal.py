"""What a table's columns suggest: a source and its metrics, written as YAML that people go on from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

_USER = re.compile(r"^(.*_)?(user|client|customer|visitor|buyer|account|uid)(_?id)?$", re.IGNORECASE)
_LATENCY = re.compile(r"(duration|latency|elapsed|took|response_time|_ms$|_time_ms)", re.IGNORECASE)
_MONEY = re.compile(r"(amount|price|revenue|cost|total|sum|payment)", re.IGNORECASE)
_EVENT = re.compile(r"^(.*_)?(action|event|type|kind|status|name)(_name|_type)?$", re.IGNORECASE)
# The base of a ratio: what happens before something is done.
_BASES = ("view", "visit", "impression", "open", "show", "page_view", "pageview", "request")
_MOST_EVENTS, _MOST_SLICES, _MOST_FREQUENT = 6, 6, 30
_RESERVED, _LONGEST_VALUE = ("events", "users"), 60
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """A column, and what a sample of the newest rows holds.

    Attributes:
        name: of the column.
        is_text: of text or an enumeration; else a number.
        distinct: different values in the sample.
        frequent: its most frequent values, the first most so; only of columns with few.
    """

    name: str
    is_text: bool
    distinct: int
    frequent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table that may be a source.

    Attributes:
        table: its name.
        time: the column of the events' time.
        columns: the others, in the table's order.
        rows: size of the sample.
    """

    table: str
    time: str
    columns: tuple[Seen, ...]
    rows: int


def source_name(table: str) -> str:
    """A table's name as that of a source and a file: small letters, digits and underscores."""
    name = _NOT_A_NAME.sub("_", table.rpartition(".")[2].lower()).strip("_")[:40]
    return name if name[:1].isalpha() else f"t_{name}"


def propose(seen: SeenTable) -> str:
    """The text of a catalog's file for a table."""
    name = source_name(seen.table)
    event = _event_column(seen)
    dimensions = [one for one in seen.columns if one != event and _is_dimension(one)][:_MOST_SLICES]
    names: dict[str, str] = {}
    for number, one in enumerate(dimensions, start=1):
        wanted = _name_of(one.name, longest=40) or f"dimension_{number}"
        names[one.name] = f"{wanted}_{number}" if wanted in names.values() else wanted
    lines = [
        f"# Proposed from {seen.rows} of the newest rows of {seen.table}: read it, rename things, and delete",
        "# what nobody needs. 'vk-alerts catalog check' looks at it again.",
        "source:",
        f"  name: {_in_yaml(name)}",
        f"  table: {_in_yaml(seen.table)}",
        f"  time: {_in_yaml(seen.time)}",
        "  # SQL expressions over the table's columns, by which people, devices or places are told apart.",
    ]
    if dimensions:
        lines += [
            "  dimensions:",
            *(f"    {_in_yaml(names[one.name])}: {_in_yaml(_quoted(one.name))}" for one in dimensions),
        ]
        lines += ["  # Watched besides everybody; [os, country] would be every pair of the two.", "  slices:"]
        lines += [f"    - [{_in_yaml(names[one.name])}]" for one in dimensions]
    else:
        lines += ["  dimensions: {}"]
    lines += [
        "",
        "defaults:",
        "  min_deviation: 0.10     # less than 10 % off is no alert, however unlikely",
        "  min_evidence: 20        # events in a window: with fewer, chance moves everything",
        '  owner: "@somebody"      # who is called; also per metric',
        "  # chart_url: https://bi.example.com/chart",
        "",
        "metrics:",
    ]
    taken: set[object] = set()
    for metric in _metrics(seen, name, event):
        if metric["name"] in taken:
            continue
        taken.add(metric["name"])
        text = yaml.safe_dump(
            [metric], allow_unicode=True, sort_keys=False, default_flow_style=None, width=100
        )
        lines += [f"  {line}" for line in text.splitlines()]
    return "\n".join(lines) + "\n"


SYSTEM = """\
# What is about no single source.
alert_budget:
  totals_per_week: 1      # false alerts a week that the team accepts; thresholds follow from it
  slices_per_week: 1

# Which chats are told of what; without routes everything goes to VK_ALERTS_TELEGRAM_CHAT.
# routes:
#   - {metric: revenue, severity: hard, chat: -1001234567890}
alive_hour: 10            # from this hour on one line a day tells that the pipeline lives; null = never
"""
"""The text of a new catalog's ``system.yaml``."""


def _metrics(seen: SeenTable, name: str, event: Seen | None) -> Iterator[dict[str, object]]:
    prefix = f"{name}_"
    yield _metric(f"{prefix}events", "count", f"{name}: all events")
    counted: list[str] = []
    for value in event.frequent[:_MOST_EVENTS] if event else ():
        slug = _name_of(value)
        slug = f"{slug}_only" if slug in _RESERVED else slug
        if not slug or slug in counted or len(value) > _LONGEST_VALUE or not value.isprintable():
            continue
        counted.append(slug)
        condition = f"{_quoted(event.name)} = {_literal(value)}" if event else ""
        yield _metric(f"{prefix}{slug}", "count", f"{name}: {value}", condition=condition)
    users = next((one for one in seen.columns if _USER.match(one.name)), None)
    if users is not None:
        yield _metric(
            f"{prefix}users", "unique", f"{name}: users", expression=_quoted(users.name), unit="users"
        )
    base = next((slug for slug in counted if slug.rstrip("s") in _BASES), None)
    for slug in counted:
        if base is not None and slug != base:
            parts = {"numerator": f"{prefix}{slug}", "denominator": f"{prefix}{base}"}
            yield _metric(f"{prefix}{slug}_rate", "ratio", f"{name}: {slug} / {base}", unit="%", **parts)
    numbers = [one for one in seen.columns if not one.is_text]
    slow = next((one for one in numbers if _LATENCY.search(one.name)), None)
    if slow is not None:
        title, of = f"{name}: p95 of {slow.name}", {"expression": _quoted(slow.name), "quantile": 0.95}
        yield _metric(
            f"{prefix}{_name_of(slow.name) or 'duration'}_p95",
            "quantile",
            title,
            unit="ms" if "ms" in slow.name else "s",
            **of,
        )
    money = next((one for one in numbers if one != slow and _MONEY.search(one.name)), None)
    if money is not None:
        of = {"expression": f"sum({_quoted(money.name)})"}
        yield _metric(
            f"{prefix}{_name_of(money.name) or 'sum'}",
            "gauge",
            f"{name}: {money.name}",
            unit=money.name,
            **of,
        )


def _metric(name: str, kind: str, title: str, *, unit: str = "events", **keys: object) -> dict[str, object]:
    russian = {"events": "соб.", "users": "чел.", "ms": "мс", "s": "с"}.get(unit, unit)
    head: dict[str, object] = {"name": name[:60], "kind": kind}
    return {**head, **keys, "title": {"ru": title, "en": title}, "unit": {"ru": russian, "en": unit}}


def _event_column(seen: SeenTable) -> Seen | None:
    """The column that says what happened: of the names of such columns the first with a few values."""
    fit = [one for one in seen.columns if one.frequent and one.is_text and _EVENT.match(one.name)]
    return next((one for one in fit if 1 < one.distinct <= _MOST_FREQUENT), None)


def _is_dimension(one: Seen) -> bool:
    return (
        bool(one.frequent) and one.distinct > 1 and not _USER.match(one.name) and not one.name.endswith("_id")
    )


def _name_of(text: str, *, longest: int = 15) -> str:
    name = _NOT_A_NAME.sub("_", text.lower()).strip("_")[:longest].strip("_")
    return name if name[:1].isalpha() else f"v_{name}" if name else ""


def _quoted(name: str) -> str:
    """A column as SQL takes it."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return name
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _in_yaml(text: str) -> str:
    """A text as YAML takes it: with quotes where it would be something else."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("...\n").strip()


def _literal(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
