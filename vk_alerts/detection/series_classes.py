"""Series that are alike enough to share what is known of their false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.opening import Ints
from vk_alerts.detection.scores import Floats

# Chance matters less, and the least deviation of interest more, the more events there are.
_VOLUME_EDGES = (30, 100, 300, 1000, 5000)
_VOLUMES = ("below 30", "30-100", "100-300", "300-1000", "1000-5000", "5000 and more")

Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Population:
    """The series that share a budget, each array (n,).

    Attributes:
        source: int64, 0 .. n_sources − 1: what opens within an hour in one source is one message.
        is_total: whether a series is a total, not a slice.
        kind: kinds of metrics, such as ``count``.
        detector: names of detectors; their scores differ in scale.
        volume: float64, typical number of events in a window.
        daily_peak: float64, median over days of the day's highest score.
        judged: int64, windows that got a verdict.
        hard_ratio: float64, hard threshold over threshold.
        start: float64, the threshold where the past is too short.
        for_windows: int64, adjacent bad windows that open an incident.
    """

    source: Ints
    is_total: NDArray[np.bool_]
    kind: Texts
    detector: Texts
    volume: Floats
    daily_peak: Floats
    judged: Ints
    hard_ratio: Floats
    start: Floats
    for_windows: Ints

    def __len__(self) -> int:
        return len(self.source)


def class_labels(population: Population) -> tuple[Sequence[str], ...]:
    """For each level of detail, the finest first, the class of every series."""
    tier = np.where(population.is_total, "totals", "slices")
    band = np.searchsorted(_VOLUME_EDGES, np.nan_to_num(population.volume), side="right")
    volume = np.array(_VOLUMES)[band]
    levels = (
        (tier, population.kind, population.detector, np.char.add(volume, " events")),
        (tier, population.kind, population.detector),
        (tier, population.detector),
        (population.detector,),
    )
    return tuple([", ".join(parts) for parts in zip(*columns, strict=True)] for columns in levels)
