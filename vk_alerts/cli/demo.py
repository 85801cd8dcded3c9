"""``vk-alerts demo``: plays the product on simulated events."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from vk_alerts.cli.ending import FAILED, PROGRESS, plain_errors
from vk_alerts.cli.files import as_json, require_writable, write


@click.command()
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated events.")
@click.option("--days", default=42, show_default=True, help="Days of events, 16 to 84.")
@click.option(
    "--events-per-day", default=100_000, show_default=True, help="Feed events a day; messages are 0.3 of it."
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".vk_alerts_demo"),
    show_default=True,
    help="Folder of the engine, the state and Dagster; made anew by each demo.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of charts and messages.  [default: alerts under --home]",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the end here too."
)
@plain_errors
def demo(
    seed: int, days: int, events_per_day: int, home: Path, out: Path | None, json_file: Path | None
) -> None:
    """Plays the product on simulated events, without any server or token.

    Events of some weeks are simulated, incidents planted in the last hours, and the last windows played
    through the job, the sensor and the alerts that production uses. Ends with status 0 when every planted
    incident and its recovery were told and at most one alert was false, else 1.
    """
    from vk_alerts.demo.options import DemoOptions, scenario_for

    home = home.absolute()
    options = DemoOptions(
        seed=seed,
        days=days,
        events_per_day=events_per_day,
        home=home,
        out=(out or home / "alerts").absolute(),
    )
    if json_file is not None:
        require_writable("--json", json_file.absolute(), home)

    from vk_alerts.demo.player import play, prepare
    from vk_alerts.demo.show import Stage, show_beginning, show_end

    prepare(options)
    scenario = scenario_for(options, datetime.now(UTC))
    show_beginning(PROGRESS, options, scenario)
    outcome = play(options, scenario, Stage(PROGRESS))
    show_end(Console(), options, outcome)
    if json_file is not None:
        write("--json", json_file, as_json(outcome.as_json()))
    if not outcome.is_good:
        sys.exit(FAILED)
