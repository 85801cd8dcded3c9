"""The command: which worlds and methods run, with progress, and what is printed and written."""

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from vk_alerts_tests.benchmarks.detection.ablation import PARTS, ablated
from vk_alerts_tests.benchmarks.detection.methods import QUICK, Method, decided
from vk_alerts_tests.benchmarks.detection.pca_knn import pca_knn
from vk_alerts_tests.benchmarks.detection.prophet_weekly import prophet_weekly
from vk_alerts_tests.benchmarks.detection.rolling import fits
from vk_alerts_tests.benchmarks.detection.runs import Run, run
from vk_alerts_tests.benchmarks.detection.suites import DESIGN_SEEDS, REPORT_SEEDS, Sizes, Suite, suites
from vk_alerts_tests.benchmarks.detection.tables import (
    ablation_table,
    kinds_table,
    suite_table,
    summary_table,
)
from vk_alerts_tests.benchmarks.detection.tail_scale import tail_scaled
from vk_alerts_tests.benchmarks.detection.twitter import LABELS

OURS = "seasonal"
SLOW = {"prophet": prophet_weekly, "pyod": pca_knn}
_KINDS = (("counts", "ratios", "taxi"), ("slices, own counts", "slices, share"))
_PATH = click.Path(exists=True, path_type=Path)


@click.command()
@click.option("--taxi", type=_PATH, envvar="VK_ALERTS_TAXI_CSV", help="nyc_taxi.csv of the NAB.")
@click.option("--twitter", type=_PATH, envvar="VK_ALERTS_NAB", help="Folder of the NAB, data/ and labels/.")
@click.option("--with", "slow", default="", help="Slow methods as well: prophet,pyod.")
@click.option("--slow-series", default=6, show_default=True, help="Series of a world that they score.")
@click.option("--slow-worlds", default=2, show_default=True, help="Worlds of a kind that they score.")
@click.option("--ablation", is_flag=True, help="What each part of the default detector is worth, instead.")
@click.option("--design", is_flag=True, help="Seeds for choosing parts and constants.")
@click.option("--worlds", default=len(REPORT_SEEDS), show_default=True, help="Worlds of a kind.")
@click.option("--series", default=40, show_default=True, help="Simulated series a world.")
@click.option("--weeks", default=5, show_default=True, help="Judged weeks of simulated series.")
@click.option("--copies", default=20, show_default=True, help="Copies of the taxi series, half thinned.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write every run there.")
def main(
    taxi: Path | None,
    twitter: Path | None,
    slow: str,
    slow_series: int,
    slow_worlds: int,
    ablation: bool,
    design: bool,
    worlds: int,
    series: int,
    weeks: int,
    copies: int,
    json_path: Path | None,
) -> None:
    """Print how many incidents each detector finds at so many false alerts per series."""
    names = _slow_names(slow)
    if twitter and not (twitter / LABELS).is_file():
        raise click.BadParameter(
            f"{twitter}: no {LABELS}; name the folder of the NAB", param_hint="--twitter"
        )
    seeds = (DESIGN_SEEDS if design else REPORT_SEEDS)[:worlds]
    chosen = list(suites(Sizes(series, weeks, copies), seeds, taxi=taxi, twitter=twitter))
    console = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        if ablation:
            parts = {OURS: QUICK[OURS]} | {part.name: ablated(part) for part in PARTS}
            runs = [one for suite in chosen if suite.ablated for one in _run(suite, parts, progress)]
        else:
            runs = [one for suite in chosen for one in _run(suite, _quick(suite), progress)]
        for suite in chosen if names and not ablation else ():
            if suite.ablated:
                runs += _slow(suite.first(slow_worlds), names, slow_series, progress)
    console.print(f"[bold]{'design' if design else 'report'} seeds {seeds[0]}–{seeds[-1]}[/bold]")
    for table in [ablation_table(runs, whole=OURS)] if ablation else _comparison(chosen, runs):
        console.print(table)
    if json_path:
        record = {"seeds": "design" if design else "report", "runs": [one.record() for one in runs]}
        json_path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _slow_names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in SLOW:
            raise click.BadParameter(f"{name!r}: unknown; known: {', '.join(SLOW)}", param_hint="--with")
        if find_spec(name) is None:
            raise click.BadParameter(
                f"{name!r} is not installed: pip install -e '.[benchmark]'", param_hint="--with"
            )
    return names


def _comparison(chosen: list[Suite], runs: list[Run]) -> Iterator[Table]:
    for suite in chosen:
        yield suite_table(suite.name, runs)
    for kinds in _KINDS:
        yield kinds_table(runs, methods=(OURS, "oracle"), suites=kinds)
    yield summary_table(runs)


def _quick(suite: Suite) -> dict[str, Method]:
    methods = {OURS: QUICK[OURS]}
    if suite.slices:
        methods["seasonal, own or share"] = decided
    if suite.calibrated:
        methods["seasonal, calibrated"] = tail_scaled
    return methods | {name: method for name, method in QUICK.items() if name != "oracle" or suite.truth}


def _slow(suite: Suite, names: list[str], series: int, progress: Progress) -> list[Run]:
    """The slow methods on some series, and ours on the same ones beside them."""
    worlds = [world.rows(slice(series)) for world in suite.worlds.values()]
    task = progress.add_task(f"{suite.name}: fits", total=len(names) * sum(map(fits, worlds)))
    methods = {f"{OURS}, on these": QUICK[OURS]}
    methods |= {name: _told(name, lambda: progress.advance(task)) for name in names}
    runs = _run(suite, methods, progress, series=series)
    progress.remove_task(task)
    return runs


def _told(name: str, advance: Callable[[], None]) -> Method:
    return lambda world: SLOW[name](world, advance=advance)


def _run(
    suite: Suite, methods: dict[str, Method], progress: Progress, *, series: int | None = None
) -> list[Run]:
    task = progress.add_task(suite.name, total=len(methods) * len(suite.seeds))
    runs = list(run(suite, methods, series=series, advance=lambda: progress.advance(task)))
    progress.remove_task(task)
    return runs
