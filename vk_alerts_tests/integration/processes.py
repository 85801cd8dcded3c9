"""Processes that race: copies of this one, which have imported everything already and so start at once."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess

_END_SECONDS = 120


def forked(work: Callable[[], object]) -> BaseProcess:
    """A process that does some work and ends, with 0 if nothing was raised; made from copies, it needs
    clients of its own: connections must not be shared."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def ends(*processes: BaseProcess) -> list[int | None]:
    """Waits for processes; their exit codes, negative for the signal that ended them."""
    for process in processes:
        process.join(_END_SECONDS)
    return [process.exitcode for process in processes]
