"""The parts of a SQL text that matter to whoever carries it: comments, the end, the FORMAT."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from vk_alerts.clickhouse.escapes import unescape

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)"""
    r"""|(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)"""
    r"""|(?P<space>\s+)|(?P<word>\w+)|(?P<mark>.)""",
    re.DOTALL,
)
_MAY_HOLD_COMMENTS = re.compile(r"--|#[ !]|\*/")
_NOTHING = cast("re.Match[str]", re.match("", ""))
_BLANK_LINE = re.compile(r"[ \t]*\r?\n?")
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)(?:\s+SETTINGS\s[^'\"]*)?$", re.IGNORECASE)
# A statement without its rows is short; the tokens of rows would be looked at in vain.
_LONGEST_HEAD = 262_144


def without_tail(sql: str) -> str:
    """The query without the comments, semicolons and blanks at its end, so that a FORMAT can follow."""
    if not _MAY_HOLD_COMMENTS.search(sql):  # nine of ten do not, and tokens of long ones take a while
        while (shorter := sql.rstrip().rstrip(";")) != sql:
            sql = shorter
        return sql
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


def is_several(sql: str) -> bool:
    """Whether more follows after a semicolon, which no server of ClickHouse takes over HTTP."""
    if ";" not in sql:
        return False
    ended = False
    for match in _TOKEN.finditer(sql):
        if match.group() == ";":
            ended = True
        elif ended and match.lastgroup not in {"comment", "space"}:
            return True
    return False


@dataclass(frozen=True, slots=True)
class TableName:
    """A table and its database.

    Attributes:
        database: as it is called.
        name: as it is called.
    """

    database: str
    name: str

    @property
    def quoted(self) -> str:
        """As SQL names it, whatever characters it has."""
        return ".".join(
            f"`{part.replace(chr(92), chr(92) * 2).replace('`', chr(92) + '`')}`"
            for part in (self.database, self.name)
        )


def first_word(sql: str) -> str:
    """The word that says what a statement does, in capitals, such as ``INSERT``; empty when there is none."""
    return next(_words(sql), _NOTHING).group().upper()


def inserted_table(sql: str, database: str) -> TableName | None:
    """The table that an INSERT writes to; None when the text is none, or writes into a function.

    Args:
        sql: the statement; its beginning is enough.
        database: where the table is when the statement does not tell.
    """
    words = (match.group() for match in _words(sql))
    if next(words, "").upper() != "INSERT" or next(words, "").upper() != "INTO":
        return None
    name = next(words, "")
    if name.upper() == "TABLE":
        name = next(words, "")
    if name.upper() == "FUNCTION" or not name:
        return None
    if next(words, "") == ".":
        return TableName(_unquoted(name), _unquoted(next(words, "")))
    return TableName(database, _unquoted(name))


def _words(sql: str) -> Iterator[re.Match[str]]:
    for match in _TOKEN.finditer(sql):
        if match.lastgroup not in {"comment", "space"} and match.group() != "(":
            yield match


def _unquoted(name: str) -> str:
    quote = name[:1]
    return unescape(name[1:-1].replace(quote * 2, quote)) if quote in {"`", '"'} else name
