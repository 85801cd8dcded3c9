"""Who the bot is and whether it may write to a chat: questions that send nothing."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from telegram import Bot
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from vk_alerts.delivery.answers import AnsweredError, Outcome, PlainRequest, UnansweredError, outcome_of
from vk_alerts.delivery.secret import DUMMY, SecretTransport, token_from
from vk_alerts.delivery.telegram import API_ROOT
from vk_alerts.errors import DeliveryError, DeliveryPostponed, DeliveryRefused

T = TypeVar("T")
_SECONDS = 10.0
_SILENT = {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the Bot API tells about a bot and its chats.

    Attributes:
        bot: the bot's ``@name``.
        chats: titles of the chats that were asked for, in their order.
    """

    bot: str
    chats: tuple[str, ...]


def introduce(token_variable: str, chats: Sequence[str], *, api_root: str | None = None) -> Introduction:
    """Asks the Bot API who the bot is, and whether it may write to each of ``chats``.

    Raises:
        ConfigurationError: the variable holds no token.
        DeliveryPostponed: the Bot API cannot be reached.
        DeliveryRefused: it does not know the bot, or the bot may not write to a chat.
    """
    return asyncio.run(_introduce(token_variable, chats, (api_root or API_ROOT).rstrip("/")))


async def _introduce(token_variable: str, chats: Sequence[str], root: str) -> Introduction:
    request = PlainRequest(
        connect_timeout=_SECONDS,
        read_timeout=_SECONDS,
        httpx_kwargs={"transport": SecretTransport(token_from(token_variable), root)},
    )
    bot = Bot(DUMMY, f"{root}/bot", request=request, get_updates_request=request)
    try:
        me = await _asked(bot.get_me(), f"put a valid token into {token_variable}")
        titles = [await _title(bot, me.id, chat) for chat in chats]
    finally:
        await request.shutdown()
    return Introduction(f"@{me.username}", tuple(titles))


async def _title(bot: Bot, bot_id: int, chat: str) -> str:
    remedy = f"add the bot to chat {chat}, or name another in VK_ALERTS_TELEGRAM_CHAT"
    found = await _asked(bot.get_chat(chat), remedy)
    if found.type != ChatType.PRIVATE:
        member = await _asked(bot.get_chat_member(chat, bot_id), remedy)
        if member.status in _SILENT:
            raise DeliveryRefused(f"chat {chat}: the bot is not in it; {remedy}")
    return found.title or found.username or found.full_name or chat


async def _asked(question: Awaitable[T], remedy: str) -> T:
    try:
        return await question
    except AnsweredError as error:
        raise _meaning(error, remedy) from None
    except UnansweredError as error:
        raise DeliveryPostponed(
            f"Telegram cannot be reached ({error.message}); "
            "check the network, a proxy or VK_ALERTS_TELEGRAM_API"
        ) from None
    except (TelegramError, KeyError, TypeError, ValueError, AttributeError):
        raise DeliveryRefused(
            "what answers is not the Bot API; check VK_ALERTS_TELEGRAM_API, without /bot at its end"
        ) from None


def _meaning(error: AnsweredError, remedy: str) -> DeliveryError:
    said = f"Telegram answers {error.answer.status}: {error.answer.description}"
    if outcome_of(error.answer) in (Outcome.NOT_SENT, Outcome.UNCERTAIN, Outcome.SLOW_DOWN):
        return DeliveryPostponed(f"{said}; try again later, or check what lies in between")
    return DeliveryRefused(f"{said}; {remedy}")
