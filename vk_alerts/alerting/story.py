"""What a message tells, as values: everything that `render` and the chart need, and nothing to look up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class NotificationKind(StrEnum):
    """Why a message goes out."""

    OPEN = "open"  # something broke
    UPDATE = "update"  # the message that opened it is edited: members joined, it is over, it was corrected
    WORSE = "worse"  # much further from expected than last told
    REMIND = "remind"  # it still lasts and nobody has taken it
    ESCALATE = "escalate"  # beyond the hard threshold after it had been told as less
    FLAPPING = "flapping"  # opens again and again: told once, then quiet
    STALE = "stale"  # no verdicts for hours while it was open
    RESOLVED = "resolved"  # it is over
    NODATA = "nodata"  # a source has stopped or is late
    CORRECTION = "correction"  # a live window turned from bad to good when it was computed again
    SUMMARY = "summary"  # what opened and closed while the pipeline was down
    DIGEST = "digest"  # what was too much to tell one by one


class Language(StrEnum):
    """The languages a message can be told in."""

    RUSSIAN = "ru"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Reading:
    """One series in one window.

    Attributes:
        metric: the metric's name in the catalog, such as ``likes``.
        title: the metric's title in the display language, such as ``Лайки``.
        slice_key: the canonical slice, ``all`` or ``os=Android,source=ads``.
        slice_label: the slice in the display language: ``все пользователи``, ``Android · ads``.
        is_ratio: values are in [0, 1] and shown as percent; otherwise they are counts.
        value: what was measured; None = no value (nothing to divide by, or the window is missing).
        expected: what the past led to expect, metric units.
        lower: the band's lower edge.
        upper: the band's upper edge.
        score: robust standard deviations, >= 0; None = no verdict.
        is_bad: whether the window is bad for the series, or its incident is firing.
        by_share: whether it was judged by its share of the total, and the band is that of the share.
        unit: what a measured quantity is told in, such as ``мс`` or ``₽``; empty for counts and ratios.
    """

    metric: str
    title: str
    slice_key: str
    slice_label: str
    is_ratio: bool
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float | None
    is_bad: bool
    by_share: bool = False
    unit: str = ""

    @property
    def deviation(self) -> float | None:
        """(value − expected) / expected, signed; None when either is missing or nothing was expected."""
        if self.value is None or not self.expected:
            return None
        return (self.value - self.expected) / self.expected

    @property
    def is_within(self) -> bool:
        """Whether the value lies inside the band of one window by itself."""
        if self.value is None or self.lower is None or self.upper is None:
            return False
        return self.lower <= self.value <= self.upper


@dataclass(frozen=True, slots=True)
class Contribution:
    """A slice in which a change lies.

    Attributes:
        label: the slice in the display language; ``все пользователи`` where the change is everywhere.
        change: (value − expected) that lies in the slice: events or users; a ratio: a part of its change.
        share: of the whole change, about 1 = all of it; None = unknown.
    """

    label: str
    change: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """How an incident went, told when it is over.

    Attributes:
        lasted: from the start of the first bad window to the end of the last.
        worst: the deviation furthest from expected, signed, a share (−0.34).
        missed: sum of (value − expected) over the bad windows, metric units; None for ratios and unique
            users.
    """

    lasted: timedelta
    worst: float
    missed: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something people did that may explain a change: a deploy, a campaign.

    Attributes:
        at: when, aware UTC.
        text: what, in the team's words.
    """

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Outage:
    """A source without events.

    Attributes:
        table: the event table.
        last_event: time of its newest event; None = it has none.
        is_late: whether events still come, but not up to the window's end.
    """

    table: str
    last_event: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Storm:
    """Very many series off at once.

    Attributes:
        series: how many.
        of: out of how many that have a verdict.
        metrics: title and number of series of each metric, most first.
    """

    series: int
    of: int
    metrics: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """An incident that people were not told of while it lasted.

    Attributes:
        short_id: its short id.
        title: of its metric.
        slice_label: of its slice, in the display language.
        first_bad: start of its first bad window.
        recovery: how it went; None = it still lasts.
        worst: the deviation furthest from expected, signed share.
    """

    short_id: str
    title: str
    slice_label: str
    first_bad: datetime
    recovery: Recovery | None
    worst: float


@dataclass(frozen=True, slots=True)
class Story:
    """One message.

    Attributes:
        kind: why it goes out.
        short_id: the incident's short id without ``#inc_``, such as ``4F2A``.
        window: start of the window it is about, aware UTC.
        first_bad: start of the first bad window of the headline's run.
        bad_windows: how many windows in a row the headline has been bad.
        headline: the series the message is about.
        yesterday: the headline's value in the same window a day before; None = unknown.
        week_ago: the same a week before.
        members: other series that crossed with it, strongest first.
        neighbours: the source's other metrics in the headline's slice: what is still normal is a hint too.
        chart_url: the real-time chart in BI; None = no link.
        dashboard_url: the real-time dashboard in BI.
        partition_url: the partition in the Dagster UI.
        owner: who is responsible, such as ``@likes_owner``.
        recovery: set when kind is ``RESOLVED``.
        causes: where the headline's change lies, largest first; empty = not known.
        special_day: whether the window lies in a holiday or a day moved for one: the band is wider then.
        events: what people did shortly before or in the incident, newest first.
        is_hard: whether it is beyond the hard threshold.
        is_over: whether all of it has closed; an ``UPDATE``'s first line turns green then.
        is_corrected: whether computing again took it back; an ``UPDATE`` or ``CORRECTION``.
        explained_by: the metric that moved and explains a ratio's change («CTR упал, потому что выросли
            просмотры»): title and signed deviation; None = nothing of the kind.
        last_told: the deviation that the message before told, for ``WORSE``.
        openings: how often it has opened, for ``FLAPPING``.
        outage: set when kind is ``NODATA``, and on its ``RESOLVED``.
        storm: set when very many series are off at once.
        passed: incidents of an outage of the pipeline, for ``SUMMARY``.
        taken_by: who has taken it; empty = nobody.
        silent_since: end of the last window that was judged, for ``STALE``.
        reason: why the fold told it, in its own words; for commands and logs, not for chats.
    """

    kind: NotificationKind
    short_id: str
    window: datetime
    first_bad: datetime
    bad_windows: int
    headline: Reading
    yesterday: float | None
    week_ago: float | None
    members: tuple[Reading, ...]
    neighbours: tuple[Reading, ...]
    chart_url: str | None
    dashboard_url: str | None
    partition_url: str | None
    owner: str
    recovery: Recovery | None = None
    causes: tuple[Contribution, ...] = ()
    special_day: bool = False
    events: tuple[Event, ...] = ()
    is_hard: bool = False
    is_over: bool = False
    is_corrected: bool = False
    explained_by: tuple[str, float] | None = None
    last_told: float | None = None
    openings: int = 1
    outage: Outage | None = None
    storm: Storm | None = None
    passed: tuple[Passed, ...] = ()
    taken_by: str = ""
    silent_since: datetime | None = None
    reason: str = ""

    @property
    def is_everywhere(self) -> bool:
        """Whether the headline's change lies in no part of it, but in all alike."""
        return bool(self.causes) and all(c.label == self.headline.slice_label for c in self.causes)
