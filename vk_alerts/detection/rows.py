"""Series are independent of one another: they are worked off in blocks, on all cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_BLOCK = 240
"""Series at once. Larger blocks cost memory, smaller ones the overhead of Python around numpy."""


def in_blocks(rows: int, work: Callable[[slice], None]) -> None:
    """Calls ``work`` for slices that cover ``rows``, several at once; numpy lets go of Python's lock.

    What comes out does not depend on how the rows are cut, nor on the number of threads: each row is computed
    from itself alone.
    """
    slices = [slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK)]
    threads = min(len(slices), _cores())
    if threads < 2:
        for some in slices:
            work(some)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, slices):
            pass


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
