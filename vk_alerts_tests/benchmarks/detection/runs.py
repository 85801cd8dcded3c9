"""Runs methods over suites and keeps what they found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vk_alerts_tests.benchmarks.detection.methods import Method
from vk_alerts_tests.benchmarks.detection.protocol import Quality, judge
from vk_alerts_tests.benchmarks.detection.suites import Suite


@dataclass(frozen=True, slots=True)
class Run:
    """One method on one world."""

    suite: str
    seed: int
    method: str
    series: int
    quality: Quality

    def record(self) -> dict[str, Any]:
        """For a JSON file."""
        at = [{"false_alerts_a_week": rate, **asdict(found)} for rate, found in self.quality.at.items()]
        return {
            "suite": self.suite,
            "seed": self.seed,
            "method": self.method,
            "series": self.series,
            "incidents": self.quality.incidents,
            "best_f1": self.quality.best_f1,
            "at": at,
        }


def run(
    suite: Suite, methods: Mapping[str, Method], *, series: int | None = None, advance: Callable[[], None]
) -> Iterator[Run]:
    """Every method on every world of a suite; ``series`` limits how many series."""
    for seed, whole in suite.worlds.items():
        world = whole if series is None else whole.rows(slice(series))
        for name, method in methods.items():
            quality = judge(method(world), world)
            yield Run(suite.name, seed, name, len(world.values), quality)
            advance()


def mean_over_seeds(runs: Sequence[Run], pick: Callable[[Quality], float]) -> float:
    """The mean of a number over the runs; NaN where there is none."""
    numbers = [pick(one.quality) for one in runs]
    known = [number for number in numbers if not np.isnan(number)]
    return float(np.mean(known)) if known else float("nan")
