"""A slice judged by its share of the total: what moves the whole app moves every slice, and no share.

A share alone makes no slice strange. A sibling's share rises when one slice falls, and a slice that falls
less than the others gains. So the slice's own value must deviate too, to the same side, and the rest not
much further.

Slices of two dimensions have the total as their parent too. ``vk_alerts_tests/benchmarks/slice_headlines.py``
measures it: with the total the strongest series was the right headline in 94 % of the incidents, with the
slice of the first dimension as the parent in 87 %, by the slices' own values in 86 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats, Scores

SHARE_DETECTORS = ("seasonal",)
"""Detectors that judge slices by their shares; the classic ones stay what they are known for."""

_REST_MAY_MOVE = 1.5
"""A slice is to blame for its share unless the rest moved this many times as far.

At 1 the recall of slices inside totals that are noisy themselves falls by one to two percent; at 2 and
without the rule, siblings of a slice that fell are strange in 11 and 22 % of the incidents, now in 9 %.
"""

LEAST_REST = 20.0
"""Events that the rest of the parent must have: with fewer, its chance says more than the slice."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Slices against the rest of their total; each array is float64 (n_series, n_windows), NaN = unknown.

    ``values`` and ``trials`` are what a detector scores, as any ratio.

    Attributes:
        values: the slice's part, in [0, 1].
        trials: what chance makes of it: that of a ratio of so many trials.
        rest: what the rest of the total amounts to, metric units.
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
    """Verdicts on slices, and what they rest on; each array is (n_series, n_windows).

    Attributes:
        scores: the verdicts. ``expected`` comes from the slice's own past. Where the share decided, a value
            beyond ``lower`` or ``upper`` is on that side of it, and its share is beyond the share's band.
        own: float64, the score of the slice's own value.
        share: float64, the score of its share; NaN = no verdict.
        by_share: bool, whether the share decided.
    """

    scores: Scores
    own: Floats
    share: Floats
    by_share: NDArray[np.bool_]


def count_shares(values: Floats, total: Floats) -> Shares:
    """The share of counts, or of unique users, in the total.

    Args:
        values: float64 (n_series, n_windows), the slices; NaN = missing.
        total: float64 (n_windows,); NaN = missing.
    """
    whole = np.broadcast_to(np.where(total > 0, total, np.nan), values.shape)
    shares = np.minimum(values / whole, 1.0)
    rest = np.maximum(whole - values, 0.0)
    return Shares(shares, np.where(np.isnan(shares), np.nan, whole), rest, rest, whole)


def rate_shares(values: Floats, trials: Floats, total: Floats, total_trials: Floats) -> Shares:
    """The rate r of a slice against the rate s of the rest of the total, as r / (r + s).

    The total's own rate would have the slice in it, and feel less of a large slice's fall.

    Args:
        values: float64 (n_series, n_windows), rates of the slices; NaN = nothing to divide by.
        trials: their denominators, same shape.
        total: float64 (n_windows,), the rate of the total.
        total_trials: its denominators, likewise.

    Source:
        Delta method: q = r / (r + s) has the variance q²(1-q)² (v_r + v_s), where v is that of a rate's
        logarithm, (1-r) / (n r) with n trials. A ratio of n' trials has q(1-q) / n'. With the total's rate R
        for both, q is 1/2 and n' is 4 R/(1-R) / (1/n + 1/m). What the slice itself did is left out of n':
        were it in, falls would count for less than rises. Where r is c times s, n' is off by a factor between
        c and 1/c, which the detector's measured noise takes up.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = np.minimum(values, 1.0) * trials
        rest_trials = np.where(total_trials > trials, total_trials - trials, np.nan)
        all_hits = np.maximum(np.minimum(total, 1.0) * total_trials, hits)
        rest = np.minimum((all_hits - hits) / rest_trials, 1.0)
        odds = all_hits / np.maximum(total_trials - all_hits, 1.0)
        effective = 4.0 * odds / (1.0 / trials + 1.0 / rest_trials)
        rate = hits / trials
        shares = np.where(rate + rest > 0, rate / (rate + rest), np.nan)
    return Shares(
        values=shares,
        trials=np.where(np.isnan(shares), np.nan, effective),
        rest=rest,
        rest_events=rest_trials,
        most=np.ones_like(rest),
    )


def decide(own: Scores, values: Floats, shares: Shares, theirs: Scores, *, min_deviation: float) -> Decision:
    """Verdicts on slices: by their shares where these can be judged, by their own values elsewhere.

    By its share a slice scores

    - the share's score where its own value deviates to the same side, by at least ``min_deviation``;
    - the smaller of the two scores where its own value deviates by less;
    - 0 where value and share went different ways, or the rest went much further than the slice: it moved with
      the total, or the others did.

    Slices that are (nearly) all of their total, or whose total is missing, are judged by their own values.

    Args:
        own: verdicts on the slices' own values.
        values: float64 (n_series, n_windows), what was measured.
        shares: the slices' shares, same shape.
        theirs: verdicts on the shares.
        min_deviation: of the value from the expected one, as a part of it.
    """
    usable = ~np.isnan(own.score) & ~np.isnan(theirs.score) & (shares.rest_events >= LEAST_REST)
    deviation = values - own.expected
    with np.errstate(divide="ignore", invalid="ignore"):
        expected_rest = own.expected * (1.0 - theirs.expected) / theirs.expected
        moved = np.abs(np.log(values / own.expected))
        rest_moved = np.abs(np.log(shares.rest / expected_rest))
    one_way = (shares.values < theirs.expected) == (deviation < 0)
    score = np.where(one_way & ~(_REST_MAY_MOVE * moved < rest_moved), theirs.score, 0.0)
    is_small = np.abs(deviation) < min_deviation * own.expected
    score = np.where(is_small, np.fmin(score, own.score), score)
    lower = np.fmin(own.expected, shares.in_metric_units(theirs.lower))
    upper = np.fmax(own.expected, shares.in_metric_units(theirs.upper))
    return Decision(
        scores=Scores(
            score=np.where(usable, score, own.score),
            expected=own.expected,
            lower=np.where(usable, lower, own.lower),
            upper=np.where(usable, upper, own.upper),
        ),
        own=own.score,
        share=theirs.score,
        by_share=usable,
    )
