"""``vk-alerts up``: runs everything."""

import click

from vk_alerts.cli.ending import plain_errors


@click.command()
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

    Example: vk-alerts up --simulate
    """
    from vk_alerts.services import UpOptions, run_up
    from vk_alerts.settings import read_settings

    options = UpOptions(port=port, simulate=simulate, seed=seed)
    run_up(read_settings(), options, say=lambda text: click.echo(text))
