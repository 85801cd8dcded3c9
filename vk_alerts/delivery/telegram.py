"""Delivery by a Telegram bot: one attempt per message, and an honest account of how it went."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from telegram import Bot

from vk_alerts.delivery.answers import PlainRequest
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.delivery.secret import DUMMY, SecretTransport, token_from
from vk_alerts.delivery.sending import deliver_one
from vk_alerts.errors import ConfigurationError

TOKEN_VARIABLE = "VK_ALERTS_TELEGRAM_TOKEN"  # noqa: S105 - the name of the variable
API_ROOT = "https://api.telegram.org"
DEADLINE = timedelta(seconds=90)
"""Half the outbox's lease of 180 s, so that nobody else takes up a message that is still being sent."""

_CONNECT_SECONDS = 10.0
_WRITE_SECONDS = 30.0
_READ_SECONDS = 30.0


class TelegramNotifier:
    """Sends messages with python-telegram-bot.

    The notifier holds the name of the variable with the token, not the token; bot and connections live only
    as long as a session, within one event loop.

    Args:
        token_variable: name of the environment variable with the bot's token.
        api_root: root URL of another Bot API server, without ``/bot``; None = Telegram's own.
        deadline: how long one message may take altogether.

    Raises:
        ConfigurationError: ``api_root`` is no URL.
    """

    def __init__(
        self,
        token_variable: str = TOKEN_VARIABLE,
        api_root: str | None = None,
        *,
        deadline: timedelta = DEADLINE,
    ) -> None:
        self._token_variable = token_variable
        self._api_root = _checked_root(api_root or API_ROOT)
        self._deadline = deadline

    def __repr__(self) -> str:
        return f"TelegramNotifier({self._token_variable!r}, {self._api_root!r})"

    @contextmanager
    def session(self) -> Iterator["TelegramSession"]:
        """A bot with open connections, for the time of the block; see `Notifier.session`.

        Raises:
            ConfigurationError: the variable holds no token.
        """
        token = token_from(self._token_variable)
        with asyncio.Runner() as runner:
            request = PlainRequest(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                write_timeout=_WRITE_SECONDS,
                media_write_timeout=_WRITE_SECONDS,
                httpx_kwargs={"transport": SecretTransport(token, self._api_root)},
            )
            # The library would open a second client for getUpdates; it is never asked for.
            bot = Bot(DUMMY, f"{self._api_root}/bot", request=request, get_updates_request=request)
            try:
                yield TelegramSession(runner, bot, self._token_variable, self._deadline)
            finally:
                runner.run(request.shutdown())

    def send(self, message: OutgoingMessage) -> Receipt:
        """Sends one message in a session of its own; see `Session.send`.

        Raises:
            ConfigurationError: the variable holds no token.
        """
        with self.session() as session:
            return session.send(message)


class TelegramSession:
    """A bot whose connections are open; `TelegramNotifier.session` makes it."""

    def __init__(self, runner: asyncio.Runner, bot: Bot, token_variable: str, deadline: timedelta) -> None:
        self._runner = runner
        self._bot = bot
        self._token_variable = token_variable
        self._deadline = deadline

    def send(self, message: OutgoingMessage) -> Receipt:
        """Sends one message; see `Session.send`."""
        return self._runner.run(
            deliver_one(self._bot, message, deadline=self._deadline, token_variable=self._token_variable)
        )


def _checked_root(root: str) -> str:
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"Bot API server {root!r}: not a URL; VK_ALERTS_TELEGRAM_API is written like https://host:port"
        )
    return root.rstrip("/")
