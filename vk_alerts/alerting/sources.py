"""Whether a source has delivered a window: what is late or empty is told once, and never judged."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far a source's events reach, seen from one window.

    Attributes:
        source: its name.
        table: its event table.
        newest: time of its newest event by now; None = it has none.
        events: events in the window.
    """

    source: str
    table: str
    newest: datetime | None
    events: int


@dataclass(frozen=True, slots=True)
class Outage:
    """A source that is late or empty, for as long as it is.

    Attributes:
        state: how far its events reached when last looked at.
        since: first window that was not delivered.
        windows: how many windows in a row.
        is_late: whether events still come, but not up to the window's end.
        last: newest window that was not delivered.
    """

    state: SourceState
    since: datetime
    windows: int
    is_late: bool
    last: datetime
