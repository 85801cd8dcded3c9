"""The quick methods that are compared: ours, simple ones from books, and an oracle."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vk_alerts.detection import DETECTORS, Scores, count_shares, decide
from vk_alerts.detection.medians import MAD_TO_SIGMA
from vk_alerts.detection.sums import WIDTHS, lasting_mean
from vk_alerts_tests.benchmarks.detection.rolling import stabilised
from vk_alerts_tests.benchmarks.detection.world import World

Method = Callable[[World], np.ndarray]
"""Scores of (n_series, n_windows), causal; NaN = no verdict."""

ROLLING_HOURS = 3
"""Of 3, 6, 12 and 24 hours the best on the design seeds."""

SLOT_WEEKS = 4
SPREAD_WEEKS = 2

_LEAST_SPREAD = 1e-3  # far below chance: a scale that is not zero


def product(detector: str) -> Method:
    """One of the product's detectors."""
    return lambda world: world.scored(detector).score


def decided(world: World) -> np.ndarray:
    """The product's verdict on slices, from their own values and from their shares of the totals."""
    if world.totals is None:
        raise ValueError("series without totals have no share")
    shares = [count_shares(world.values[[row]], total) for row, total in enumerate(world.totals)]
    as_ratios = replace(
        world,
        values=np.concatenate([share.values for share in shares]),
        trials=np.concatenate([share.trials for share in shares]),
    )
    own, theirs = world.scored(), as_ratios.scored()
    verdicts = []
    for row, share in enumerate(shares):
        mine, its = (Scores(*(part[[row]] for part in scores.arrays)) for scores in (own, theirs))
        verdicts.append(decide(mine, world.values[[row]], share, its, min_deviation=0.0).scores.score)
    return np.concatenate(verdicts)


def rolling_sigma(world: World) -> np.ndarray:
    """Distance from the mean of the last hours in their standard deviations, the "3 sigma" rule."""
    width = ROLLING_HOURS * world.per_hour
    values = world.values
    score = np.full(values.shape, np.nan)
    before = np.lib.stride_tricks.sliding_window_view(values[:, :-1], width, axis=1)
    least = 1.0 if world.trials is None else 1.0 / np.fmax(world.trials[:, width:], 1.0)
    deviation = np.fmax(before.std(axis=-1), least)  # a single event
    score[:, width:] = np.abs(values[:, width:] - before.mean(axis=-1)) / deviation
    return score


def slot_z(world: World) -> np.ndarray:
    """Distance from the median of the same quarter of an hour of the last four weeks, in robust deviations.

    On a variance-stabilising scale, the deviation from two weeks, every day anew: of the ways to do it tried
    on the design seeds (means, deviations by slot, raw scale) the best.
    """
    day, week = world.per_day, 7 * world.per_day
    values = stabilised(world)
    windows = values.shape[1]
    far = SLOT_WEEKS * week
    before = [values[:, far - k * week : windows - k * week] for k in range(1, SLOT_WEEKS + 1)]
    residual = np.full(values.shape, np.nan)
    residual[:, far:] = np.abs(values[:, far:] - np.median(before, axis=0))
    score = np.full(values.shape, np.nan)
    for begin in range(far + SPREAD_WEEKS * week, windows, day):
        past, now = slice(begin - SPREAD_WEEKS * week, begin), slice(begin, begin + day)
        known = ~np.isnan(residual[:, past]).all(axis=1)
        usual = MAD_TO_SIGMA * np.nanmedian(residual[known, past], axis=1, keepdims=True)
        score[known, now] = residual[known, now] / np.maximum(usual, _LEAST_SPREAD)
    return score


def oracle(world: World) -> np.ndarray:
    """Somebody who knows mean and noise of every window, and only not the incidents.

    Sums over windows as the default detector has them; not the best test there is, but one without error in
    its expectations.
    """
    if world.normal is None:
        raise ValueError("nobody knows the mean of a real series")
    chance = world.normal
    if world.trials is not None:
        chance = world.normal * (1 - world.normal) / np.maximum(world.trials, 1)
    surprise = (world.values - world.normal) / np.sqrt(chance + (world.white * world.normal) ** 2)
    surprise = np.nan_to_num(surprise)
    score = np.abs(surprise)
    for width in WIDTHS:
        before = np.pad(surprise, ((0, 0), (width - 1, 0)))
        score = np.maximum(score, lasting_mean(before, np.ones(surprise.shape), width) * np.sqrt(width))
    return score


QUICK: dict[str, Method] = {name: product(name) for name in DETECTORS} | {
    "rolling sigma": rolling_sigma,
    "slot z-score": slot_z,
    "oracle": oracle,
}
