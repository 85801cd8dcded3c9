"""Medians that leave NaN out, say nothing about empty rows, and give the same bits for the same values."""

from functools import cache

import numpy as np

from vk_alerts.detection.scores import Floats

MAD_TO_SIGMA = 1.4826
"""The median absolute deviation of a normal variable times this is its standard deviation."""


def median_known(rows: Floats) -> Floats:
    """The median along the last axis of the values that are not NaN.

    Args:
        rows: float64 (..., n).

    Returns:
        float64 (...); NaN where nothing is known.
    """
    ordered = np.sort(rows, axis=-1)
    size = ordered.shape[-1]
    if size == 0:
        return np.full(rows.shape[:-1], np.nan)
    if not np.isnan(ordered[..., -1]).any():
        return 0.5 * (ordered[..., (size - 1) // 2] + ordered[..., size // 2])
    known = size - np.isnan(ordered).sum(axis=-1, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(known // 2, size - 1), axis=-1)
    middle: Floats = 0.5 * (low + high)[..., 0]
    return middle


def median_of_few(candidates: list[Floats]) -> tuple[Floats, Floats]:
    """The element-wise median of a handful of equal arrays, NaN left out.

    Exchanging whole arrays is several times faster than sorting millions of short rows.

    Args:
        candidates: arrays of one shape; they are overwritten.

    Returns:
        The median (NaN where nothing is known) and how many were known.
    """
    known = np.zeros(candidates[0].shape)
    for candidate in candidates:
        missing = np.isnan(candidate)
        known += ~missing
        candidate[missing] = np.inf
    spare = np.empty_like(candidates[0])
    for i, j in sorting_network(len(candidates)):
        np.minimum(candidates[i], candidates[j], out=spare)
        np.maximum(candidates[i], candidates[j], out=candidates[j])
        candidates[i], spare = spare, candidates[i]
    size = len(candidates)
    median: Floats = 0.5 * (candidates[(size - 1) // 2] + candidates[size // 2])
    for count in range(size):
        here = known == count
        if here.any():
            low, high = candidates[max(count - 1, 0) // 2], candidates[count // 2]
            median[here] = 0.5 * (low[here] + high[here]) if count else np.nan
    return median, known


@cache
def sorting_network(size: int) -> tuple[tuple[int, int], ...]:
    """The exchanges (i, j), i < j, that sort ``size`` things whatever they are.

    Source:
        Batcher's odd-even merge (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M).
    """
    exchanges = []
    top = 1 << max(size - 1, 0).bit_length() >> 1
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            exchanges += [(i, i + d) for i in range(size - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1
    return tuple(exchanges)
