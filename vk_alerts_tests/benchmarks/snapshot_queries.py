"""How long snapshots take to compute, by the product's query and by the other forms it could have.

``python -m vk_alerts_tests.benchmarks.snapshot_queries [--json FILE]``, a command of its own, no test. A
month of events is made by the server itself. Forms take turns, and the shortest of several runs counts: the
others waited for something else.
"""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts_tests.benchmarks.engines import benchmark_database
from vk_alerts_tests.benchmarks.snapshot_comparison import (
    BY_DAY,
    CLASSIC,
    REST,
    WINDOW,
    Comparison,
    Figure,
)
from vk_alerts_tests.benchmarks.snapshot_events import events_table, write_month
from vk_alerts_tests.benchmarks.snapshot_forms import KNOWN_FORMS, PRODUCT

_MILLION = 1_000_000
_TIMEOUT_SECONDS = 3600
# Measured minutes apart, on a machine that does other things too; growing with the events would be 10.
_UNCHANGED = 1.5
_KNOWN = [form.name for form in KNOWN_FORMS]


@dataclass(frozen=True, slots=True)
class Bound:
    """What is owed, and what was found.

    Attributes:
        what: the two times that are compared.
        ratio: of the first to the second.
        owed: the largest allowed.
    """

    what: str
    ratio: float
    owed: float

    @property
    def is_kept(self) -> bool:
        """Whether the ratio is small enough."""
        return self.ratio <= self.owed

    @property
    def line(self) -> str:
        """For people."""
        told = "kept" if self.is_kept else "MISSED"
        return f"{told:<6} {self.what}: {self.ratio:.2f}, owed at most {self.owed:g}"


def bounds(figures: list[Figure]) -> list[Bound]:
    """What is owed of the product's query in many slices, by the engine's own time; and of the rest."""
    sliced = [figure for figure in figures if figure.slices > 1 and not figure.is_read]
    seconds = {
        (figure.events_per_day, figure.span, figure.form): figure.seconds
        for figure in sliced
        if figure.seconds is not None
    }
    found = []
    for volume, span in dict.fromkeys((figure.events_per_day, figure.span) for figure in sliced):
        known = {form: seconds[volume, span, form] for form in _KNOWN if (volume, span, form) in seconds}
        ours = seconds.get((volume, span, PRODUCT.name))
        if ours and known:
            best = min(known, key=lambda form: known[form])
            what = f"{volume:,} events a day, {span}: product / fastest known form ({best})"
            found.append(Bound(what, ours / known[best], 1.2 if span == WINDOW else 1.3))
    windows = {
        volume: s for (volume, span, form), s in seconds.items() if (span, form) == (WINDOW, PRODUCT.name)
    }
    if _MILLION in windows and (classic := seconds.get((_MILLION, WINDOW, CLASSIC))):
        found.append(
            Bound("1M events a day, window: product / classic query", windows[_MILLION] / classic, 0.5)
        )
    for volume in windows:
        if 10 * volume in windows:
            what = f"window, product: {10 * volume:,} / {volume:,} events a day"
            found.append(Bound(what, windows[10 * volume] / windows[volume], 10.0))
    rest = {
        figure.events_per_day: figure.seconds
        for figure in figures
        if figure.form == REST and figure.slices > 1 and figure.seconds
    }
    for volume in rest:
        if 10 * volume in rest:
            what = f"{REST}: {10 * volume:,} / {volume:,} events a day"
            found.append(Bound(what, rest[10 * volume] / rest[volume], _UNCHANGED))
    return found


def summary(figures: list[Figure]) -> list[str]:
    """A line per volume, span and number of slices, to be quoted."""
    lines: dict[tuple[int, int, str], list[str]] = {}
    for figure in figures:
        if not figure.is_read:
            told = "too large" if figure.seconds is None else _duration(figure.seconds)
            lines.setdefault((figure.events_per_day, figure.slices, figure.span), []).append(
                f"{figure.form} {told}"
            )
    return [
        f"{volume:,} events a day, {slices} slice{'s' * (slices > 1)}, {span}: {', '.join(told)}"
        for (volume, slices, span), told in lines.items()
    ]


def table_of(figures: list[Figure]) -> Table:
    """All figures, each beside the product's."""
    ours = {_place(figure): figure.seconds for figure in figures if figure.form == PRODUCT.name}
    table = Table()
    for name in ("events a day", "slices", "span", "form", "shortest", "median", "/ product", "M events/s"):
        table.add_column(name, justify="left" if name in {"span", "form"} else "right")
    for figure in figures:
        mine = ours[_place(figure)]
        ratio = figure.seconds and mine and f"{figure.seconds / mine:.2f}"
        is_classic = figure.form in {CLASSIC, REST}
        table.add_row(
            f"{figure.events_per_day:,}",
            f"{figure.slices}" if not is_classic else "",
            f"{figure.span}{', read' if figure.is_read else ''}",
            figure.form,
            "too large" if figure.seconds is None else _duration(figure.seconds),
            "" if figure.median_seconds is None else _duration(figure.median_seconds),
            ratio or "",
            "" if figure.seconds is None or is_classic else f"{figure.events / figure.seconds / 1e6:.1f}",
            end_section=figure.form in {CLASSIC, BY_DAY, REST},
        )
    return table


def _place(figure: Figure) -> tuple[int, int, str, bool]:
    return figure.events_per_day, figure.slices, figure.span, figure.is_read


def _duration(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


@click.command()
@click.option(
    "--events-per-day",
    "volumes",
    type=int,
    multiple=True,
    default=(_MILLION, 10 * _MILLION),
    show_default=True,
)
@click.option("--days", default=30, show_default=True, type=click.IntRange(min=2))
@click.option("--rounds", default=9, show_default=True, help="Runs of each form on a window.")
@click.option("--range-rounds", default=2, show_default=True, help="Runs of each form on all days.")
@click.option("--memory-gb", default=8.0, show_default=True, help="The most that one query may take.")
@click.option("--engine", type=click.Choice(["embedded", "server"]), default="embedded", show_default=True)
@click.option("--url", help="Another server, http[s]://user:password@host:port, to make a database in.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where tables lie meanwhile.",
)
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write a file too."
)
def main(
    volumes: tuple[int, ...],
    days: int,
    rounds: int,
    range_rounds: int,
    memory_gb: float,
    engine: str,
    url: str | None,
    folder: Path | None,
    json_path: Path | None,
) -> None:
    """Print a table, what is owed, and lines to quote; exit with 1 when something owed is missed."""
    figures: list[Figure] = []
    written: dict[str, float] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        benchmark_database(engine, url=url, folder=folder) as target,
        Progress(*columns, console=Console(stderr=True)) as progress,
    ):
        clickhouse = ClickHouse(target, read_timeout_seconds=_TIMEOUT_SECONDS)
        for volume in volumes:
            task = progress.add_task(f"{volume:,} a day: writing {days} days", total=days)
            began = time.perf_counter()
            rows = write_month(clickhouse, volume, days=days, on_day=lambda task=task: progress.advance(task))
            written[f"{volume}"] = rows / (time.perf_counter() - began)
            comparison = Comparison(
                clickhouse, volume, days=days, memory_bytes=round(memory_gb * 1e9), progress=progress
            )
            for is_sliced in (False, True):
                figures += comparison.figures(is_sliced=is_sliced, rounds=rounds, range_rounds=range_rounds)
            clickhouse.execute(f"DROP TABLE {events_table(volume)}")
    owed = bounds(figures)
    console = Console(width=max(Console().width, 130))
    console.print(table_of(figures))
    for line in (*(bound.line for bound in owed), *summary(figures)):
        console.print(line, highlight=False)
    if json_path:
        told = {
            "engine": "by URL" if url else engine,
            "days": days,
            "events_written_per_second": written,
            "figures": [asdict(figure) for figure in figures],
            "owed": [asdict(bound) | {"is_kept": bound.is_kept} for bound in owed],
            "summary": summary(figures),
        }
        json_path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    if not all(bound.is_kept for bound in owed):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
