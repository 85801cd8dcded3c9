"""A slice: the part of the users that a series is about."""

from dataclasses import dataclass

ALL_KEY = "all"


@dataclass(frozen=True, slots=True)
class Slice:
    """Pairs of dimension and value, in the order of the catalog; empty for everybody."""

    items: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        r"""The canonical text: ``all``, ``os=Android``, ``os=Android,source=ads``.

        In values, ``\``, ``,`` and ``=`` are written with a backslash before them.
        """
        if not self.items:
            return ALL_KEY
        return ",".join(f"{dimension}={_escaped(value)}" for dimension, value in self.items)

    @property
    def is_total(self) -> bool:
        """Whether this is everybody."""
        return not self.items

    def contains(self, other: "Slice") -> bool:
        """Whether everybody in ``other`` is in this slice too, as far as the pairs tell."""
        return set(self.items) <= set(other.items)

    @classmethod
    def from_key(cls, key: str) -> "Slice":
        """The slice that a canonical text names; the inverse of :attr:`key`.

        A text that is no such key gives some slice and never an error, because an alert is told with it.
        """
        if key == ALL_KEY:
            return cls()
        items: list[tuple[str, str]] = []
        dimension, text, escaped = "", [], False
        in_value = False
        for character in key:
            if escaped:
                text.append(character)
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == "=" and not in_value:
                dimension, text, in_value = "".join(text), [], True
            elif character == ",":
                items.append((dimension, "".join(text)))
                dimension, text, in_value = "", [], False
            else:
                text.append(character)
        return cls((*items, (dimension, "".join(text))))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")
