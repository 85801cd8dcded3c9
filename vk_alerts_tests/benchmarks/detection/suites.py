"""The worlds that a benchmark runs, by name, one per seed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path

from vk_alerts_tests.benchmarks.detection.simulator import simulate_counts, simulate_ratios
from vk_alerts_tests.benchmarks.detection.slices import simulate_slices
from vk_alerts_tests.benchmarks.detection.taxi import AS_RECORDED, THINNED, taxi_world
from vk_alerts_tests.benchmarks.detection.twitter import twitter_world
from vk_alerts_tests.benchmarks.detection.world import World

REPORT_SEEDS = tuple(range(101, 109))
DESIGN_SEEDS = tuple(range(1, 9))
"""Parts and constants may be chosen on these; what is told comes from the others."""

TWITTER_STEPS = (timedelta(minutes=15), timedelta(minutes=5))


@dataclass(frozen=True)
class Suite:
    """A kind of world.

    Attributes:
        name: of the kind.
        make: the world of a seed.
        seeds: one world each; a recorded world without chance has one.
        truth: whether an oracle knows the mean.
        ablated: whether the ablation runs on it.
        calibrated: whether a series' own past is to set its scale as well.
        slices: whether the series have totals.
    """

    name: str
    make: Callable[[int], World]
    seeds: tuple[int, ...]
    truth: bool = True
    ablated: bool = True
    calibrated: bool = False
    slices: bool = False

    @cached_property
    def worlds(self) -> dict[int, World]:
        """By seed."""
        return {seed: self.make(seed) for seed in self.seeds}

    def first(self, worlds: int) -> "Suite":
        """The same with so many worlds at most."""
        return replace(self, seeds=self.seeds[:worlds])


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the worlds are: series and judged weeks of the simulated ones, copies of the taxi series."""

    series: int
    weeks: int
    copies: int


def suites(
    sizes: Sizes, seeds: tuple[int, ...], *, taxi: Path | None = None, twitter: Path | None = None
) -> Iterator[Suite]:
    """What can be run with the data at hand."""
    size = {"series": sizes.series, "weeks": sizes.weeks}
    yield Suite("counts", lambda seed: simulate_counts(seed=seed, **size), seeds)
    yield Suite("ratios", lambda seed: simulate_ratios(seed=seed, **size), seeds)
    yield Suite(
        "slices, own counts",
        lambda seed: simulate_slices(seed=seed, **size).own,
        seeds,
        ablated=False,
        slices=True,
    )
    yield Suite("slices, share", lambda seed: simulate_slices(seed=seed, **size).share, seeds)
    if taxi:
        every = partial(taxi_world, taxi, copies=sizes.copies)
        yield Suite("taxi", lambda seed: every(seed=seed), seeds, truth=False)
        yield Suite(
            "taxi, as recorded",
            lambda seed: every(seed=seed).rows(AS_RECORDED),
            seeds,
            truth=False,
            ablated=False,
        )
        yield Suite("taxi, thinned", lambda seed: every(seed=seed).rows(THINNED), seeds, ablated=False)
    if twitter:
        for step in TWITTER_STEPS:
            yield Suite(
                f"twitter, {step // timedelta(minutes=1)} min",
                lambda _, step=step: twitter_world(twitter, step=step),
                (0,),
                truth=False,
                ablated=step == TWITTER_STEPS[0],
                calibrated=True,
            )
