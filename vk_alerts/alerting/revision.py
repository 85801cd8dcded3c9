"""What computing a window again changed: old and new verdicts on each series, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.verdicts import Direction, Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Revision:
    """A series on which two computations of a window differ.

    Attributes:
        window: the window's start.
        version: the newer version's number.
        metric: the series' metric.
        slice_key: its slice.
        before: the verdict of the older version; None = it had no row.
        after: that of the newer one; None = it has no row.
    """

    window: datetime
    version: int
    metric: str
    slice_key: str
    before: Verdict | None
    after: Verdict | None

    @property
    def judgement_before(self) -> Judgement:
        """What was thought of the series; none where it had no row."""
        return Judgement.NONE if self.before is None else self.before.judgement

    @property
    def judgement(self) -> Judgement:
        """What is thought of it now."""
        return Judgement.NONE if self.after is None else self.after.judgement

    @property
    def turned(self) -> bool:
        """Whether the judgement is another one, or the same on the other side."""
        return self.judgement_before is not self.judgement or (
            self.after is not None
            and self.after.is_bad
            and self.before is not None
            and self.before.direction is not self.after.direction
        )

    @property
    def moves_incidents(self) -> bool:
        """Whether incidents could be other ones after it: bad or settled now, or before, and not the same."""
        sides = [_matters(self.before), _matters(self.after)]
        return sides[0] != sides[1]

    @property
    def score_change(self) -> float:
        """How far the score moved; a score that came or went counts whole."""
        scores = [0.0 if verdict is None else verdict.scored.score or 0.0 for verdict in self._both]
        return abs(scores[1] - scores[0])

    @property
    def _both(self) -> tuple[Verdict | None, Verdict | None]:
        return self.before, self.after


def compare(
    before: Sequence[Verdict], after: Sequence[Verdict], *, window: datetime, version: int
) -> tuple[Revision, ...]:
    """The series of a window on which two versions differ, those whose judgement turned first.

    Values are compared exactly: computing the same again gives the same bits.

    Args:
        before: the older version's verdicts.
        after: the newer version's.
        window: the window's start.
        version: the newer version's number.
    """
    old = {(verdict.scored.metric, verdict.scored.slice_key): verdict for verdict in before}
    new = {(verdict.scored.metric, verdict.scored.slice_key): verdict for verdict in after}
    revisions = [
        Revision(window, version, *series, old.get(series), new.get(series))
        for series in sorted({*old, *new})
        if old.get(series) != new.get(series)
    ]
    return tuple(sorted(revisions, key=lambda one: (not one.turned, -one.score_change)))


def _matters(verdict: Verdict | None) -> object:
    """What the lifecycle takes from a verdict; None where it takes nothing."""
    if verdict is None or verdict.judgement is Judgement.NONE:
        return None
    if verdict.is_bad:
        row = verdict.scored
        return verdict.judgement, verdict.direction, row.value, row.expected, row.score
    return tuple(verdict.has_settled(direction) for direction in Direction)
