"""What a scenario is expected to lead to, and whether it did."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.matching import OPENINGS, Matched
from vk_alerts.demo.messages import ToldMessage
from vk_alerts.metrics.slices import ALL_KEY

Counts = Mapping[NotificationKind | str, int | tuple[int, int]]
# An edit changes a message that is there: it interrupts nobody, and is not counted.
_EDITS = frozenset({NotificationKind.UPDATE})


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must hold of the messages about what was planted.

    Attributes:
        what: in words, for people.
        find: what there was instead, in words, and whether it is what was expected.
    """

    what: str
    find: Callable[[Matched], tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Finding:
    """An expectation held against what was told.

    Attributes:
        expected: in words.
        found: in words.
        holds: whether the two are the same.
    """

    expected: str
    found: str
    holds: bool


def examine(expectations: Sequence[Expectation], matched: Matched) -> tuple[Finding, ...]:
    """Holds each expectation against the messages about what was planted."""
    return tuple(Finding(one.what, *one.find(matched)) for one in expectations)


def all_told() -> Expectation:
    """Every planted incident and its end are told."""

    def find(matched: Matched) -> tuple[str, bool]:
        told = sum(one.is_detected for one in matched.planted)
        ended = sum(one.recovery_told for one in matched.planted)
        of = len(matched.planted)
        return f"{told} of {of} told, {ended} of {of} ends", told == ended == of

    return Expectation("every planted incident and its end is told", find)


def exactly(counts: Counts) -> Expectation:
    """So many messages of each kind, or from so many to so many, and of the kinds not named none.

    Args:
        counts: by kind, or by :data:`AGAIN`: silent messages that something opened again.
    """

    def find(matched: Matched) -> tuple[str, bool]:
        found = Counter(message.label for message in matched.about if message.kind not in _EDITS)
        holds = set(found) <= {str(kind) for kind in counts} and all(
            fewest <= found[str(kind)] <= most
            for kind, (fewest, most) in ((kind, _span(count)) for kind, count in counts.items())
        )
        told = ", ".join(f"{count} {label}" for label, count in found.items())
        return told or "no message", holds

    words = [f"{_in_words(*_span(count))} {kind}" for kind, count in counts.items()]
    return Expectation(f"{', '.join(words)}, nothing else" if words else "no message", find)


def headed_by(slice_key: str, *metrics: str) -> Expectation:
    """The first message is about this slice, of one of these metrics."""

    def find(matched: Matched) -> tuple[str, bool]:
        openings = [message for message in matched.about if message.kind in OPENINGS]
        if not openings:
            return "no opening", False
        first = openings[0]
        return _series(
            first.metric, first.slice_key
        ), first.metric in metrics and first.slice_key == slice_key

    return Expectation(f"headline: {_series(' or '.join(metrics), slice_key)}", find)


def headed_in_place() -> Expectation:
    """The first message about each planted incident names the slice that broke."""

    def find(matched: Matched) -> tuple[str, bool]:
        pairs = [
            (one.incident.slice_key, one.messages[0].slice_key if one.messages else None)
            for one in matched.planted
        ]
        found = ", ".join("not told" if told is None else _where(told) for _, told in pairs)
        return found, all(place == told for place, told in pairs)

    return Expectation("each is headed by where it is", find)


def told_after(fewest: int, most: int) -> Expectation:
    """The first planted incident is told so many windows after its first one."""

    def find(matched: Matched) -> tuple[str, bool]:
        delay = matched.planted[0].delay_windows
        if delay is None:
            return "not told", False
        return f"after {delay} windows", fewest <= delay <= most

    return Expectation(f"told {fewest} to {most} windows after it begins", find)


def none_left_standing() -> Expectation:
    """What was told is taken back: computing again showed that nothing had happened."""

    def find(matched: Matched) -> tuple[str, bool]:
        told = [message for message in matched.about if message.kind in OPENINGS]
        back = {message.group for message in matched.about if message.kind is NotificationKind.CORRECTION}
        standing = [message for message in told if message.group not in back]
        return f"{len(told)} told, {len(told) - len(standing)} taken back", not standing

    return Expectation("no drop is left standing", find)


def tells(what: str, test: Callable[[ToldMessage], bool]) -> Expectation:
    """At least one message tells something, named in words."""

    def find(matched: Matched) -> tuple[str, bool]:
        holds = any(test(message) for message in matched.about)
        return "told" if holds else "not told", holds

    return Expectation(what, find)


def _span(count: int | tuple[int, int]) -> tuple[int, int]:
    return (count, count) if isinstance(count, int) else count


def _in_words(fewest: int, most: int) -> str:
    if fewest == most:
        return str(fewest)
    return f"at most {most}" if fewest == 0 else f"{fewest} to {most}"


def _series(metric: str, slice_key: str) -> str:
    return f"{metric} · {_where(slice_key)}"


def _where(slice_key: str) -> str:
    return "all users" if slice_key == ALL_KEY else slice_key
