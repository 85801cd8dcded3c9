"""A slice judged by its share of a parent: what moves the whole app moves every slice with it, and no share.

A sibling's share rises when one slice falls, and a slice that falls less than the others has a growing share:
so a share alone makes no slice strange. Its own value must deviate to the same side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats, Scores

LEAST_REST = 20.0
"""Events that the rest of the parent must have: with fewer, its chance says more than the slice."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Slices against the rest of their parent; each array is float64 (n_series, n_windows), NaN = unknown.

    ``values`` and ``trials`` are what a detector scores, as any ratio.

    Attributes:
        values: the slice's part, in [0, 1].
        trials: what chance makes of it: that of a ratio of so many trials.
        rest: what the rest of the parent amounts to, metric units.
        rest_events: events that this rests on.
        most: what the slice can be at most, metric units.
    """

    values: Floats
    trials: Floats
    rest: Floats
    rest_events: Floats
    most: Floats

    def columns(self, some: slice) -> "Shares":
        """Some of the windows."""
        return Shares(
            self.values[:, some],
            self.trials[:, some],
            self.rest[:, some],
            self.rest_events[:, some],
            self.most[:, some],
        )

    def in_metric_units(self, share: Floats) -> Floats:
        """What the slice would be with this share, were the rest as it is; at most ``most``."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.fmin(self.rest * share / (1.0 - share), self.most)


@dataclass(frozen=True, slots=True)
class Decision:
    """Verdicts on slices, and what they rest on; each array is float64 (n_series, n_windows).

    Attributes:
        scores: the verdicts. ``expected`` is that of the slice's own past. A value beyond ``lower`` or ``upper``
            is beyond the band of its share, and on that side of the expected value.
        own: the score of the slice's own value.
        share: the score of its share, of several parents' the deciding one; NaN = cannot be judged.
        by_share: bool, whether the share decided.
    """

    scores: Scores
    own: Floats
    share: Floats
    by_share: NDArray[np.bool_]


def count_shares(values: Floats, parents: Floats) -> Shares:
    """The share of counts, or of unique users, in their parents'.

    Args:
        values: float64 (n_series, n_windows), the slices; NaN = missing.
        parents: likewise, the parent of each.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(parents > 0, np.minimum(values / parents, 1.0), np.nan)
    rest = np.maximum(parents - values, 0.0)
    return Shares(shares, np.where(np.isnan(shares), np.nan, parents), rest, rest, parents)


def rate_shares(values: Floats, trials: Floats, parents: Floats, parent_trials: Floats) -> Shares:
    """The rate r of a slice against the rate s of the rest of its parent, as r / (r + s).

    The parent's rate would hold the slice's own in it, and feel less of a large slice's fall.

    Args:
        values: float64 (n_series, n_windows), rates of the slices; NaN = nothing to divide by.
        trials: their denominators.
        parents: the rate of the parent of each.
        parent_trials: their denominators.

    Source:
        Delta method: the variance of q = r / (r + s) is q²(1-q)² (v_r + v_s), v that of a rate's logarithm,
        (1-r) / (n r) with n trials. That of a ratio of n' trials is q(1-q) / n'. With both rates equal to the
        parent's R, q is 1/2 and n' = 4 R/(1-R) / (1/n + 1/m). A slice's own rate does not come into it:
        what chance may do must not depend on what it did, or falls would count for less than rises.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = np.minimum(values, 1.0) * trials
        rest_trials = parent_trials - trials
        parent_hits = np.maximum(np.minimum(parents, 1.0) * parent_trials, hits)
        rest = np.clip((parent_hits - hits) / np.where(rest_trials > 0, rest_trials, np.nan), 0.0, 1.0)
        rate = hits / trials
        odds = parent_hits / np.maximum(parent_trials - parent_hits, 1.0)
        effective = 4.0 * odds / (1.0 / trials + 1.0 / rest_trials)
        shares = np.where(rate + rest > 0, rate / (rate + rest), np.nan)
    known = ~np.isnan(shares) & (effective > 0)
    return Shares(
        values=np.where(known, shares, np.nan),
        trials=np.where(known, effective, np.nan),
        rest=rest,
        rest_events=rest_trials,
        most=np.ones_like(rest),
    )


def decide(
    own: Scores, values: Floats, judged: Sequence[tuple[Shares, Scores]], *, min_deviation: float
) -> Decision:
    """Verdicts on slices by their shares, where these can be judged, and by their own values elsewhere.

    The score is the share's where the slice's own value deviates to the same side by at least
    ``min_deviation``, the smaller of the two where it deviates by less, and 0 where the value went one way and
    the share the other: the slice only moved with its parent, or less than it. Of several parents the one that
    the slice follows best decides.

    Args:
        own: verdicts on the slices' own values.
        values: float64 (n_series, n_windows), what was measured.
        judged: for each kind of parent the shares and the verdicts on them, same shape.
        min_deviation: of the value from the expected one, as a part of it.
    """
    deviation = values - own.expected
    small = np.abs(deviation) < min_deviation * own.expected
    score, share = np.full(own.score.shape, np.nan), np.full(own.score.shape, np.nan)
    lower, upper = own.expected.copy(), own.expected.copy()
    for shares, theirs in judged:
        usable = ~np.isnan(theirs.score) & ~np.isnan(own.score) & (shares.rest_events >= LEAST_REST)
        same_side = (shares.values < theirs.expected) == (deviation < 0)
        one_sided = np.where(usable, np.where(same_side, theirs.score, 0.0), np.nan)
        decides = usable & ~(one_sided >= score)
        score = np.where(decides, one_sided, score)
        share = np.where(decides, theirs.score, share)
        lower = np.where(usable, np.fmin(lower, shares.in_metric_units(theirs.lower)), lower)
        upper = np.where(usable, np.fmax(upper, shares.in_metric_units(theirs.upper)), upper)
    by_share = ~np.isnan(score)
    return Decision(
        scores=Scores(
            score=np.where(by_share, np.where(small, np.fmin(score, own.score), score), own.score),
            expected=own.expected,
            lower=np.where(by_share, lower, own.lower),
            upper=np.where(by_share, upper, own.upper),
        ),
        own=own.score,
        share=share,
        by_share=by_share,
    )
