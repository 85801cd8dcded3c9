"""The command: which worlds and methods run, with progress, and what is printed and written."""

import json
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from vk_alerts_tests.benchmarks.detection.ablation import PARTS, ablated
from vk_alerts_tests.benchmarks.detection.methods import QUICK, Method
from vk_alerts_tests.benchmarks.detection.pca_knn import pca_knn
from vk_alerts_tests.benchmarks.detection.prophet_weekly import prophet_weekly
from vk_alerts_tests.benchmarks.detection.rolling import fits
from vk_alerts_tests.benchmarks.detection.runs import Run, run
from vk_alerts_tests.benchmarks.detection.suites import DESIGN_SEEDS, REPORT_SEEDS, Sizes, Suite, suites
from vk_alerts_tests.benchmarks.detection.tables import ablation_table, kinds_table, suite_table
from vk_alerts_tests.benchmarks.detection.tail_scale import tail_scaled

OURS = "seasonal"
CALIBRATED = "seasonal, calibrated"
SLOW = {"prophet": prophet_weekly, "pyod": pca_knn}
_PATH = click.Path(exists=True, path_type=Path)


@click.command()
@click.option("--taxi", type=_PATH, envvar="VK_ALERTS_TAXI_CSV", help="nyc_taxi.csv of the NAB.")
@click.option("--twitter", type=_PATH, envvar="VK_ALERTS_NAB", help="Folder of the NAB, data/ and labels/.")
@click.option("--with", "slow", default="", help="Slow methods as well: prophet,pyod.")
@click.option("--slow-series", default=6, show_default=True, help="Series of each world that they score.")
@click.option("--ablation", is_flag=True, help="What each part of the default detector is worth, instead.")
@click.option("--design", is_flag=True, help=f"Design seeds {DESIGN_SEEDS} instead of {REPORT_SEEDS}.")
@click.option("--series", default=40, show_default=True, help="Simulated series a world.")
@click.option("--weeks", default=5, show_default=True, help="Judged weeks of simulated series.")
@click.option("--copies", default=40, show_default=True, help="Copies of the taxi series, half thinned.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write every run there.")
def main(
    taxi: Path | None,
    twitter: Path | None,
    slow: str,
    slow_series: int,
    ablation: bool,
    design: bool,
    series: int,
    weeks: int,
    copies: int,
    json_path: Path | None,
) -> None:
    """Print how many incidents each detector finds at so many false alerts per series."""
    names = [name for name in slow.split(",") if name]
    for name in names:
        if name not in SLOW:
            raise click.BadParameter(f"{name!r}: unknown; known: {', '.join(SLOW)}", param_hint="--with")
    seeds = DESIGN_SEEDS if design else REPORT_SEEDS
    chosen = list(suites(Sizes(series, weeks, copies), seeds, taxi=taxi, twitter=twitter))
    console = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        if ablation:
            runs = _ablation([suite for suite in chosen if suite.ablated], progress)
        else:
            runs = [one for suite in chosen for one in _comparison(suite, names, slow_series, progress)]
    if ablation:
        console.print(ablation_table(runs, whole=OURS))
    else:
        for suite in chosen:
            console.print(suite_table(suite.name, runs))
        console.print(kinds_table(runs, methods=(OURS, "oracle"), suites=("counts", "ratios", "taxi")))
        console.print(
            kinds_table(runs, methods=(OURS, "oracle"), suites=("slices, own counts", "slices, share"))
        )
    if json_path:
        record = {"seeds": "design" if design else "report", "runs": [one.record() for one in runs]}
        json_path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _comparison(suite: Suite, slow: list[str], slow_series: int, progress: Progress) -> list[Run]:
    methods = {name: method for name, method in QUICK.items() if name != "oracle" or suite.truth}
    if suite.calibrated:
        methods = {OURS: QUICK[OURS], CALIBRATED: tail_scaled, **methods}
    runs = _run(suite, methods, progress)
    if not slow:
        return runs
    few = {f"{OURS}, the same series": QUICK[OURS]}
    worlds = [world.rows(slice(slow_series)) for world in suite.worlds.values()]
    task = progress.add_task(f"{suite.name}: fits", total=len(slow) * sum(map(fits, worlds)))
    few |= {name: _told(name, lambda: progress.advance(task)) for name in slow}
    runs += _run(suite, few, progress, series=slow_series)
    progress.remove_task(task)
    return runs


def _told(name: str, advance: Callable[[], None]) -> Method:
    return lambda world: SLOW[name](world, advance=advance)


def _ablation(chosen: list[Suite], progress: Progress) -> list[Run]:
    methods = {OURS: QUICK[OURS]} | {part.name: ablated(part) for part in PARTS}
    return [one for suite in chosen for one in _run(suite, methods, progress)]


def _run(
    suite: Suite, methods: dict[str, Method], progress: Progress, *, series: int | None = None
) -> list[Run]:
    task = progress.add_task(suite.name, total=len(methods) * len(suite.seeds))
    runs = list(run(suite, methods, series=series, advance=lambda: progress.advance(task)))
    progress.remove_task(task)
    return runs
