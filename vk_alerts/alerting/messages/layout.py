"""How a message is laid out, and which of its lines go when it is too long."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from vk_alerts.alerting.markup import length

MOST_LISTED = 30
"""Lines of a list of incidents; nobody reads more of them on a phone."""
_MOST_OF_A_SORT = 3
_MOST_METRICS = 6


class Part(Enum):
    """What a line of the body is evidence of."""

    STANDING = auto()
    EXPLAINED = auto()
    EXPECTATION = auto()
    YESTERDAY = auto()
    WEEK_AGO = auto()
    RUN = auto()
    COUNTS = auto()
    LIST = auto()
    CAUSES = auto()
    MEMBERS = auto()
    NEIGHBOURS = auto()
    EVENTS = auto()


_USUAL: Mapping[Part, int] = {
    part: {
        Part.CAUSES: _MOST_OF_A_SORT,
        Part.MEMBERS: _MOST_OF_A_SORT,
        Part.EVENTS: _MOST_OF_A_SORT,
        Part.NEIGHBOURS: 1,
        Part.LIST: MOST_LISTED,
    }.get(part, _MOST_METRICS)
    for part in Part
}
# What goes first is what is least missed: the first two lines, links and owner are no parts, and never go.
_SHORTENING: tuple[tuple[Part, int], ...] = (
    (Part.EVENTS, 1),
    (Part.EVENTS, 0),
    (Part.CAUSES, 2),
    (Part.CAUSES, 1),
    (Part.MEMBERS, 1),
    (Part.NEIGHBOURS, 0),
    (Part.WEEK_AGO, 0),
    (Part.MEMBERS, 0),
    (Part.COUNTS, 3),
    *((Part.LIST, most) for most in range(MOST_LISTED - 1, 0, -1)),
    (Part.RUN, 0),
    (Part.YESTERDAY, 0),
    (Part.CAUSES, 0),
    (Part.EXPECTATION, 0),
    (Part.STANDING, 0),
    (Part.COUNTS, 0),
    (Part.LIST, 0),
    (Part.EXPLAINED, 0),
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one part; HTML, values escaped.

    Attributes:
        part: what they are evidence of.
        lines: the lines, most important first; empty ones are left out.
        head: a line above them; empty = none.
        more: what stands below when some were left out, ``{}`` = how many; empty = nothing.
        is_paragraph: whether an empty line goes before.
    """

    part: Part
    lines: tuple[str, ...]
    head: str = ""
    more: str = ""
    is_paragraph: bool = False

    def shown(self, most: int) -> list[str]:
        """Its lines with at most ``most`` of them."""
        told = [line for line in self.lines if line]
        if not told or not most:
            return []
        kept = told[:most]
        rest = len(told) - len(kept)
        return [
            *([""] if self.is_paragraph else []),
            *([self.head] if self.head else []),
            *kept,
            *([self.more.format(rest)] if rest and self.more else []),
        ]


@dataclass(frozen=True, slots=True)
class Layout:
    """A message before it is fitted into what Telegram takes.

    Attributes:
        head: the lines that notifications show, always there.
        body: the evidence.
        tail: links, owner and tags, always there.
    """

    head: tuple[str, ...]
    body: tuple[Block, ...]
    tail: tuple[str, ...]

    def with_last_line(self, line: str) -> "Layout":
        """The same with one more line that never goes."""
        return replace(self, tail=(*self.tail, line))


def fitted(layout: Layout, *, limit: int) -> str:
    """The message with as few lines left out as it takes to keep within ``limit`` UTF-16 units."""
    for most in _ways_to_shorten():
        text = _written(layout, most)
        if length(text) <= limit:
            break
    return text


def _ways_to_shorten() -> Iterator[Mapping[Part, int]]:
    """How many lines of each part to tell: nothing left out first, everything last."""
    most = dict(_USUAL)
    yield most
    for part, fewer in _SHORTENING:
        most = most | {part: fewer}
        yield most


def _written(layout: Layout, most: Mapping[Part, int]) -> str:
    body = [line for block in layout.body for line in block.shown(most[block.part])]
    paragraphs = ("\n".join(lines).strip("\n") for lines in (layout.head, body, layout.tail))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
