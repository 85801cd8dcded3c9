"""ClickHouse type names as a tree: ``Array(Nullable(Float64))``, ``DateTime('UTC')``, ``Enum8('a' = 1)``."""

import re
from dataclasses import dataclass
from functools import lru_cache

from vk_alerts.clickhouse.escapes import unescape

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<name>`(?:[^`\\]|\\.)*`)|(?P<word>[^\s(),'`]+)|(?P<mark>[(),]))"""
)
_NAME = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True, slots=True)
class Type:
    """A type and what stands in its parentheses.

    Attributes:
        name: ``Array``, ``UInt64``, ``DateTime``.
        inner: type arguments: of ``Array``, ``Nullable``, ``Tuple``, ``Map``, ``LowCardinality``.
        arguments: every other argument as text: a precision, a time zone without its quotes, the names of an
            enum.
    """

    name: str
    inner: tuple["Type", ...] = ()
    arguments: tuple[str, ...] = ()

    @property
    def bare(self) -> "Type":
        """The type without ``Nullable`` and ``LowCardinality``; values are written the same without."""
        return self.inner[0].bare if self.name in {"Nullable", "LowCardinality"} else self

    @property
    def is_nullable(self) -> bool:
        """Whether the column can hold NULL."""
        return self.name == "Nullable" or (self.name == "LowCardinality" and self.inner[0].is_nullable)


_TAKES_TYPES = {"Array", "Nullable", "LowCardinality", "Map"}


@lru_cache(maxsize=1024)
def parse_type(text: str) -> Type:
    """The tree of a type's name.

    Raises:
        ValueError: the text is no type's name.
    """
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"not a type: {text!r}")
        tokens.append(match.group().strip())
        position = match.end()
    tree, rest = _type(tokens)
    if rest:
        raise ValueError(f"not a type: {text!r}")
    return tree


def _type(tokens: list[str]) -> tuple[Type, list[str]]:
    if not tokens or tokens[0] in "(),":
        raise ValueError("a type's name is missing")
    name, rest = tokens[0], tokens[1:]
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a type's name: {name!r}")
    if not rest or rest[0] != "(":
        return Type(name), rest
    inner: list[Type] = []
    arguments: list[str] = []
    while rest and rest[0] != ")":
        rest = rest[1:]  # the opening parenthesis or a comma
        if rest and rest[0] == ")" and not inner and not arguments:
            break
        if name in _TAKES_TYPES or name == "Tuple":
            # A named tuple is written Tuple(a UInt8, b String).
            if name == "Tuple" and len(rest) > 1 and rest[1] not in {"(", ")", ","}:
                rest = rest[1:]
            element, rest = _type(rest)
            inner.append(element)
        else:
            argument, rest = _argument(rest)
            arguments.append(argument)
        if not rest or rest[0] not in {",", ")"}:
            raise ValueError("a type's parenthesis is not closed")
    if not rest or (name in _TAKES_TYPES and len(inner) != (2 if name == "Map" else 1)):
        raise ValueError("a type's parenthesis is not closed")
    return Type(name, tuple(inner), tuple(arguments)), rest[1:]


def _argument(tokens: list[str]) -> tuple[str, list[str]]:
    """The first word of an argument; ``'a' = 1`` of an enum gives ``a``."""
    depth, end = 0, 0
    while end < len(tokens) and (depth or tokens[end] not in {",", ")"}):
        depth += {"(": 1, ")": -1}.get(tokens[end], 0)
        end += 1
    first = tokens[0] if end else ""
    return (unescape(first[1:-1]) if first.startswith("'") else first), tokens[end:]
