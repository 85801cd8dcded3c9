"""HTML that cannot be broken by what it shows: every text is escaped unless it was made by :func:`tag`."""

from html import escape
from typing import Final

_VOID: Final = frozenset({"meta", "path", "line", "rect", "br"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | None) -> Html:
    """An element: ``tag("td", "a < b", class_="figure")``.

    Args:
        name: of the element.
        children: texts, which are escaped, and :class:`Html`, which is not.
        attributes: a trailing underscore is dropped, others become hyphens; None = left out.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{opening}/>")
    return Html(f"<{name}{opening}>{joined(*children)}</{name}>")


def joined(*children: str) -> Html:
    """Pieces one after the other; what is not :class:`Html` is escaped."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"
