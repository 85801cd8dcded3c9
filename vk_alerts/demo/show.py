"""What the demo shows on a terminal: progress while it plays, and a table at the end."""

import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from vk_alerts.demo.examples import Example
from vk_alerts.demo.matching import PlantedOutcome
from vk_alerts.demo.options import ZONE, DemoOptions
from vk_alerts.demo.outcome import DemoOutcome
from vk_alerts.demo.scenario import Plot, Scenario
from vk_alerts.simulator import Incident
from vk_alerts.simulator.worlds import SOCIAL

_TITLES = {
    "engine": "start the embedded ClickHouse",
    "events": "simulate events",
    "history": "backfill snapshots and scores",
    "backfill": "backfill the last day in Dagster",
    "live": "play the last windows",
}


class Stage:
    """Times the stages of a demo, and shows how far each has come.

    Args:
        console: where progress is shown.

    Attributes:
        seconds: how long each stage took.
    """

    def __init__(self, console: Console) -> None:
        self.seconds: dict[str, float] = {}
        self._console = console

    @contextmanager
    def __call__(self, name: str, *, total: float) -> Iterator[Callable[[float], None]]:
        """One stage; the block gets a function to call with the work just done, out of ``total``."""
        began = time.perf_counter()
        columns = (
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, redirect_stdout=self._console.is_terminal) as progress:
            task = progress.add_task(_TITLES[name], total=total)
            yield lambda done: progress.advance(task, done)
            progress.update(task, completed=total)
        self.seconds[name] = round(time.perf_counter() - began, 2)


def show_beginning(console: Console, options: DemoOptions, scenario: Scenario) -> None:
    """What is going to be played."""
    zone = ZoneInfo(ZONE)
    console.print(f"Scenario {scenario.name}: {scenario.plot.shows}.", highlight=False)
    planted = len(scenario.planted)
    console.print(
        f"{options.days} days of simulated events (seed {options.seed}) up to "
        f"{scenario.end.astimezone(zone):%A %d %B %Y, %H:%M} Moscow time; "
        f"{planted} incident{'s' * (planted != 1)} planted in the last hours.",
        highlight=False,
    )


def show_end(console: Console, options: DemoOptions, outcome: DemoOutcome) -> None:
    """The table of what was planted and what was told, and the time it took."""
    table = Table(title="Planted incidents", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("incident", "window (Moscow)", "told", "delay", "messages", "recovery"):
        table.add_column(column)
    for planted in outcome.planted:
        table.add_row(*_row(planted))
    console.print(table)
    _show_findings(console, outcome)
    false = len(outcome.false_alerts)
    console.print(f"Messages sent: {len(outcome.messages)}. False alerts: {false}.", highlight=False)
    for message in outcome.false_alerts:
        console.print(f"  false: {message.metric} · {message.slice_key} at {message.window:%d.%m %H:%M} UTC")
    seconds = ", ".join(f"{name} {spent:.1f}" for name, spent in outcome.seconds.items())
    console.print(f"Seconds: {seconds}; in all {sum(outcome.seconds.values()):.1f}.", highlight=False)
    console.print(f"Charts and messages: {options.out}", highlight=False, soft_wrap=True)


def show_what_next(console: Console, options: DemoOptions, example: Example) -> None:
    """The command that judges weeks of what the demo left."""
    variables = {"VK_ALERTS_HOME": options.home}
    if example.world != SOCIAL:
        variables["VK_ALERTS_CATALOG"] = example.catalog
    words = [f"{name}={shlex.quote(str(value))}" for name, value in variables.items()]
    console.print(
        f"Go on: {' '.join(words)} vk-alerts backtest", highlight=False, soft_wrap=True, markup=False
    )


def show_scenarios(console: Console, scenarios: Mapping[str, Plot]) -> None:
    """The scenarios and what each shows."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("scenario", no_wrap=True)
    table.add_column("what it shows")
    for name, plot in scenarios.items():
        table.add_row(name, plot.shows)
    console.print(table)


def _show_findings(console: Console, outcome: DemoOutcome) -> None:
    table = Table(title="Expected", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("what", "found", "holds"):
        table.add_column(column)
    for finding in outcome.findings:
        table.add_row(finding.expected, finding.found, "yes" if finding.holds else "NO")
    console.print(table)


def _change(incident: Incident) -> str:
    if incident.factor == 0:
        return "stops"
    change = f"{(incident.factor - 1) * 100:+.0f} %".replace("-", "−")
    if incident.is_late:
        return f"{change}, the rest {incident.late.total_seconds() / 60:.0f} min late"
    return f"slowly {change}" if incident.factors else change


def _row(planted: PlantedOutcome) -> tuple[str, ...]:
    incident = planted.incident
    zone = ZoneInfo(ZONE)
    begin, end = incident.start.astimezone(zone), incident.end.astimezone(zone)
    change = _change(incident)
    delay = planted.delay_windows
    return (
        f"{incident.metric} · {incident.slice_key} {change}",
        f"{begin:%d.%m %H:%M}–{end:%H:%M}",
        "yes" if planted.is_detected else "as flapping" if planted.is_spared else "MISSED",
        "–"
        if delay is None
        else "at its first window"
        if delay == 0
        else f"{delay} window{'s' * (delay > 1)}",
        str(len(planted.messages)),
        "told" if planted.recovery_told else "–" if planted.is_spared else "NOT TOLD",
    )
