"""What is told as one: a group of incidents, or a source without events; and what people know of it."""

from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.sources import Outage
from vk_alerts.alerting.verdicts import Direction


@dataclass(frozen=True, slots=True)
class Told:
    """What people have been told of one opening of a group.

    Attributes:
        window: window with which it was told first.
        last: window of the newest message about how it stands.
        deviation: of the headline, as last told, signed share.
        is_hard: whether it was told as beyond the hard threshold.
        members: ids of the incidents that were told with it.
        reminders: reminders that are through.
        worse: messages that it got worse.
        updates: edits of the message.
        stale: messages that nothing is heard of it.
    """

    window: datetime
    last: datetime
    deviation: float | None
    is_hard: bool
    members: frozenset[str] = frozenset()
    reminders: int = 0
    worse: int = 0
    updates: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """A ratio that moved because its denominator did.

    Attributes:
        metric: the ratio.
        slice_key: its slice.
        by: the denominator's metric.
        deviation: the denominator's, signed share.
    """

    metric: str
    slice_key: str
    by: str
    deviation: float


@dataclass(frozen=True, slots=True)
class StormSize:
    """How much of everything is off at once.

    Attributes:
        direction: the side on which most are.
        series: how many are off on that side.
        of: series with a verdict.
        metrics: name and number of series of each metric, most first.
    """

    direction: Direction
    series: int
    of: int
    metrics: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents that are told as one; or an outage of a source, which has no incidents.

    Attributes:
        id: the id of the incident that first headed it; short ids are its first letters.
        source: the source of its head; a storm's members may belong to others, too.
        head: the incident that the messages are about; of an outage: the source's first metric, all users.
        opened: window in which it opened, or opened again.
        sequence: how often it has opened again.
        is_told: whether people heard of this opening, or are spared it.
        closed: window in which the last member closed; None while one is open.
        told: what people know of this opening; None = nothing yet.
        heard: newest window with a verdict on an open member.
        is_stale: whether nothing was heard for long, and that was told.
        is_silenced: whether a silence keeps it from people now.
        is_flapping: whether it opens again and again, and people are spared more of it.
        explained: ratios of its members that moved because their denominators did, the head's first.
        storm: set when it stands for very many series.
        outage: set when it is a source without events.
        taken_by: who has taken it; empty = nobody.
        reason: why the newest message about it was told, or kept from people.
    """

    id: str
    source: str
    head: Incident
    opened: datetime
    sequence: int = 0
    is_told: bool = False
    closed: datetime | None = None
    told: Told | None = None
    heard: datetime | None = None
    is_stale: bool = False
    is_silenced: bool = False
    is_flapping: bool = False
    explained: tuple[Explanation, ...] = ()
    storm: StormSize | None = None
    outage: Outage | None = None
    taken_by: str = ""
    reason: str = ""
