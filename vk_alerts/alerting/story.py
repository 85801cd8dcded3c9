"""What a message tells, as values: everything that `render` and the chart need, and nothing to look up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class NotificationKind(StrEnum):
    """Why a message goes out."""

    OPEN = "open"
    RESOLVED = "resolved"


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

    @property
    def deviation(self) -> float | None:
        """(value − expected) / expected, signed; None when either is missing or nothing was expected."""
        if self.value is None or not self.expected:
            return None
        return (self.value - self.expected) / self.expected


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
