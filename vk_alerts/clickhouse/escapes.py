"""The escapes of ClickHouse's texts.

Source: https://clickhouse.com/docs/interfaces/formats/TabSeparated#data-formatting
"""

import re

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "0": "\0",
    "a": "\a",
    "v": "\v",
    "e": "\x1b",
}


def unescape(text: str) -> str:
    r"""The text with ``\\n``, ``\\\\``, ``\\'`` and their like replaced by what they stand for."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPED.get(code, code)
