"""``vk-alerts telegram``: from a bot's token to the first alert, and what waits to be sent."""

import os
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vk_alerts.cli.ending import plain_errors
from vk_alerts.errors import ConfigurationError

_CHAT = "VK_ALERTS_TELEGRAM_CHAT"
_CHART_NAME = "vk_alerts_test.png"
_dry_run = click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")


@click.group()
def telegram() -> None:
    """Telegram: from a bot's token to the first alert."""


@telegram.command()
@click.option("--chat", metavar="ID", help="The chat to alert in, instead of choosing one from a list.")
@click.option("--remove-webhook", is_flag=True, help="Take the bot away from the program behind its webhook.")
@_dry_run
@plain_errors
def setup(chat: str | None, remove_webhook: bool, dry_run: bool) -> None:
    """Finds the chat to alert in, sends a test alert there, and prints the settings.

    Put the token that @BotFather gave you into VK_ALERTS_TELEGRAM_TOKEN first, then write to the bot or add
    it to a group.

    Example: vk-alerts telegram setup --chat -1001234567890
    """
    from vk_alerts.delivery.acquaintance import known_chats
    from vk_alerts.delivery.introduction import introduce
    from vk_alerts.settings import TOKEN_VARIABLE, read_settings

    # The chat is what is looked for: it must not be missed yet.
    settings = read_settings({name: text for name, text in os.environ.items() if name != TOKEN_VARIABLE})
    api = settings.telegram_api
    bot = introduce(TOKEN_VARIABLE, (), api_root=api).bot
    click.echo(f"The token is good: the bot is {bot}.")
    if chat is None:
        found = known_chats(TOKEN_VARIABLE, api_root=api, drops_webhook=remove_webhook)
        chat = _chosen([(one.id, f"{one.title} ({one.kind})") for one in found], bot)
    (title,) = introduce(TOKEN_VARIABLE, (chat,), api_root=api).chats
    click.echo(f"{bot} may write to {title}.")
    chat = _test_alert(chat, dry_run=dry_run)
    click.echo("\nKeep these settings where the product runs:")
    click.echo(f"export {TOKEN_VARIABLE}=…   # the token from @BotFather; it is not shown here")
    click.echo(f"export {_CHAT}={shlex.quote(chat)}")


@telegram.command()
@click.option("--chat", metavar="ID", help=f"Another chat than that of {_CHAT}.")
@_dry_run
@plain_errors
def test(chat: str | None, dry_run: bool) -> None:
    """Sends a test alert with a chart; its numbers are invented, and it says so.

    Example: vk-alerts telegram test --dry-run
    """
    from vk_alerts.settings import TOKEN_VARIABLE, read_settings

    settings = read_settings(dict(os.environ) | ({_CHAT: chat} if chat else {}))
    if not settings.telegram_is_set and not dry_run:
        raise ConfigurationError(f"{TOKEN_VARIABLE} is not set; 'vk-alerts telegram setup' tells how")
    _test_alert(settings.telegram_chat or "(no chat)", dry_run=dry_run)


@telegram.command()
@plain_errors
def preview() -> None:
    """Prints the messages that wait to be sent, and sends nothing.

    Example: vk-alerts telegram preview
    """
    from vk_alerts.pipeline.delivering import open_post
    from vk_alerts.pipeline.delivering import preview as preview_of
    from vk_alerts.settings import read_settings

    waiting = preview_of(open_post(read_settings()))
    for one in waiting:
        state = "being sent" if one.is_held else f"from {one.due_at:%Y-%m-%d %H:%M:%S} UTC on"
        topic = "" if one.row.topic is None else f", topic {one.row.topic}"
        click.echo(f"→ {one.row.chat}{topic} · {one.row.kind.value} · {state} · tried {one.row.attempts}×")
        click.echo((one.text or "(edits a message that is not there: would be left out)") + "\n")
    click.echo(f"{len(waiting)} messages wait." if waiting else "Nothing waits to be sent.")


def _chosen(chats: list[tuple[str, str]], bot: str) -> str:
    """The chat that is picked from a list."""
    if not chats:
        raise ConfigurationError(
            f"no chat has written to {bot} in the last day; write to it, or add it to the group and write "
            f"/start@{bot.removeprefix('@')} there, then run this again; or name the chat with --chat"
        )
    table = Table(box=None, show_header=False, padding=(0, 2))
    for number, (name, title) in enumerate(chats, start=1):
        table.add_row(str(number), escape(title), name)
    Console().print(table)
    if not sys.stdin.isatty() and len(chats) > 1:
        raise ConfigurationError(f"{len(chats)} chats have written to {bot}; name one with --chat")
    if len(chats) == 1:
        return chats[0][0]
    number = click.prompt(
        "Which one shall get the alerts?", type=click.IntRange(1, len(chats)), default=len(chats)
    )
    return chats[number - 1][0]


def _test_alert(chat: str, *, dry_run: bool) -> str:
    """Sends it; returns the chat's id as it is now."""
    from vk_alerts.alerting.markup import plain
    from vk_alerts.delivery.telegram import TelegramNotifier
    from vk_alerts.metrics.loader import load_catalog
    from vk_alerts.pipeline.sample import sample_alert
    from vk_alerts.settings import TOKEN_VARIABLE, read_settings

    settings = read_settings({name: text for name, text in os.environ.items() if name != TOKEN_VARIABLE})
    alert = sample_alert(settings, load_catalog(settings.catalog), chat=chat, now=datetime.now(UTC))
    if dry_run:
        path = Path(_CHART_NAME).absolute()
        try:
            path.write_bytes(alert.photo or b"")
        except OSError as error:
            raise ConfigurationError(
                f"{path}: cannot be written ({error.strerror}); run it elsewhere"
            ) from None
        click.echo(f"→ {chat}, not sent; the chart is in {path}\n{plain(alert.caption)}")
        return chat
    receipt = TelegramNotifier(api_root=settings.telegram_api).send(alert)
    note = f" ({receipt.note})" if receipt.note else ""
    now = receipt.migrated_to or chat
    click.echo(f"A test alert with a chart is in chat {now}{note}.")
    return now
