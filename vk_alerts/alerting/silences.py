"""A silence: who wants to hear nothing about what, from when until when."""

from dataclasses import dataclass

from vk_alerts.metrics.slices import ALL_KEY, Slice


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which nothing is sent about some series.

    Attributes:
        id: its number.
        metric: of which metric; None = of each.
        slice_key: of which slice and every part of it (``os=iOS`` also ``country=Russia,os=iOS``); ``all`` =
            of the total alone; None = of each.
        starts: seconds since the epoch from which on it holds.
        ends: and up to which.
        by: who wanted it.
        comment: why.
        created_at: seconds since the epoch.
        expired_at: when somebody ended it early; None = nobody did.
    """

    id: int
    metric: str | None
    slice_key: str | None
    starts: float
    ends: float
    by: str
    comment: str
    created_at: float
    expired_at: float | None = None

    def holds_at(self, moment: float) -> bool:
        """Whether it is in force at ``moment``, in seconds since the epoch."""
        return self.starts <= moment < min(self.ends, self.expired_at or self.ends)

    def covers(self, metric: str, slice_key: str) -> bool:
        """Whether it is about a series."""
        if self.metric is not None and self.metric != metric:
            return False
        if self.slice_key is None or self.slice_key == slice_key:
            return True
        if ALL_KEY in (self.slice_key, slice_key):
            return False
        return Slice.from_key(self.slice_key).contains(Slice.from_key(slice_key))
