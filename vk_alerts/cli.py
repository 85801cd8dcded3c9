"""The console script ``vk-alerts``."""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click
from rich.console import Console
from rich.progress import Progress

from vk_alerts.errors import ConfigurationError, VkAlertsError

_BAD_USE, _FAILED, _INTERRUPTED = 2, 1, 130
_PROGRESS = Console(stderr=True)
P = ParamSpec("P")


def _interrupt(_number: int, _frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does, so that it ends what it started."""
    raise KeyboardInterrupt


def plain_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Our errors end the command with one line on standard error: status 2 for bad input, 1 otherwise."""

    @wraps(command)
    def _wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("vk-alerts: interrupted", err=True)
            sys.exit(_INTERRUPTED)
        except VkAlertsError as error:
            click.echo(f"vk-alerts: {error}", err=True)
            sys.exit(_BAD_USE if isinstance(error, ConfigurationError) else _FAILED)

    return _wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vk-alerts")
def main() -> None:
    """Watches an app's key metrics in ClickHouse and alerts in Telegram."""


@main.command()
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
        _require_writable("--json", json_file.absolute(), home)

    from vk_alerts.demo.player import play, prepare
    from vk_alerts.demo.show import Stage, show_beginning, show_end

    prepare(options)
    scenario = scenario_for(options, datetime.now(UTC))
    show_beginning(_PROGRESS, options, scenario)
    outcome = play(options, scenario, Stage(_PROGRESS))
    show_end(Console(), options, outcome)
    if json_file is not None:
        _write("--json", json_file, _as_json(outcome.as_json()))
    if not outcome.is_good:
        sys.exit(_FAILED)


@main.command()
@click.option(
    "--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Of the Dagster UI."
)
@click.option("--simulate", is_flag=True, help="Keep writing simulated events, with an occasional incident.")
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated events.")
@plain_errors
def up(port: int, simulate: bool, seed: int) -> None:
    """Runs everything: the engine, Dagster's webserver and daemon, schedule and sensor.

    Where things lie and whom to tell is said by the VK_ALERTS_… environment variables. Ctrl-C ends every
    process that was started.
    """
    from vk_alerts.services import UpOptions, run_up
    from vk_alerts.settings import read_settings

    options = UpOptions(port=port, simulate=simulate, seed=seed)
    run_up(read_settings(), options, say=lambda text: click.echo(text))


@main.command()
@click.option("--days", default=42, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@plain_errors
def backfill(days: int) -> None:
    """Takes and scores the snapshots of the past, silently.

    A new installation needs two weeks of them before it can judge, and judges best from six weeks on.
    """
    from vk_alerts import pipeline
    from vk_alerts.clickhouse.repository import Origin, Provenance
    from vk_alerts.settings import read_settings
    from vk_alerts.windows import last_closed, window_end

    now = datetime.now(UTC)
    end = window_end(last_closed(now))
    stores = pipeline.open_stores(read_settings())
    with Progress(console=_PROGRESS) as progress:
        task = progress.add_task(f"{days} days", total=days * (len(stores.catalog.sources) + 1))
        windows = pipeline.backfill(
            stores,
            end - timedelta(days=days),
            end,
            by=Provenance(origin=Origin.BACKFILL, run_id="vk-alerts backfill", now=now),
            on_progress=lambda step, done: progress.update(
                task, advance=done / timedelta(days=1), description=step
            ),
        )
    click.echo(f"{windows} windows have snapshots and scores.")


@main.command()
@click.option(
    "--days", default=28, show_default=True, type=click.IntRange(1, 400), help="How far back, at most."
)
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option(
    "--detector", "detectors", multiple=True, metavar="NAME", help="Only this one; may be repeated."
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file of what really happened: start,end[,metric,slice].  [default: what the simulator planted]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("backtest.html"),
    show_default=True,
    help="Where the report goes: one file that opens in any browser, without a network.",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures here too."
)
@plain_errors
def backtest(
    days: int,
    metrics: tuple[str, ...],
    detectors: tuple[str, ...],
    labels: Path | None,
    out: Path,
    json_file: Path | None,
) -> None:
    """Compares the detectors on the snapshots that there are.

    Each of the newest windows is judged as if it had just closed, under the rules that send real alerts, and
    the report tells what each detector would have sent. Nothing is sent, and nothing but the report is
    written. Times in --labels are those of VK_ALERTS_TIMEZONE where they name no zone.

    To try it on what 'vk-alerts demo' left: VK_ALERTS_HOME=.vk_alerts_demo vk-alerts backtest
    """
    from vk_alerts import evaluation, pipeline
    from vk_alerts.settings import read_settings

    for option, path in (("--out", out), ("--json", json_file)):
        if path is not None:
            _require_writable(option, path.absolute())
    options = evaluation.BacktestOptions(days=days, metrics=metrics, detectors=detectors, labels=labels)
    stores = pipeline.open_stores(read_settings())
    plan = evaluation.plan_backtest(stores, options, now=datetime.now(UTC))
    with evaluation.progress_bar(_PROGRESS) as on_progress:
        result = evaluation.backtest(stores, plan, on_progress=on_progress)
    _write("--out", out, evaluation.render(result))
    if json_file is not None:
        _write("--json", json_file, _as_json(result.as_json()))
    evaluation.show_result(Console(), result)
    click.echo(f"Report: {out}")


@main.group()
def clickhouse() -> None:
    """The embedded ClickHouse of VK_ALERTS_HOME, for curl or a BI tool."""


@clickhouse.command("start")
@plain_errors
def clickhouse_start() -> None:
    """Starts it, if need be, and says where it is."""
    from vk_alerts.clickhouse.embedded import ensure_running
    from vk_alerts.settings import read_settings

    home = read_settings().home
    target = ensure_running(home)
    click.echo(f"ClickHouse of {home}: {target.address}, database {target.database}, user {target.user}")
    click.echo("'vk-alerts clickhouse url' prints the password, too. Without requests it ends by itself.")


@clickhouse.command("url")
@plain_errors
def clickhouse_url() -> None:
    """Prints http://user:password@host:port/database; starts it, if need be.

    The password is a new one at each start.
    """
    from vk_alerts.clickhouse.embedded import ensure_running
    from vk_alerts.settings import read_settings

    click.echo(ensure_running(read_settings().home).url_with_password())


@clickhouse.command("stop")
@plain_errors
def clickhouse_stop() -> None:
    """Ends it, once its running queries have ended."""
    from vk_alerts.clickhouse.embedded import stop
    from vk_alerts.settings import read_settings

    home = read_settings().home
    click.echo(f"ClickHouse of {home} {'has ended' if stop(home) else 'was not running'}.")


def _require_writable(option: str, path: Path, home: Path | None = None) -> None:
    """Raises ConfigurationError, before the long run, when its end could not be written."""
    folder = path.parent
    if folder != home and not folder.is_dir():
        raise ConfigurationError(f"{option} {path}: the folder {folder} does not exist")
    existing = path if path.exists() else folder
    if existing.exists() and not os.access(existing, os.W_OK):
        raise ConfigurationError(f"{option} {path}: cannot be written: no permission")


def _as_json(content: dict[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _write(option: str, path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{option} {path}: cannot be written: {error.strerror}") from error
