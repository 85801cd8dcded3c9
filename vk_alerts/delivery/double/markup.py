"""Telegram's HTML parser, stricter where Telegram is lenient: an unescaped ``&`` is an error here.

Written after td/telegram/MessageEntity.cpp (parse_html) and https://core.telegram.org/bots/api#html-style.
"""

from dataclasses import dataclass, field

TAGS = {
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "tg-spoiler", "span", "a", "code", "pre",
    "blockquote", "tg-emoji",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


class BadHtmlError(ValueError):
    """The text of Telegram's refusal, without ``Bad Request: can't parse entities:``."""


@dataclass
class Shown:
    """What Telegram shows: the text, the links in it, and which stretches are bold."""

    text: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)

    @property
    def units(self) -> int:
        """Its length as Telegram counts it: UTF-16 code units."""
        return len(self.text.encode("utf-16-le")) // 2


def parse_html(markup: str) -> Shown:
    """Read ``markup`` or raise `BadHtmlError`."""
    shown = Shown()
    open_tags: list[tuple[str, int, str]] = []
    position = 0
    while position < len(markup):
        character = markup[position]
        if character == "&":
            decoded, position = _entity(markup, position)
            shown.text += decoded
        elif character != "<":
            shown.text += character
            position += 1
        elif markup.startswith("</", position):
            position = _close(markup, position, open_tags, shown)
        else:
            name, url, position = _open(markup, position)
            open_tags.append((name, len(shown.text), url))
    if open_tags:
        raise BadHtmlError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    shown.text = shown.text.strip()
    return shown


def _entity(markup: str, position: int) -> tuple[str, int]:
    end = markup.find(";", position)
    name = markup[position + 1 : end] if end > 0 else ""
    if name in NAMED:
        return NAMED[name], end + 1
    try:
        if name.startswith("#x"):
            return chr(int(name[2:], 16)), end + 1
        if name.startswith("#"):
            return chr(int(name[1:])), end + 1
    except (ValueError, OverflowError):
        pass
    raise BadHtmlError(f"unescaped & at offset {position}")


def _open(markup: str, position: int) -> tuple[str, str, int]:
    start = position
    end = position + 1
    while end < len(markup) and markup[end] not in " >\t\r\n":
        end += 1
    name = markup[position + 1 : end].lower()
    if name not in TAGS:
        raise BadHtmlError(f'Unsupported start tag "{name}" at byte offset {start}')
    url, position = "", end
    while True:
        while position < len(markup) and markup[position].isspace():
            position += 1
        if position >= len(markup):
            raise BadHtmlError(f'Unclosed start tag "{name}" at byte offset {start}')
        if markup[position] == ">":
            return name, url, position + 1
        equals = markup.find("=", position)
        attribute = markup[position:equals].strip()
        if equals < 0 or not attribute or ">" in attribute:
            raise BadHtmlError(f'Expected equal sign in declaration of an attribute of the tag "{name}"')
        quote = markup[equals + 1 : equals + 2]
        if quote not in ("'", '"') or (closing := markup.find(quote, equals + 2)) < 0:
            raise BadHtmlError(f'Unclosed attribute value in the tag "{name}" at byte offset {start}')
        value = _decoded(markup[equals + 2 : closing])
        if name == "a" and attribute == "href":
            url = value
        position = closing + 1


def _decoded(value: str) -> str:
    if "<" in value:
        raise BadHtmlError("unescaped < in an attribute")
    decoded, position = "", 0
    while position < len(value):
        if value[position] == "&":
            character, position = _entity(value, position)
            decoded += character
        else:
            decoded += value[position]
            position += 1
    return decoded


def _close(markup: str, position: int, open_tags: list[tuple[str, int, str]], shown: Shown) -> int:
    end = markup.find(">", position)
    if end < 0:
        raise BadHtmlError(f"Unclosed end tag at byte offset {position}")
    name = markup[position + 2 : end].strip().lower()
    if not open_tags:
        raise BadHtmlError(f"Unexpected end tag at byte offset {position}")
    opened, start, url = open_tags.pop()
    if name and name != opened:
        raise BadHtmlError(
            f'Unmatched end tag at byte offset {position}, expected "</{opened}>", found "</{name}>"'
        )
    if opened == "a":
        shown.links.append((shown.text[start:], url or shown.text[start:]))
    if opened in ("b", "strong"):
        shown.bold.append(shown.text[start:])
    return end + 1
