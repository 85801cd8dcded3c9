"""Telegram's HTML: safe values going in, length and plain text coming out.

Lengths are UTF-16 code units after entities are parsed.
Source: https://core.telegram.org/bots/api#html-style.
"""

import html
import unicodedata
from html.parser import HTMLParser

CAPTION_LIMIT = 1024
"""Units of a photo's caption, from the Bot API."""
TEXT_LIMIT = 4096
"""Units of a message without a photo, from the Bot API."""

ELLIPSIS = "…"
# Emoji and Indic scripts need the joiners; all other invisible format characters (bidi overrides among them)
# could turn around the text that follows.
_JOINERS = "\u200c\u200d"


def units(text: str) -> int:
    """The length of ``text`` in UTF-16 code units."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def one_line(text: str, *, limit: int) -> str:
    """``text`` without control characters and line breaks, cut to ``limit`` UTF-16 units with an ellipsis.

    Lone surrogates are dropped (they cannot be encoded); an empty result becomes a dash.
    """
    kept = "".join(
        character
        for character in " ".join(text.split())
        if character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    return cut(" ".join(kept.split()), limit=limit) or "—"


def cut(text: str, *, limit: int) -> str:
    """``text``, or its beginning and an ellipsis when it is longer than ``limit`` UTF-16 units."""
    if units(text) <= limit:
        return text
    room = limit - units(ELLIPSIS)
    end = 0
    for end, character in enumerate(text):  # noqa: B007 - the position is wanted after the loop
        room -= units(character)
        if room < 0:
            break
    return text[:end].rstrip().rstrip(_JOINERS) + ELLIPSIS


def safe(text: str, *, limit: int) -> str:
    """Text from outside as one line of HTML: cut first, escaped after, so that no entity is split."""
    return html.escape(one_line(text, limit=limit))


def link(label: str, url: str) -> str:
    """An anchor; ``label`` is HTML already, ``url`` is escaped here."""
    return f'<a href="{html.escape("".join(url.split()))}">{label}</a>'


def length(markup: str) -> int:
    """UTF-16 units that Telegram counts for ``markup``: tags and link targets are free."""
    return units(_parsed(markup, with_urls=False))


def plain(caption_html: str, *, with_urls: bool = True) -> str:
    """What Telegram would show of ``caption_html``, links as ``text: url`` unless ``with_urls`` is false."""
    return _parsed(caption_html, with_urls=with_urls)


def _parsed(markup: str, *, with_urls: bool) -> str:
    reader = _Reader(with_urls=with_urls)
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts)


class _Reader(HTMLParser):
    def __init__(self, *, with_urls: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._with_urls = with_urls
        self._url: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url = dict(attrs).get("href")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            if self._with_urls and self._url:
                self.parts.append(f": {self._url}")
            self._url = None
