"""Stretches of windows that are not to be learned from: incidents and what they leave behind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.opening import Ints

# Wider than any period, so that windows of one owner stay below those of the next.
_OWNER = 2**32


@dataclass(frozen=True, slots=True)
class Spans:
    """Windows from ``first`` to ``last``, both included, each of one owner: a series, or a source.

    Attributes:
        owner: int64 (n,).
        first: int64 (n,), >= 0.
        last: int64 (n,), >= first.
    """

    owner: Ints
    first: Ints
    last: Ints

    @classmethod
    def none(cls) -> "Spans":
        """No windows."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty)

    def joined(self, others: "Spans") -> "Spans":
        """These and others."""
        return Spans(
            np.concatenate([self.owner, others.owner]),
            np.concatenate([self.first, others.first]),
            np.concatenate([self.last, others.last]),
        )

    def lengthened(self, windows: int, *, end: int) -> "Spans":
        """The same with so many windows more each, up to the window before ``end``."""
        return Spans(self.owner, self.first, np.minimum(self.last + windows, end - 1))

    def hold(self, owner: Ints, window: Ints) -> NDArray[np.bool_]:
        """Whether each window lies in a span of its owner."""
        starts, ends = self._merged()
        if not len(starts):
            return np.zeros(len(owner), dtype=np.bool_)
        places = owner * _OWNER + window
        before = np.searchsorted(starts, places, side="right") - 1
        return (before >= 0) & (places <= ends[np.maximum(before, 0)])

    def holding(self, owner: Ints, window: Ints) -> "Spans":
        """Those that hold any of some windows of their owners."""
        places = np.sort(owner * _OWNER + window)
        before = np.searchsorted(places, self.owner * _OWNER + self.first, side="left")
        until = np.searchsorted(places, self.owner * _OWNER + self.last, side="right")
        some = until > before
        return Spans(self.owner[some], self.first[some], self.last[some])

    def windows_of(self, owners: int) -> Ints:
        """How many windows the spans of each owner 0 .. owners − 1 cover, int64 (owners,)."""
        starts, ends = self._merged()
        covered = np.zeros(owners, dtype=np.int64)
        np.add.at(covered, starts // _OWNER, ends - starts + 1)
        return covered

    def _merged(self) -> tuple[Ints, Ints]:
        """First and last places of spans that do not overlap, ascending."""
        order = np.lexsort((self.first, self.owner))
        starts = (self.owner * _OWNER + self.first)[order]
        ends = np.maximum.accumulate((self.owner * _OWNER + self.last)[order])
        fresh = np.ones(len(starts), dtype=np.bool_)
        fresh[1:] = starts[1:] > ends[:-1]
        last = np.append(np.flatnonzero(fresh)[1:], len(starts)) - 1
        return starts[fresh], ends[last[: fresh.sum()]]
