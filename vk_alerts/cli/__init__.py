"""The console script ``vk-alerts``: one module per command."""

import click

from vk_alerts.cli.backfill import backfill
from vk_alerts.cli.backtest import backtest
from vk_alerts.cli.bot import bot
from vk_alerts.cli.catalog import catalog
from vk_alerts.cli.check import check
from vk_alerts.cli.clickhouse import clickhouse
from vk_alerts.cli.completion import completion
from vk_alerts.cli.demo import demo
from vk_alerts.cli.deploy import deploy
from vk_alerts.cli.doctor import doctor
from vk_alerts.cli.ending import STATUSES
from vk_alerts.cli.event import event
from vk_alerts.cli.health import health
from vk_alerts.cli.incidents import incidents
from vk_alerts.cli.init import init
from vk_alerts.cli.silence import silence
from vk_alerts.cli.telegram import telegram
from vk_alerts.cli.up import up


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=STATUSES
)
@click.version_option(package_name="vk-alerts")
@click.option("--debug", is_flag=True, help="Show the traceback of an error as well as its line.")
def main(debug: bool) -> None:
    """Watches an app's key metrics in ClickHouse and alerts in Telegram.

    To look at it: vk-alerts demo. To watch tables of your own: vk-alerts init my_catalog.
    """


for _command in (demo, up, check, backfill, backtest, clickhouse, telegram, bot, doctor, health, deploy):
    main.add_command(_command)
for _command in (init, catalog, incidents, silence, event, completion):
    main.add_command(_command)
