"""``vk-alerts bot``: answers what people press and ask in Telegram."""

import asyncio
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from vk_alerts.cli.ending import plain_errors
from vk_alerts.errors import ConfigurationError

if TYPE_CHECKING:
    from vk_alerts.bot import Desk


@click.command()
@plain_errors
def bot() -> None:
    """Answers the buttons below alerts and the commands /status, /incidents, /mute, /why and /chart.

    VK_ALERTS_TELEGRAM_USERS names who may: ids and @names, parted by commas. Alerts come without this
    process, too; several of them take turns. SIGTERM or Ctrl-C ends it once it has acted on what it reads.

    Example: VK_ALERTS_TELEGRAM_USERS=@ann_on_duty vk-alerts bot
    """
    from vk_alerts.bot import open_desk
    from vk_alerts.settings import TOKEN_VARIABLE, read_settings

    settings = read_settings()
    if not settings.telegram_is_set:
        raise ConfigurationError(f"{TOKEN_VARIABLE} is not set; 'vk-alerts telegram setup' tells how")
    if not settings.telegram_users:
        raise ConfigurationError(
            "VK_ALERTS_TELEGRAM_USERS is not set: nobody may press a button; name ids or @names, such as "
            "123456789,@ann_on_duty"
        )
    desk = open_desk(settings)
    try:
        asyncio.run(_attend(desk))
    finally:
        desk.engine.dispose()
    click.echo("The bot has ended.")


async def _attend(desk: "Desk") -> None:
    from vk_alerts.bot import attend

    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await attend(desk, stopping=stopping, clock=lambda: datetime.now(UTC), say=click.echo)
