"""What a backtest shows on a terminal: progress while it runs, and a table at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from vk_alerts.evaluation.report import wording
from vk_alerts.evaluation.report.summary import is_graded, lead, notes
from vk_alerts.evaluation.result import BacktestResult, DetectorResult
from vk_alerts.evaluation.tradeoff import within_budget


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, float], None]]:
    """A bar; the block gets a function to call with what was just done and the share of all work it was."""
    columns = (
        TextColumn("{task.description:<26}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, redirect_stdout=console.is_terminal) as progress:
        task = progress.add_task("read snapshots", total=1.0)
        yield lambda step, share: progress.update(task, description=step, advance=share)
        progress.update(task, description="done", completed=1.0)


def show_result(console: Console, result: BacktestResult) -> None:
    """The table of detectors, and in words what the one in use would have done."""
    period, zone = result.period, result.zone
    console.print(
        f"{wording.moment(period.start, zone)} to {wording.moment(period.end, zone)} ({zone}), "
        f"{wording.count(result.series, 'series', 'series')}",
        highlight=False,
    )
    console.print(_table(result))
    for text in (lead(result), *notes(result)):
        console.print(text, highlight=False)
    console.print(
        f"The last column: the thresholds in force, multiplied until there are at most {result.budget:g} "
        f"{'false alerts' if is_graded(result) else 'alerts'} a week.",
        highlight=False,
    )


def _table(result: BacktestResult) -> Table:
    graded = is_graded(result)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("detector", no_wrap=True)
    names = ["a week", *(["false", "found", "precision", "delay"] if graded else [])]
    for name in (*names, f"at most {result.budget:g}{' false' if graded else ''}"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in result.detectors:
        table.add_row(*_row(result, one, graded=graded))
    return table


def _row(result: BacktestResult, one: DetectorResult, *, graded: bool) -> list[str]:
    cells = [one.name, wording.rate(one.alerts_per_week)]
    if graded and one.grade is not None:
        cells += [
            wording.rate(one.false_per_week),
            f"{one.grade.found} of {len(one.grade.labels)}" if one.grade.labels else wording.UNKNOWN,
            wording.share(one.grade.precision),
            wording.minutes(one.grade.median_delay),
        ]
    setting = within_budget(one.settings, result.budget)
    if setting is None:
        return [*cells, wording.UNKNOWN]
    fitting = wording.times(setting.factor)
    if graded and setting.grade is not None:
        fitting += f": {setting.grade.found} of {len(setting.grade.labels)}"
    return [*cells, fitting]
