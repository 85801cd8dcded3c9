"""What each part of the default detector is worth: it is switched off, alone, and recall is measured again.

The product has no switches for this. A part is taken out by putting something plainer in its place in the
detector's modules for as long as a world is scored; nothing else must score at that time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from vk_alerts.detection.days_off import DaysOff
from vk_alerts.detection.residual import Counts
from vk_alerts.detection.sums import WIDTHS
from vk_alerts.detection.tracker import Tracked, Tracker
from vk_alerts_tests.benchmarks.detection.world import World

_PACKAGE = "vk_alerts.detection."
_FEWER_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """Something plainer in the place of a module's name."""

    module: str
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the detector.

    Attributes:
        name: what is taken out.
        instead: what takes its place.
        changes: how; empty for what is taken from the input.
        holidays: whether the calendar is still told.
    """

    name: str
    instead: str
    changes: tuple[Change, ...] = ()
    holidays: bool = True


class _Plain(Counts):
    """Counts as they are."""

    def residual(self, values: np.ndarray, expected: np.ndarray) -> np.ndarray:
        return values - expected


class _Unmoved(Tracker):
    """Follows nothing: the slow part is expected to be at its mean."""

    def step(
        self, residual: np.ndarray, white: np.ndarray, reset: np.ndarray, day_off: np.ndarray | float = 0.0
    ) -> Tracked:
        spread = np.sqrt(self._slow + day_off + white)
        return Tracked(predicted=np.zeros_like(white), spread=spread, unrest=np.ones_like(white))


def _same_level(blocks: Any, numbers: np.ndarray, **_: Any) -> np.ndarray:
    return np.ones((len(blocks.mean), len(numbers)))


def _nothing_known(_: np.ndarray, sigma: np.ndarray) -> Iterator[np.ndarray]:
    return (np.full(sigma.shape, np.nan) for _ in WIDTHS)


PARTS = (
    Part("level ratio", "last weeks as they were", (Change("levels", "level_ratio", _same_level),)),
    Part(
        "relative noise",
        "scales of pure chance: square root, arcsine",
        (Change("residual", "RELATIVE_NOISE", 1e-6),),
    ),
    Part(
        "asinh scale",
        "counts as they are",
        (Change("residual", "Counts", _Plain),),
    ),
    Part("holidays", "the calendar is not told", holidays=False),
    Part(
        "holidays are noisier",
        "as noisy as other days",
        tuple(Change("days_off", name, DaysOff(0.0, 0.0, 1.0, 1.0)) for name in ("COUNTS", "RATIOS")),
    ),
    Part(
        "6 weeks",
        f"{_FEWER_WEEKS} weeks",
        tuple(
            Change(module, "WEEKS", _FEWER_WEEKS) for module in ("levels", "baseline", "seasonal", "memory")
        ),
    ),
    Part("smoothed history", "as it was", (Change("baseline", "_smoothed", lambda values, _: values),)),
    Part("tracker", "the slow part is not followed", (Change("following", "Tracker", _Unmoved),)),
    Part("hold", "incidents are followed, too", (Change("tracker", "_SURPRISE", np.inf),)),
    Part("slot noise", "the same all day", (Change("noise", "_SLOT_LIMITS", (1.0, 1.0)),)),
    Part(
        "noise floor",
        "noise as measured, however small",
        (Change("residual", "_believable", lambda events: np.full_like(events, 1e-6)),),
    ),
    Part("sums", "single windows only", (Change("judging", "lasting_means", _nothing_known),)),
    Part("bursts", "scores as they are", (Change("bursts", "_POWER", 0.0),)),
    Part("restless days", "as noisy as two weeks", (Change("tracker", "_MOST_UNREST", 1.0),)),
    Part("sums end with the incident", "they ring on", (Change("sums", "_CARRY_SIGMAS", 1e9),)),
    Part(
        "sums' own spread",
        "their nominal one",
        (Change("noise", "usual_strangeness", lambda past: np.ones(past.shape[:-1])),),
    ),
)


@contextmanager
def without(part: Part) -> Iterator[None]:
    """The detector's modules with the part taken out.

    Raises:
        AttributeError: the modules have changed, so this file must.
    """
    before = [(import_module(_PACKAGE + c.module), c.name, c.value) for c in part.changes]
    kept = [getattr(module, name) for module, name, _ in before]
    try:
        for module, name, value in before:
            setattr(module, name, value)
        yield
    finally:
        for (module, name, _), value in zip(before, kept, strict=True):
            setattr(module, name, value)


def ablated(part: Part) -> Callable[[World], np.ndarray]:
    """The scores of the default detector without the part."""

    def score(world: World) -> np.ndarray:
        with without(part):
            return world.scored(holidays=None if part.holidays else ()).score

    return score
