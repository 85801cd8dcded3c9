"""A score and the team's policy → a verdict on one series in one window."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vk_alerts.metrics.model import Policy

# An incident closes inside the band less this margin, so that a value on the edge does not flap (hysteresis).
BAND_MARGIN = 0.2


class Direction(StrEnum):
    """The side of the expected value on which a series lies."""

    UP = "up"
    DOWN = "down"


class DecidedBy(StrEnum):
    """What a score was decided by."""

    OWN = "own"  # the series' own value
    SHARE = "share"  # the slice's share of the total


class Judgement(StrEnum):
    """What is to be thought of one series in one window."""

    NORMAL = "normal"  # well inside the band
    UNSETTLED = "unsettled"  # neither bad nor well inside
    BAD = "bad"  # beyond the threshold, and by enough to matter
    HARD = "hard"  # beyond the hard threshold: no need to wait for a second window
    NONE = "none"  # nothing can be said: freezes what is known


@dataclass(frozen=True, slots=True)
class Scored:
    """One row of ``anomaly_scores``: values in metric units, None where there is none.

    Attributes:
        evidence: events the score rests on.
        threshold: the score from which on it is called anomalous, robust standard deviations.
        decided_by: what the score was decided by.
    """

    source: str
    metric: str
    slice_key: str
    window: datetime
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float | None
    evidence: float | None
    threshold: float
    decided_by: DecidedBy = DecidedBy.OWN

    @property
    def deviation(self) -> float | None:
        """(value − expected) / expected; None when either is missing or nothing was expected."""
        if self.value is None or not self.expected:
            return None
        return (self.value - self.expected) / self.expected


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on a scored row and the side it fell to.

    Attributes:
        scored: the row.
        judgement: what is to be thought of it.
        direction: the side; None when nothing can be said.
        for_windows: bad windows in a row that open an incident of the metric; None = as everywhere.
    """

    scored: Scored
    judgement: Judgement
    direction: Direction | None
    for_windows: int | None = None

    @property
    def is_bad(self) -> bool:
        """Whether the window counts against the series."""
        return self.judgement in (Judgement.BAD, Judgement.HARD)

    def has_settled(self, direction: Direction) -> bool:
        """Whether an incident in ``direction`` finds the series back inside, or on the other side."""
        row = self.scored
        if self.judgement is Judgement.NONE or row.value is None or row.expected is None:
            return False
        edge = row.lower if direction is Direction.DOWN else row.upper
        if edge is None:
            return False
        inner = row.expected + (1 - BAND_MARGIN) * (edge - row.expected)
        return row.value >= inner if direction is Direction.DOWN else row.value <= inner


def judge(row: Scored, policy: Policy) -> Verdict:
    """The verdict on a row: bad when significant (score), relevant (deviation) and founded (evidence)."""
    if row.score is None or row.value is None or row.expected is None:
        return Verdict(row, Judgement.NONE, None)
    direction = Direction.DOWN if row.value < row.expected else Direction.UP
    deviation = row.deviation
    relevant = (
        deviation is None or abs(deviation) >= policy.min_deviation
    )  # anything is much when 0 was expected
    founded = (row.evidence or 0.0) >= policy.min_evidence
    if row.score >= row.threshold and relevant and founded:
        is_hard = row.score >= policy.hard_threshold_at(row.threshold)
        judgement = Judgement.HARD if is_hard else Judgement.BAD
        return Verdict(row, judgement, direction, policy.for_windows)
    settled = Verdict(row, Judgement.UNSETTLED, direction, policy.for_windows)
    if settled.has_settled(direction):
        return Verdict(row, Judgement.NORMAL, direction, policy.for_windows)
    return settled
