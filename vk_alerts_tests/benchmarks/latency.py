"""From a window's being due to its alert at the Bot API, under `vk-alerts up` as users start it.

A command of its own, no test: ``python -m vk_alerts_tests.benchmarks.latency --folder /tmp/latency --json
latency.json``. Everything is real but the Bot API, a double on loopback, and the clock of the product, which
is moved to half a minute before each window is due and then left alone: the schedule's tick, the queue, both
runs, the sensor, the charts and the delivery take the time that they take. A window with a planted fall in
another series each hour; those between let the incident end.
"""

import json
import os
import statistics
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

from vk_alerts.simulator import Incident
from vk_alerts.windows import STEP, window_key
from vk_alerts_tests.benchmarks.moved_day import MovedDay, due, moved_day, wait

_FALLS = (
    ("messenger", None, (), "messages", "all"),
    ("feed", "like", (), "likes", "all"),
    ("messenger", None, (("os", "Android"),), "messages", "os=Android"),
    ("feed", None, (), "views", "all"),
)
_REMAINS = 0.15
# The check of health, missed while the clock was moved, has ended by then.
_LEAD = timedelta(seconds=30)
_QUIET_WINDOWS = 3
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        window: its key.
        seconds: from when the window was due to the alert's acceptance; None = none came.
        load: of the machine when it was due.
    """

    window: str
    seconds: float | None
    load: float


def measure(day: MovedDay, number: int) -> Alert:
    """Lives through the next window, in which a series falls, and the quiet ones after it."""
    window = day.written_to
    source, action, where, metric, slice_key = _FALLS[number % len(_FALLS)]
    fall = Incident(source, action, where, _REMAINS, window, window + STEP, metric, slice_key)
    day.write_to(window + STEP, fall)
    day.clock.set(due(window) - _LEAD)
    day.clock.wait_until(due(window))
    before, load = len(day.telegram.accepted), os.getloadavg()[0]
    came = wait(lambda: len(day.telegram.accepted) > before, seconds=_PATIENCE_SECONDS)
    seconds = (day.clock.now() - due(window)).total_seconds() if came else None
    day.wait_for_quiet(seconds=_PATIENCE_SECONDS)
    after = window + STEP
    day.write_to(after + _QUIET_WINDOWS * STEP)
    day.clock.set(due(day.written_to - STEP) - timedelta(seconds=2))
    quiet = [after + place * STEP for place in range(_QUIET_WINDOWS)]
    day.wait_for(quiet, seconds=2 * _PATIENCE_SECONDS)
    day.wait_for_quiet(seconds=_PATIENCE_SECONDS)
    return Alert(window_key(window), None if seconds is None else round(seconds, 2), round(load, 1))


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="New; everything lies there.")
@click.option("--alerts", default=20, show_default=True)
@click.option("--wide/--packaged", default=True, show_default=True, help="About 950 series, or 140.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where the figures go, too.")
def main(folder: Path, alerts: int, wide: bool, path: Path | None) -> None:
    """Measures and prints the figures, alert by alert."""
    found: list[Alert] = []
    with moved_day(folder, wide=wide) as day:
        for number in range(alerts):
            found.append(measure(day, number))
            click.echo(f"{found[-1].window}: {found[-1].seconds} s (load {found[-1].load})")
    told = [alert.seconds for alert in found if alert.seconds is not None]
    figures = {
        "alerts": len(told),
        "missing": len(found) - len(told),
        "median seconds": round(statistics.median(told), 2) if told else None,
        "worst seconds": max(told, default=None),
        "median load": statistics.median(alert.load for alert in found),
    }
    click.echo(json.dumps(figures))
    if path is not None:
        path.write_text(json.dumps(figures, indent=2), "utf-8")


if __name__ == "__main__":
    main()
