"""A slice judged by its share of the total: what moves the whole app moves every slice, and no share.

A share alone makes no slice strange. A sibling's share rises when one slice falls, and a slice that falls
less than the others gains. So the slice's own value must deviate too, to the same side, and the rest not
much further.

Where the total hardly moves of itself, and above all where chance is large (few events, or a slice that is
most of the total), the past tells more about a slice than the rest of the total does. Then its own value
decides, less what the rest moved along.

Slices of two dimensions have the total as their parent too. With it the strongest series is the right
headline in 96 % of simulated incidents, with the slice of the first dimension as the parent in 89 %, by own
values alone in 87 % (``vk_alerts_tests/benchmarks/slice_headlines.py``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats, Scores
from vk_alerts.detection.sharpness import of_counts, of_rates, of_shares

SHARE_DETECTORS = ("seasonal",)
"""Detectors that judge slices by their shares; the classic ones stay what they are known for."""

LEAST_REST = 20.0
"""Events that the rest of the total has or should have: of fewer, chance says more than the slice."""

_SHARPER = 1.25
"""The share decides unless the band of the own value is narrower by this factor.

What is narrower for a window need not be so for the sums over windows: the total's noise is slow.
"""

_REST_MAY_MOVE = 1.5
"""A slice is to blame for its share unless the rest moved this many times as far, and by more than it may."""

_REST_MAY_WANDER = 0.5
"""The rest may move by so much of the reach of the own value's band: what moves all of the app moves it, too.

Without it a tenth of the small falls in a total that happened to rise was lost.
"""

_HALF = 0.5  # an event, so that nothing has a logarithm too


@dataclass(frozen=True, slots=True)
class Shares:
    """Slices against the rest of their total; each array is float64 (n_series, n_windows), NaN = unknown.

    ``values`` and ``trials`` are what a detector scores, as any ratio.

    Attributes:
        values: the slice's part, in [0, 1].
        trials: what chance makes of it: that of a ratio of so many trials.
        rest: what the rest of the total amounts to, metric units.
        most: what the slice can be at most, metric units.
        denominators: of the slice's own value; 1 for counts.
        rest_denominators: of the rest's.
        are_rates: whether these are rates and not counts.
    """

    values: Floats
    trials: Floats
    rest: Floats
    most: Floats
    denominators: Floats
    rest_denominators: Floats
    are_rates: bool

    def expected_trials(self, expected: Floats) -> Floats:
        """The trials there would be, were the slices as ``expected``, (n_series, n_windows), metric units."""
        if not self.are_rates:
            return self.rest + expected
        whole = self.denominators + self.rest_denominators
        hits = np.fmin(self.rest * self.rest_denominators + expected * self.denominators, whole - 1.0)
        return _effective_trials(hits, whole, self.denominators, self.rest_denominators)

    def in_metric_units(self, share: Floats) -> Floats:
        """What the slice would be with this share, were the rest as it is."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.rest * share / (1.0 - share)


@dataclass(frozen=True, slots=True)
class Decision:
    """Verdicts on slices, and what they rest on; each array is (n_series, n_windows).

    Attributes:
        scores: the verdicts. ``expected`` comes from the slice's own past. A value beyond ``lower`` or
            ``upper`` is on that side of it, and beyond the band of what decided.
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
    one = np.broadcast_to(1.0, values.shape)
    # In place, and trials without a copy: the arrays are long.
    shares, rest = values / whole, total - values
    return Shares(
        values=np.minimum(shares, 1.0, out=shares),
        trials=whole,
        rest=np.maximum(rest, 0.0, out=rest),
        most=whole,
        denominators=one,
        rest_denominators=one,
        are_rates=False,
    )


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
        effective = _effective_trials(all_hits, total_trials, trials, rest_trials)
        rate = hits / trials
        shares = np.where(rate + rest > 0, rate / (rate + rest), np.nan)
    return Shares(
        values=shares,
        trials=np.where(np.isnan(shares), np.nan, effective),
        rest=rest,
        most=np.broadcast_to(1.0, rest.shape),
        denominators=trials,
        rest_denominators=rest_trials,
        are_rates=True,
    )


def _effective_trials(hits: Floats, whole: Floats, trials: Floats, rest_trials: Floats) -> Floats:
    odds = hits / np.maximum(whole - hits, 1.0)
    return 4.0 * odds / (1.0 / trials + 1.0 / rest_trials)


def decide(own: Scores, values: Floats, shares: Shares, theirs: Scores, *, min_deviation: float) -> Decision:
    """Verdicts on slices: by their shares or by their own values, whichever band is the narrower one.

    By its share a slice scores as the share does, but 0 where value and share went different ways or the
    rest went much further than the slice, and than it usually does: it moved with the total, or the others
    did. By its own value it
    scores as that does, less the part of its way that the rest went too. Where the own value deviates by less
    than ``min_deviation`` it never scores higher than the own value does.

    Slices that are (nearly) all of their total, or whose total is missing, are judged by their own values as
    totals are. Where nothing is left of slice and total, the total's verdict is enough.

    Args:
        own: verdicts on the slices' own values.
        values: float64 (n_series, n_windows), what was measured.
        shares: the slices' shares, same shape.
        theirs: verdicts on the shares.
        min_deviation: of the value from the expected one, as a part of it.
    """
    low, high = shares.in_metric_units(theirs.lower), shares.in_metric_units(theirs.upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected_rest = _expected_rest(own.expected, shares, theirs.expected)
        moved = _log_ratio(values, own.expected, shares.denominators)
        rest_moved = _log_ratio(shares.rest, expected_rest, shares.rest_denominators)
        reach = of_rates(own, shares.denominators) if shares.are_rates else of_counts(own)
        trials = shares.expected_trials(own.expected)
        share_reach = of_shares(theirs, shares.trials, expected_trials=trials)
        along = np.clip(np.where(moved == 0, 0.0, rest_moved / moved), 0.0, 1.0)
    rest_events = np.fmax(shares.rest, expected_rest) * shares.rest_denominators
    usable = ~np.isnan(own.score) & ~np.isnan(theirs.score) & (rest_events >= LEAST_REST)
    by_share = usable & ~(_SHARPER * reach < share_reach)
    one_way = (shares.values < theirs.expected) == (values < own.expected)
    may_move = np.fmax(_REST_MAY_MOVE * np.abs(moved), _REST_MAY_WANDER * reach)
    to_blame = one_way & ~(may_move < np.abs(rest_moved))
    score = np.where(by_share, np.where(to_blame, theirs.score, 0.0), own.score * (1.0 - along))
    is_small = np.abs(values - own.expected) < min_deviation * own.expected
    score = np.where(is_small, np.fmin(score, own.score), score)
    # Nothing of nothing is no share, but the slice has certainly gone with the rest.
    all_gone = (values == 0) & (shares.rest == 0) & ~np.isnan(own.score)
    lower = np.where(by_share, np.fmin(own.expected, low), own.lower * np.exp(np.fmin(rest_moved, 0.0)))
    upper = np.where(by_share, np.fmax(own.expected, high), own.upper * np.exp(np.fmax(rest_moved, 0.0)))
    return Decision(
        scores=Scores(
            score=np.where(all_gone, 0.0, np.where(usable, score, own.score)),
            expected=own.expected,
            lower=np.where(all_gone, 0.0, np.where(usable, lower, own.lower)),
            upper=np.where(usable, np.fmax(own.expected, np.fmin(upper, shares.most)), own.upper),
        ),
        own=own.score,
        share=theirs.score,
        by_share=by_share | all_gone,
    )


def _expected_rest(expected: Floats, shares: Shares, expected_share: Floats) -> Floats:
    """What the rest should be beside what was expected of slice and share; half an event keeps 0 from 0."""
    half = _HALF / shares.denominators
    return (expected + half) * (1.0 - expected_share) / (expected_share + half / (half + shares.rest))


def _log_ratio(values: Floats, expected: Floats, denominators: Floats) -> Floats:
    """How far values lie above expected ones, as a logarithm; metric units."""
    return np.log((values * denominators + _HALF) / (expected * denominators + _HALF))
