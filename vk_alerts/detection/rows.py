"""Series are independent of one another: they are worked off in batches, on all cores, strip by strip."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np

_BATCH_SERIES = 1024
_BATCH_VALUES = 2_000_000
"""Limits of a batch: a dozen arrays of it are in memory for each core, so 200 MB at most."""

_THREAD_SERIES = 64
"""Fewer series are not worth a thread: what Python itself does holds up all threads."""

_STRIP_VALUES = 256_000
"""The arrays of a strip stay in the processor's cache; smaller ones cost Python's overhead around numpy."""

_LARGEST_EXAMPLE = (32 << 20) - (64 << 10)


def in_batches(rows: int, work: Callable[[slice], None], *, width: int) -> None:
    """Calls ``work`` for slices that cover ``rows``, several at once; numpy lets go of Python's lock.

    What comes out does not depend on how the rows are cut, nor on the number of threads: each row is computed
    from itself alone.

    Args:
        rows: how many series.
        work: called with each slice, in any order.
        width: values of one series that are kept until its batch is done.
    """
    most = max(1, min(_BATCH_SERIES, _BATCH_VALUES // max(width, 1)))
    threads = min(_cores(), -(-rows // _THREAD_SERIES))
    batches = max(-(-rows // most), threads)
    edges = [rows * i // batches for i in range(batches + 1)] if rows else [0]
    slices = [slice(start, end) for start, end in pairwise(edges)]
    _keep_freed_memory()
    if threads < 2:
        for some in slices:
            work(some)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, slices):
            pass


def strips(rows: int, *, width: int) -> Iterator[slice]:
    """Slices that cover ``rows``, so few at once that arrays of ``width`` values a row stay in the cache."""
    at_once = max(1, _STRIP_VALUES // max(width, 1))
    for start in range(0, rows, at_once):
        yield slice(start, min(start + at_once, rows))


@cache
def _keep_freed_memory() -> None:
    """Lets the C library reuse the memory of arrays rather than give it back to the system after each.

    Setting up pages anew costs several times what the arithmetic on them does. glibc learns by example: the
    largest block that was ever returned sets how much it keeps, up to 32 MiB.

    Source:
        mallopt(3), M_MMAP_THRESHOLD: "dynamic mmap threshold".
    """
    example = np.empty(_LARGEST_EXAMPLE, dtype=np.uint8)
    del example


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
