"""What an examination found."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a part is."""

    GOOD = "good"
    WARNING = "warning"  # works, but not as it should
    BROKEN = "broken"  # alerts will not come


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the installation.

    Attributes:
        part: what was looked at, such as ``ClickHouse (events)``.
        health: how it is.
        detail: what was seen.
        remedy: what to do about it; empty when it is good.
    """

    part: str
    health: Health
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """The same for programs."""
        return {
            "part": self.part,
            "health": self.health.value,
            "detail": self.detail,
            "remedy": self.remedy,
        }


def good(part: str, detail: str) -> Finding:
    """A part that is as it should be."""
    return Finding(part, Health.GOOD, detail)


def warning(part: str, detail: str, remedy: str) -> Finding:
    """A part that works, but not as it should."""
    return Finding(part, Health.WARNING, detail, remedy)


def broken(part: str, problem: object, remedy: str = "") -> Finding:
    """A part that does not work; our errors bring their remedy after a semicolon."""
    told = str(problem)
    detail, _, found = told.rpartition("; ")
    return Finding(part, Health.BROKEN, detail or told, remedy or (found if detail else ""))
