"""Mistakes in a catalog's files: where each stands, and what it is, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[int | str, ...]
"""Keys and numbers of items that lead to a place in a file."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
        file: the file's name.
        line: counted from 1; None = it is about the whole file.
        text: what is wrong, and what would be right.
    """

    file: str
    line: int | None
    text: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.text}"


class MistakesError(ValueError):
    """What a model's own rules find wrong; pydantic hands it on with the place of the model.

    Attributes:
        mistakes: for each the path below the model, and the text.
    """

    def __init__(self, *mistakes: tuple[Path, str]) -> None:
        super().__init__(mistakes[0][1])
        self.mistakes = mistakes


def raise_any(mistakes: Sequence[tuple[Path, str]]) -> None:
    """Raises MistakesError when there are mistakes."""
    if mistakes:
        raise MistakesError(*mistakes)
