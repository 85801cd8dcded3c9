"""Models that are fitted anew every week to what came before it."""

from collections.abc import Callable, Iterator

import numpy as np

from vk_alerts_tests.benchmarks.detection.world import World

TRAINING_DAYS = 42

Advance = Callable[[], None]
"""Told once for each fit."""


def weeks_of(world: World) -> Iterator[tuple[slice, slice]]:
    """(training, week) in windows; the training ends where the week begins."""
    windows = world.values.shape[1]
    training = TRAINING_DAYS * world.per_day
    for begin in range(world.first, windows, 7 * world.per_day):
        yield slice(max(0, begin - training), begin), slice(begin, min(begin + 7 * world.per_day, windows))


def fits(world: World) -> int:
    """How many fits a model takes."""
    return len(world.values) * len(list(weeks_of(world)))


def stabilised(world: World) -> np.ndarray:
    """The values on a scale where chance is about as large for small values as for large ones."""
    if world.trials is None:
        return 2.0 * np.sqrt(world.values + 0.375)
    return 2.0 * np.arcsin(np.sqrt(world.values))
