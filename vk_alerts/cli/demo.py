"""``vk-alerts demo``: plays the product on simulated events."""

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from vk_alerts.cli.ending import FAILED, PROGRESS, plain_errors
from vk_alerts.cli.files import as_json, require_writable, write


@click.command()
@click.option("--scenario", default="default", show_default=True, metavar="NAME", help="What is played.")
@click.option("--list-scenarios", is_flag=True, help="Tell what each scenario shows, and end.")
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
    "--telegram-double", is_flag=True, help="Send to a Bot API server on this machine, and show the requests."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the end here too."
)
@plain_errors
def demo(
    scenario: str,
    list_scenarios: bool,
    seed: int,
    days: int,
    events_per_day: int,
    home: Path,
    out: Path | None,
    telegram_double: bool,
    json_file: Path | None,
) -> None:
    """Plays the product on simulated events, without any server or token.

    Events of some weeks are simulated, incidents planted in the last hours, and the last windows played
    through the job, the sensor and the alerts that production uses. Ends with status 0 when all that the
    scenario is expected to lead to holds and at most one alert was false, else 1.
    """
    if list_scenarios:
        _list_scenarios()
        return
    from vk_alerts.demo.options import DemoOptions
    from vk_alerts.demo.scenarios import plot_named

    plot = plot_named(scenario)
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
    from vk_alerts.demo.scenario import lay_out
    from vk_alerts.demo.show import Stage, show_beginning, show_end
    from vk_alerts.demo.telegram_double import instead_of_telegram, show_requests

    with instead_of_telegram() if telegram_double else nullcontext() as double:
        prepare(options)
        laid_out = lay_out(scenario, plot, options, datetime.now(UTC))
        show_beginning(PROGRESS, options, laid_out)
        outcome = play(options, laid_out, Stage(PROGRESS))
    if double is not None:
        show_requests(Console(), double)
    show_end(Console(), options, outcome)
    if json_file is not None:
        write("--json", json_file, as_json(outcome.as_json()))
    if not outcome.is_good:
        sys.exit(FAILED)


def _list_scenarios() -> None:
    from vk_alerts.demo.scenarios import SCENARIOS
    from vk_alerts.demo.show import show_scenarios

    show_scenarios(Console(), SCENARIOS)
