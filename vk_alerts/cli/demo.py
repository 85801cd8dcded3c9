"""``vk-alerts demo``: plays the product on simulated events."""

import shutil
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from vk_alerts.cli.ending import FAILED, PROGRESS, plain_errors
from vk_alerts.cli.files import as_json, require_writable, write
from vk_alerts.errors import ConfigurationError

if TYPE_CHECKING:
    from vk_alerts.demo.examples import Example


@click.command()
@click.option(
    "--example",
    default="social",
    show_default=True,
    metavar="social|shop|api",
    help="The world it is played in, with a catalog of its own.",
)
@click.option("--scenario", default="default", show_default=True, metavar="NAME", help="What is played.")
@click.option("--list-scenarios", is_flag=True, help="Tell what each scenario shows, and end.")
@click.option(
    "--catalog-out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Copy the example's catalog into this new folder, as a start for your own, and end.",
)
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated events.")
@click.option("--days", default=42, show_default=True, help="Days of events, 16 to 84.")
@click.option(
    "--events-per-day",
    default=100_000,
    show_default=True,
    help="Events a day: of the feed (messages are 0.3 of it), the shop or the API.",
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
    example: str,
    scenario: str,
    list_scenarios: bool,
    catalog_out: Path | None,
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
    through the job, the sensor and the alerts that production uses: on a social app, on a shop (--example
    shop: orders, revenue, conversion) or on an API (--example api: requests, error rate, p95 of the latency).

    Ends with status 0 when all that the
    scenario is expected to lead to holds and at most one alert was false, else 1.

    Example: vk-alerts demo --seed 2 --json outcome.json
    """
    from vk_alerts.demo.examples import example_named
    from vk_alerts.demo.options import DemoOptions

    played = example_named(example)
    if list_scenarios:
        _list_scenarios(played)
        return
    if catalog_out is not None:
        _copy_catalog(played, catalog_out)
        return
    plot = played.plot(scenario)
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
    from vk_alerts.demo.show import Stage, show_beginning, show_end, show_what_next
    from vk_alerts.demo.telegram_double import instead_of_telegram, show_requests

    with instead_of_telegram() if telegram_double else nullcontext() as double:
        prepare(options)
        laid_out = lay_out(scenario, plot, options, datetime.now(UTC), world=played.world)
        show_beginning(PROGRESS, options, laid_out)
        outcome = play(options, laid_out, Stage(PROGRESS))
    if double is not None:
        show_requests(Console(), double)
    show_end(Console(), options, outcome)
    show_what_next(Console(), options, played)
    if json_file is not None:
        write("--json", json_file, as_json(outcome.as_json()))
    if not outcome.is_good:
        sys.exit(FAILED)


def _list_scenarios(example: "Example") -> None:
    from vk_alerts.demo.show import show_scenarios

    show_scenarios(Console(), example.scenarios)


def _copy_catalog(example: "Example", folder: Path) -> None:
    """Copies an example's catalog into a folder that is new or empty."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"--catalog-out {folder}: not empty; name a new folder")
    try:
        shutil.copytree(
            example.catalog, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
    except OSError as error:
        raise ConfigurationError(f"--catalog-out {folder}: cannot be written: {error.strerror}") from error
    names = ", ".join(sorted(file.name for file in folder.glob("*.yaml")))
    click.echo(f"{folder}: {names}; name your tables and columns there, then set VK_ALERTS_CATALOG={folder}")
