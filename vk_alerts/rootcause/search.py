"""Which slice explains a change best: a likelihood gain over every slice of one or two dimensions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vk_alerts.errors import RootCauseInputError

Floats = NDArray[np.float64]

RELATIVE_NOISE = 0.02
"""What counts vary beyond chance, a share of the expected value; as in the detector."""

_PENALTY = 1.15 * 3.0
"""What a slice must gain per dimension: more dimensions offer more slices, and chance makes one look good.

Source: the design's measurement; three times the 1.15 that a one-sided 5 % test of one slice takes.
"""

_LEAST_GAIN = 1.92
"""Half the 95 % point of a chi-square of one degree: with less, chance is as good an account."""

_ROUNDS = 5  # of searching each cause anew beside the others; two or three settle it
_UNSEEN = 0.5  # keeps the logarithm of slices that had, or expected, nothing


@dataclass(frozen=True, slots=True)
class Cause:
    """A slice that explains a part of the change.

    Attributes:
        slice: dimension → value; empty = everybody alike.
        gain: how much more likely the data are if this slice alone changed, by one factor, than if nothing
            did, in log-likelihood, less a penalty per dimension; > 1.9.
        share: the part of the total's change that lies in the slice; about 1 = all of it, negative = the
            slice changed against the total; NaN = the total did not change.
    """

    slice: Mapping[str, str]
    gain: float
    share: float


@dataclass(frozen=True, slots=True)
class _Cuboid:
    """All slices of one combination of dimensions: the slice of each leaf, and the slices' names."""

    dimensions: tuple[str, ...]
    code: NDArray[np.int64]
    keys: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A slice, the factor on it, and what that explains of the change."""

    cuboid: _Cuboid
    place: int
    gain: float
    factor: float
    explained: float


def explain(
    leaves: pd.DataFrame, *, dimensions: Sequence[str], max_dims: int = 2, top: int = 3
) -> list[Cause]:
    """The slices that explain the change between expected and actual, best first.

    One cause multiplies its slice by one factor and leaves the rest as expected. After the best slice is
    found its factor is taken as known and the search goes on in what is left, so that two causes are two
    entries rather than one cause and its parts.

    Args:
        leaves: one row per combination of ``dimensions``, with the columns ``actual`` and ``expected``
            (counts, >= 0) and optionally ``variance`` of the actual value around the expected one; by default
            Poisson noise plus 2 % of the expected value.
        dimensions: the columns that name the leaf.
        max_dims: how many dimensions a slice may have; "everybody", with none, always competes.
        top: how many causes to return at most.

    Returns:
        Up to ``top`` causes, strongest first; empty when nothing stands out of chance.

    Raises:
        RootCauseInputError: a column is missing, a value negative or not finite, a combination repeated.

    Source:
        Gaussian likelihood ratio of one factor on the slice, its logarithm estimated from the slice's sums
        (logarithms of single leaves are biased where they hold few events): gain = ½ W m² − 1.15 · 3 · dims,
        m = log(actual / expected), W its inverse variance.
    """
    actual, expected, variance = _checked(leaves, dimensions)
    if not len(leaves):
        return []
    cuboids = list(_cuboids(leaves, dimensions, max_dims))
    found: list[_Found] = []
    for _ in range(top):
        following = _best(cuboids, actual, expected, variance, known=found)
        if following is None:
            break
        found = _refined([*found, following], cuboids, actual, expected, variance)
    found.sort(key=lambda cause: -cause.gain)
    change = float(actual.sum() - expected.sum())
    return [
        Cause(
            slice=dict(zip(cause.cuboid.dimensions, cause.cuboid.keys[cause.place], strict=True)),
            gain=cause.gain,
            share=cause.explained / change if change else float("nan"),
        )
        for cause in found
    ]


def _refined(
    found: list[_Found], cuboids: Sequence[_Cuboid], actual: Floats, expected: Floats, variance: Floats
) -> list[_Found]:
    """The causes, each searched anew beside the others: the first was found when none was known."""
    for _ in range(_ROUNDS):
        before = [(cause.cuboid.dimensions, cause.place) for cause in found]
        for place in reversed(range(len(found))):
            others = [*found[:place], *found[place + 1 :]]
            again = _best(cuboids, actual, expected, variance, known=others)
            found = others if again is None else [*found[:place], again, *found[place + 1 :]]
        if [(cause.cuboid.dimensions, cause.place) for cause in found] == before:
            break
    return found


def _best(
    cuboids: Sequence[_Cuboid],
    actual: Floats,
    expected: Floats,
    variance: Floats,
    *,
    known: Sequence[_Found],
) -> _Found | None:
    """The slice with the highest gain beside the known causes; None when chance explains what they do not."""
    factors = _factors(len(actual), known)
    expected, variance = expected * factors, variance * factors
    best_gain, best = _LEAST_GAIN, None
    for cuboid in cuboids:
        gains = _gains(cuboid, actual, expected, variance)
        place = int(np.argmax(gains))
        if gains[place] > best_gain:
            best_gain, best = float(gains[place]), (cuboid, place)
    if best is None:
        return None
    cuboid, place = best
    inside = cuboid.code == place
    total, hoped = float(actual[inside].sum()), float(expected[inside].sum())
    factor = (total + _UNSEEN) / (hoped + _UNSEEN)
    return _Found(cuboid, place, gain=best_gain, factor=factor, explained=total - hoped)


def _factors(size: int, causes: Sequence[_Found]) -> Floats:
    """What the causes together multiply each leaf by."""
    factors = np.ones(size)
    for cause in causes:
        factors[cause.cuboid.code == cause.place] *= cause.factor
    return factors


def _gains(cuboid: _Cuboid, actual: Floats, expected: Floats, variance: Floats) -> Floats:
    size = len(cuboid.keys)
    total = np.bincount(cuboid.code, actual, minlength=size) + _UNSEEN
    hoped = np.bincount(cuboid.code, expected, minlength=size) + _UNSEEN
    noise = np.bincount(cuboid.code, variance, minlength=size) + _UNSEEN
    shift = np.log(total / hoped)
    # The variance is taken between the two hypotheses: at the expected level a slice that fell to nothing
    # would look more certain than it is, at the actual one less.
    level = np.sqrt(total * hoped)
    weight = level**2 / (noise * level / hoped)
    gains: Floats = 0.5 * weight * shift**2 - _PENALTY * len(cuboid.dimensions)
    return gains


def _cuboids(leaves: pd.DataFrame, dimensions: Sequence[str], max_dims: int) -> Iterator[_Cuboid]:
    for size in range(min(max_dims, len(dimensions)) + 1):
        for names in combinations(dimensions, size):
            if not names:
                yield _Cuboid((), np.zeros(len(leaves), dtype=np.int64), ((),))
                continue
            named = leaves[list(names)]
            code = named.groupby(list(names), sort=True, observed=True, dropna=False).ngroup().to_numpy()
            first = np.unique(code, return_index=True)[1]
            keys = tuple(tuple(map(str, key)) for key in named.iloc[first].itertuples(index=False))
            yield _Cuboid(names, code.astype(np.int64), keys)


def _checked(leaves: pd.DataFrame, dimensions: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    for name in (*dimensions, "actual", "expected"):
        if name not in leaves.columns:
            raise RootCauseInputError(
                f"leaves: no column {name!r}; there are {', '.join(map(str, leaves.columns)) or 'none'}"
            )
    actual = leaves["actual"].to_numpy(dtype=np.float64)
    expected = leaves["expected"].to_numpy(dtype=np.float64)
    variance = (
        leaves["variance"].to_numpy(dtype=np.float64)
        if "variance" in leaves.columns
        else expected + (RELATIVE_NOISE * expected) ** 2
    )
    for name, values in (("actual", actual), ("expected", expected), ("variance", variance)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise RootCauseInputError(f"leaves: {name} must be finite and >= 0")
    if dimensions and leaves.duplicated(list(dimensions)).any():
        raise RootCauseInputError("leaves: a combination of dimensions stands twice; sum it up first")
    return actual, expected, variance
