"""A demo that speaks to Telegram's double: what would have been sent is shown, request by request."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.table import Table

from vk_alerts.delivery.double import TOKEN, BotApi, Call, bot_api
from vk_alerts.settings import TOKEN_VARIABLE

_SHOWN_TEXT = 60
_CHAT = "-1001"


@contextmanager
def instead_of_telegram() -> Iterator[BotApi]:
    """A Bot API server on loopback that the environment names, with its own token and chat, for the block."""
    with bot_api() as api:
        ours = {
            TOKEN_VARIABLE: TOKEN,
            "VK_ALERTS_TELEGRAM_CHAT": _CHAT,
            "VK_ALERTS_TELEGRAM_API": api.root,
        }
        before = dict(os.environ)
        os.environ.update(ours)
        try:
            yield api
        finally:
            os.environ.clear()
            os.environ.update(before)


def show_requests(console: Console, api: BotApi) -> None:
    """Every request the bot made and its answer, and what the chat shows in the end."""
    table = Table(title="Requests to the Bot API", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("#", justify="right")
    for column in ("method", "chat"):
        table.add_column(column, no_wrap=True)
    table.add_column("kB", justify="right")
    table.add_column("answer", max_width=40)
    table.add_column("text", no_wrap=True, overflow="ellipsis")
    for number, call in enumerate(api.log, 1):
        table.add_row(
            str(number), call.method, call.chat, f"{call.body_bytes / 1000:.1f}", _answer(call), _text(call)
        )
    console.print(table)
    photos = sum(message.photo is not None for message in api.accepted)
    edits = sum(message.edits for message in api.accepted)
    replies = sum(message.reply_to is not None for message in api.accepted)
    console.print(
        f"In the chat: {len(api.accepted)} messages; with a chart {photos}, replies {replies}, "
        f"edits {edits}.",
        highlight=False,
    )


def _answer(call: Call) -> str:
    if not call.said:
        return str(call.status)
    return f"{call.status} {call.said}" if call.status else call.said


def _text(call: Call) -> str:
    first = call.text.strip().split("\n", 1)[0]
    return first if len(first) <= _SHOWN_TEXT else first[: _SHOWN_TEXT - 1] + "…"
