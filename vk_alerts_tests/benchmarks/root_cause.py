"""How often the planted cause is named exactly, at three volumes, for one and two causes.

python -m vk_alerts_tests.benchmarks.root_cause [--worlds N] [--json FILE]
"""

import json
from itertools import product
from pathlib import Path

import click
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table

from vk_alerts.rootcause import explain

DIMENSIONS = {"os": 4, "gender": 2, "age": 5, "source": 2, "country": 8}
VOLUMES = (1_000, 20_000, 500_000)
FACTORS = (0.2, 0.5, 0.7, 1.5)
REPORT_SEED = 101
_LEAST_SHARE = 0.01  # a slice of fewer events is nobody's headline

Slice = dict[str, str]


def world(rng: np.random.Generator, volume: float) -> pd.DataFrame:
    """Leaves with an expected value: values of uneven popularity, dimensions that hang together a little."""
    popularity = [rng.dirichlet(np.full(size, 2.0)) for size in DIMENSIONS.values()]
    places = list(product(*(range(size) for size in DIMENSIONS.values())))
    weight = np.array([np.prod([popularity[i][place[i]] for i in range(len(place))]) for place in places])
    weight *= rng.lognormal(0, 0.3, len(weight))
    names = [[f"{name}{at}" for name, at in zip(DIMENSIONS, place, strict=True)] for place in places]
    return pd.DataFrame(names, columns=list(DIMENSIONS)).assign(expected=volume * weight / weight.sum())


def plant(
    rng: np.random.Generator, leaves: pd.DataFrame, *, dims: int, causes: int
) -> tuple[np.ndarray, list[Slice]]:
    """Factors of the leaves, and the slices that changed; two neither overlap nor fill a dimension."""
    factor = np.ones(len(leaves))
    truth: list[Slice] = []
    while len(truth) < causes:
        names = sorted(str(name) for name in rng.choice(list(DIMENSIONS), dims, replace=False))
        key = {name: f"{name}{rng.integers(DIMENSIONS[name])}" for name in names}
        inside = np.all([leaves[name] == value for name, value in key.items()], axis=0)
        is_small = leaves["expected"][inside].sum() < _LEAST_SHARE * leaves["expected"].sum()
        # Both halves of a dimension of two: "everybody, and one of them more" is as good an account.
        fills = dims == 1 and causes > 1 and DIMENSIONS[names[0]] <= causes
        if is_small or fills or (factor[inside] != 1).any():
            continue
        factor[inside] *= rng.choice(FACTORS)
        truth.append(key)
    return factor, truth


def is_exact(found: list[Slice], truth: list[Slice]) -> bool:
    """Whether the first answers are the planted slices, in any order."""
    return sorted(map(sorted, (s.items() for s in found))) == sorted(map(sorted, (s.items() for s in truth)))


@click.command()
@click.option("--worlds", default=100, show_default=True, help="Worlds per cell.")
@click.option("--seed", default=REPORT_SEED, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(worlds: int, seed: int, json_path: Path | None) -> None:
    """Print the share of worlds in which exactly the planted slices are named first."""
    cells = [(v, dims, causes) for v in VOLUMES for dims in (1, 2) for causes in (1, 2)]
    found: dict[tuple[int, int, int], float] = {}
    for cell in track(cells, description="worlds", console=Console(stderr=True)):
        volume, dims, causes = cell
        rng = np.random.default_rng([seed, *cell])
        hits = 0
        for _ in range(worlds):
            leaves = world(rng, volume)
            factor, truth = plant(rng, leaves, dims=dims, causes=causes)
            noise = rng.lognormal(0, 0.02, len(leaves))
            leaves["actual"] = rng.poisson(leaves["expected"] * factor * noise)
            answers = explain(leaves, dimensions=list(DIMENSIONS))[:causes]
            hits += is_exact([dict(cause.slice) for cause in answers], truth)
        found[cell] = hits / worlds
    table = Table(title=f"exact match, {worlds} worlds a cell, seed {seed}")
    for column in ("events", "1-D, one", "1-D, two", "2-D, one", "2-D, two"):
        table.add_column(column, justify="right")
    for volume in VOLUMES:
        table.add_row(
            f"{volume:,}", *(f"{found[volume, dims, causes]:.2f}" for dims in (1, 2) for causes in (1, 2))
        )
    Console().print(table)
    if json_path:
        rows = [{"events": v, "dims": d, "causes": c, "exact": share} for (v, d, c), share in found.items()]
        json_path.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
