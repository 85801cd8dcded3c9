"""The parts of a SQL text that matter to whoever carries it: comments, the end, the FORMAT."""

import re
from dataclasses import dataclass
from typing import cast

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)"""
    r"""|(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)"""
    r"""|(?P<space>\s+)|(?P<word>\w+)|(?P<mark>.)""",
    re.DOTALL,
)
_NOTHING = cast("re.Match[str]", re.match("", ""))
_BLANK_LINE = re.compile(r"[ \t]*\r?\n?")
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)(?:\s+SETTINGS\s[^'\"]*)?$", re.IGNORECASE)
# A statement without its rows is short; the tokens of rows would be looked at in vain.
_LONGEST_HEAD = 262_144


def without_tail(sql: str) -> str:
    """The query without the comments, semicolons and blanks at its end, so that a FORMAT can follow."""
    end = 0
    for match in _TOKEN.finditer(sql):
        if match.lastgroup not in {"comment", "space"} and match.group() != ";":
            end = match.end()
    return sql[:end]


@dataclass(frozen=True, slots=True)
class InlineRows:
    """An INSERT whose rows follow in the same text.

    Attributes:
        head: the statement before FORMAT.
        format: the name of the format.
        start: where the rows begin, in bytes.
    """

    head: str
    format: str
    start: int


def inline_rows(sql: bytes) -> InlineRows | None:
    """Where the rows of ``INSERT INTO t (a) FORMAT CSV`` begin; None when the text is anything else.

    Args:
        sql: the statement, which must be UTF-8 up to its FORMAT, and the rows, which may be anything.
    """
    # One character per byte, so that positions agree; nothing is decoded before the head is known.
    text = sql[:_LONGEST_HEAD].decode("latin-1")
    words = (match for match in _TOKEN.finditer(text) if match.lastgroup not in {"comment", "space"})
    if next(words, _NOTHING).group().upper() != "INSERT":
        return None
    for match in words:
        word = match.group().upper()
        if word in {"SELECT", "VALUES", "WITH"}:
            return None
        if word == "FORMAT":
            name = next(words, _NOTHING)
            if name.group().upper() == "VALUES":
                return None
            head = sql[: match.start()].decode()
            blank = _BLANK_LINE.match(text, name.end())
            return InlineRows(head, name.group(), blank.end() if blank else name.end())
    return None


def named_format(sql: str) -> str:
    """The format that a query asks for at its end, or the empty string."""
    found = _FORMAT.search(without_tail(sql))
    return found.group(1) if found else ""
