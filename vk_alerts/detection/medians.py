"""Medians that leave NaN out, say nothing about empty rows, and give the same bits for the same values."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats, Floats32

MAD_TO_SIGMA = 1.4826
"""The median absolute deviation of a normal variable times this is its standard deviation."""

_INFINITY = 0x7F800000  # its bits as float32; those of NaN without a sign are above


def median_size(rows: Floats32) -> tuple[Floats, NDArray[np.int64]]:
    """The median along the last axis of the absolute values that are not NaN.

    Seven digits are plenty for a scale of noise, and a selection among them is nine times as fast as sorting
    float64. The bits of floats without a sign are ordered like whole numbers, NaN last.

    Args:
        rows: float32 (..., n), adjacent in memory; overwritten.

    Returns:
        float64 (...), NaN where nothing is known, and how many were known.
    """
    size = rows.shape[-1]
    if not rows.size:
        return np.full(rows.shape[:-1], np.nan), np.zeros(rows.shape[:-1], dtype=np.int64)
    np.abs(rows, out=rows)
    bits = rows.reshape(-1, size).view(np.int32)
    missing = (bits > _INFINITY).reshape(-1)
    unknown = np.zeros(len(bits), dtype=np.int64)
    if missing.any():
        # Every other missing value goes below all others: so the middle of the row is that of the known ones.
        places = np.flatnonzero(missing)
        owner = places // size
        unknown = np.bincount(owner, minlength=len(bits))
        ordinal = np.arange(len(places)) - (np.cumsum(unknown) - unknown)[owner]
        bits.reshape(-1)[places[ordinal % 2 == 1]] = -1
    half = size // 2
    bits.partition(half, axis=-1)
    upper = np.ascontiguousarray(bits[:, half]).view(np.float32).astype(np.float64)
    lower = upper
    if half:
        lower = bits[:, :half].max(axis=-1).view(np.float32).astype(np.float64)
    is_even = (size - unknown) % 2 == 0
    median = np.where(is_even, 0.5 * (lower + upper), lower if size % 2 == 0 else upper)
    known = size - unknown
    median[known == 0] = np.nan
    shape = rows.shape[:-1]
    return median.reshape(shape), known.reshape(shape)


def median_of_few(candidates: list[Floats]) -> tuple[Floats, NDArray[np.int64] | None]:
    """The element-wise median of a handful of equal arrays, NaN left out.

    Exchanging whole arrays is several times faster than sorting millions of short rows.

    Args:
        candidates: arrays of one shape; they are overwritten.

    Returns:
        The median (NaN where nothing is known), and how many were known; None where all were everywhere.
    """
    missing = np.isnan(candidates[0])
    for candidate in candidates[1:]:
        missing |= np.isnan(candidate)
    if not missing.any():
        return _median_of_known(candidates), None
    size = len(candidates)
    places = np.flatnonzero(missing)
    some = np.stack([candidate.reshape(-1)[places] for candidate in candidates])
    count = size - np.isnan(some).sum(axis=0)
    some.sort(axis=0)
    columns = np.arange(len(places))
    lower = some[np.maximum(count - 1, 0) // 2, columns]
    upper = some[np.minimum(count // 2, size - 1), columns]
    median = _median_of_known(candidates)
    median.reshape(-1)[places] = 0.5 * (lower + upper)
    known = np.full(median.shape, size)
    known.reshape(-1)[places] = count
    return median, known


def _median_of_known(candidates: list[Floats]) -> Floats:
    """The element-wise median of arrays, which are overwritten; anything where one of them is NaN."""
    spare = np.empty_like(candidates[0])
    for i, j, keeps_lower, keeps_upper in exchanges_for_median(len(candidates)):
        low, high = candidates[i], candidates[j]
        if keeps_lower:
            np.minimum(low, high, out=spare)
        if keeps_upper:
            np.maximum(low, high, out=high)
        if keeps_lower:
            candidates[i], spare = spare, low
    size = len(candidates)
    median: Floats = 0.5 * (candidates[(size - 1) // 2] + candidates[size // 2])
    return median


@cache
def exchanges_for_median(size: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Of the sorting network what the middle of the order depends on.

    Returns:
        Exchanges (i, j), and whether the lower one is looked at again in i, and the upper one in j.
    """
    needed = {(size - 1) // 2, size // 2}
    kept = []
    for i, j in reversed(sorting_network(size)):
        if needed & {i, j}:
            kept.append((i, j, i in needed, j in needed))
            needed |= {i, j}
    return tuple(reversed(kept))


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
