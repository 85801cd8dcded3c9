"""Delivery by a Telegram bot: one attempt per message, and an honest account of how it went."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NoReturn
from urllib.parse import urlsplit

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import TelegramError

from vk_alerts.alerting.markup import CAPTION_LIMIT, TEXT_LIMIT, cut, plain, units
from vk_alerts.delivery.answers import (
    Answer,
    AnsweredError,
    Outcome,
    PlainRequest,
    UnansweredError,
    outcome_of,
)
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.delivery.secret import DUMMY, SecretTransport, token_from
from vk_alerts.errors import (
    ConfigurationError,
    DeliveryError,
    DeliveryPostponed,
    DeliveryRefused,
    DeliveryUncertain,
)

TOKEN_VARIABLE = "VK_ALERTS_TELEGRAM_TOKEN"  # noqa: S105 - the name of the variable
API_ROOT = "https://api.telegram.org"
DEADLINE = timedelta(seconds=90)
"""Half the outbox's lease of 180 s, so that nobody else takes up a message that is still being sent."""

_CONNECT_SECONDS = 10.0
_WRITE_SECONDS = 30.0
_READ_SECONDS = 30.0
_NOT_SENT_PAUSE_SECONDS = 15.0
_SLOW_DOWN_PAUSE_SECONDS = 30.0
_HALT_PAUSE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to put a message.

    Attributes:
        chat: where it goes.
        text: HTML, or plain text.
        is_html: which of both.
        photo: a PNG; None = as a text message.
        note: what was changed on the way here.
    """

    chat: str
    text: str
    is_html: bool
    photo: bytes | None
    note: str = ""


class TelegramNotifier:
    """Sends messages with python-telegram-bot.

    The notifier holds the name of the variable with the token, not the token; bot and connections live only
    while `send` or `send_all` run, each within one event loop.

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

    def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message; see `Notifier.send`.

        Raises:
            ConfigurationError: the variable holds no token.
        """
        (outcome,) = self.send_all([message])
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | DeliveryError]:
        """Send messages in order over one connection; see `Notifier.send_all`.

        After the bot itself is refused nothing more is sent; after a rate limit nothing more to that chat.

        Raises:
            ConfigurationError: the variable holds no token.
        """
        return asyncio.run(self._send_all(messages)) if messages else []

    async def _send_all(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | DeliveryError]:
        token = token_from(self._token_variable)
        request = PlainRequest(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            write_timeout=_WRITE_SECONDS,
            media_write_timeout=_WRITE_SECONDS,
            httpx_kwargs={"transport": SecretTransport(token, self._api_root)},
        )
        # The library would open a second client for getUpdates; it is never asked for.
        bot = Bot(DUMMY, f"{self._api_root}/bot", request=request, get_updates_request=request)
        sender = _Sender(bot, self._token_variable, self._deadline)
        try:
            return [await sender.outcome(message) for message in messages]
        finally:
            await request.shutdown()


class _Sender:
    """Sends with one bot, and remembers what must not be tried again."""

    def __init__(self, bot: Bot, token_variable: str, deadline: timedelta) -> None:
        self._bot = bot
        self._token_variable = token_variable
        self._deadline = deadline
        self._halted: DeliveryPostponed | None = None
        self._slowed: dict[str, DeliveryPostponed] = {}

    async def outcome(self, message: OutgoingMessage) -> Receipt | DeliveryError:
        known = self._halted or self._slowed.get(message.chat)
        if known is not None:
            return DeliveryPostponed(str(known), after_seconds=known.after_seconds)
        seconds = self._deadline.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._send(message)
        except TimeoutError:
            return DeliveryUncertain(f"chat {message.chat}: no answer within {seconds:g} s")
        except DeliveryError as error:
            return error

    async def _send(self, message: OutgoingMessage) -> Receipt:
        attempt = _Attempt(message.chat, message.caption, is_html=True, photo=message.photo)
        tried: set[Outcome] = set()
        while True:
            try:
                sent = await self._put(attempt, message)
            except AnsweredError as error:
                found = outcome_of(error.answer)
                following = None if found in tried else _next_attempt(attempt, found, error.answer)
                if following is None:
                    self._give_up(message.chat, found, error.answer)
                tried.add(found)
                attempt = following
                continue
            except UnansweredError as error:
                if error.may_have_arrived:
                    raise DeliveryUncertain(
                        f"chat {message.chat}: sent, no answer ({error.message})"
                    ) from None
                raise DeliveryPostponed(
                    f"Telegram cannot be reached ({error.message})", after_seconds=_NOT_SENT_PAUSE_SECONDS
                ) from None
            except (TelegramError, KeyError, TypeError, ValueError, AttributeError):
                # The server said "ok" and then something that is no message.
                raise DeliveryUncertain(f"chat {message.chat}: the answer cannot be understood") from None
            moved = attempt.chat if attempt.chat != message.chat else None
            return Receipt(str(sent.message_id), migrated_to=moved, note=attempt.note)

    async def _put(self, attempt: _Attempt, message: OutgoingMessage) -> Message:
        reply = None
        if message.reply_to is not None and message.reply_to.isdecimal():
            reply = ReplyParameters(int(message.reply_to), allow_sending_without_reply=True)
        parse_mode = ParseMode.HTML if attempt.is_html else None
        if attempt.photo is None:
            return await self._bot.send_message(
                attempt.chat,
                attempt.text,
                parse_mode=parse_mode,
                disable_notification=message.silent,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_parameters=reply,
            )
        return await self._bot.send_photo(
            attempt.chat,
            attempt.photo,
            caption=attempt.text,
            parse_mode=parse_mode,
            disable_notification=message.silent,
            reply_parameters=reply,
            filename="chart.png",
        )

    def _give_up(self, chat: str, found: Outcome, answer: Answer) -> NoReturn:
        said = f"chat {chat}: {answer.description}"
        if found is Outcome.UNCERTAIN:
            raise DeliveryUncertain(said) from None
        if found is Outcome.SLOW_DOWN:
            pause = _SLOW_DOWN_PAUSE_SECONDS if answer.retry_after is None else answer.retry_after
            self._slowed[chat] = DeliveryPostponed(said, after_seconds=pause)
            raise self._slowed[chat] from None
        if found is Outcome.HALT:
            self._halted = DeliveryPostponed(
                f"Telegram does not know the bot ({answer.status}: {answer.description}): "
                f"put a valid token into {self._token_variable}; messages are kept",
                after_seconds=_HALT_PAUSE_SECONDS,
            )
            raise self._halted from None
        if found is Outcome.NOT_SENT:
            raise DeliveryPostponed(
                f"Telegram was not reached: something in between answered {answer.description}",
                after_seconds=_NOT_SENT_PAUSE_SECONDS,
            ) from None
        raise DeliveryRefused(f"{said}; check that the bot is in the chat and may write there") from None


def _checked_root(root: str) -> str:
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"Bot API server {root!r}: not a URL; VK_ALERTS_TELEGRAM_API is written like https://host:port"
        )
    return root.rstrip("/")


def _next_attempt(attempt: _Attempt, found: Outcome, answer: Answer) -> _Attempt | None:
    """Another way to put what was certainly not accepted; None = there is none."""
    limit = TEXT_LIMIT if attempt.photo is None else CAPTION_LIMIT
    if found is Outcome.MIGRATED and answer.migrate_to is not None:
        return replace(attempt, chat=str(answer.migrate_to))
    if found is Outcome.PLAIN_TEXT and attempt.is_html:
        note = _noted(attempt, f"as plain text: {answer.description}")
        return replace(attempt, text=_as_text(attempt.text, limit), is_html=False, note=note)
    if found is Outcome.TOO_LONG:
        note = _noted(attempt, f"shortened: {answer.description}")
        text = _as_text(attempt.text, limit) if attempt.is_html else cut(attempt.text, limit=limit // 2)
        return replace(attempt, text=text, is_html=False, note=note)
    if found is Outcome.NO_PHOTO and attempt.photo is not None:
        return replace(attempt, photo=None, note=_noted(attempt, f"without the photo: {answer.description}"))
    return None


def _as_text(markup: str, limit: int) -> str:
    """``markup`` as plain text with its links written out, or without them where that would be too long."""
    with_urls = plain(markup)
    if units(with_urls) <= limit:
        return with_urls
    return cut(plain(markup, with_urls=False), limit=limit)


def _noted(attempt: _Attempt, note: str) -> str:
    return f"{attempt.note}; {note}" if attempt.note else note
