"""A value that its column cannot hold, and the loop that finds its row."""

from collections.abc import Callable

Texts = list[str]
_SHOWN_CHARACTERS = 60


class Misfit(ValueError):  # noqa: N818 - becomes ClickHouseWriteRefused, with the column's name
    """A value that its column cannot hold.

    Attributes:
        row: its position, from 0; None when it is about the column.
    """

    def __init__(self, row: int | None, why: str) -> None:
        super().__init__(why)
        self.row = row


def each(values: list[object], render: Callable[[object], str]) -> Texts:
    """The fields of all values; a misfit is told with its row."""
    result: Texts = []
    for i, value in enumerate(values):
        try:
            result.append(render(value))
        except Misfit as misfit:
            raise Misfit(i, str(misfit)) from None
    return result


def shown(value: object) -> str:
    """The value as a message can quote it."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
