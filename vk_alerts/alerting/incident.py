"""An incident: a run of bad windows of one series in one direction, and where it stands."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vk_alerts.alerting.verdicts import Direction
from vk_alerts.windows import window_key


class Phase(StrEnum):
    """Where an incident stands."""

    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    CLOSED = "closed"


class Transition(StrEnum):
    """What a window did to an incident, beyond keeping it as it was."""

    NOTICED = "noticed"
    OPENED = "opened"
    REOPENED = "reopened"
    CLOSED = "closed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Incident:
    """A run of bad windows of one series in one direction.

    Attributes:
        id: hash of series, direction and first bad window: computing again gives the same.
        source: the source of the series.
        metric: its metric.
        slice_key: its slice.
        direction: the side of the expected value.
        phase: where it stands.
        first_bad: first bad window.
        last_bad: newest bad window.
        bad_windows: bad windows so far.
        bad_run: bad windows in a row up to now.
        settled_run: settled windows in a row up to now.
        recent_bad: bad windows among the last few, oldest first.
        worst: deviation furthest from expected, signed share.
        missed: sum of (value − expected) over bad windows.
        closed_at: window that closed it.
        group: id of the group it is told in; None until it opens.
        sequence: which opening of that group it was last part of.
        seen: newest window that moved it.
        deviation: in the newest window with a verdict, signed share; None where nothing was expected.
        score: in its newest bad window.
        is_hard: whether its newest bad window was beyond the hard threshold.
        openings: windows in which the series opened in this direction lately, also as earlier incidents.
        flapping_since: since when it opens again and again; None while it does not.
        is_flapping_told: whether people were told so.
        reason: why it opened last.
    """

    id: str
    source: str
    metric: str
    slice_key: str
    direction: Direction
    phase: Phase
    first_bad: datetime
    last_bad: datetime
    bad_windows: int
    bad_run: int
    settled_run: int
    recent_bad: tuple[datetime, ...]
    worst: float
    missed: float
    closed_at: datetime | None = None
    group: str | None = None
    sequence: int = 0
    seen: datetime | None = None
    deviation: float | None = None
    score: float = 0.0
    is_hard: bool = False
    openings: tuple[datetime, ...] = ()
    flapping_since: datetime | None = None
    is_flapping_told: bool = False
    reason: str = ""

    @property
    def series(self) -> tuple[str, str, Direction]:
        """What there is at most one live incident of."""
        return self.metric, self.slice_key, self.direction


def incident_id(metric: str, slice_key: str, direction: Direction, first_bad: datetime) -> str:
    """The id of an incident: 16 hex digits of a hash over what makes it that incident."""
    text = "\n".join((metric, slice_key, direction.value, window_key(first_bad)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
