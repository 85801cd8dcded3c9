"""Who the bot is and whether it may write to a chat: questions that send nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Bot
from telegram.constants import ChatMemberStatus, ChatType

from vk_alerts.delivery.asking import asked, connected
from vk_alerts.errors import DeliveryRefused

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
        DeliveryPostponed: the Bot API cannot be reached; `DeliveryHalted`: it does not know the bot.
        DeliveryRefused: the bot may not write to a chat.
    """
    return asyncio.run(_introduce(token_variable, chats, api_root))


async def _introduce(token_variable: str, chats: Sequence[str], api_root: str | None) -> Introduction:
    async with connected(token_variable, api_root) as bot:
        remedy = f"put a valid token into {token_variable}"
        me = await asked(bot.get_me(), remedy, token_variable=token_variable)
        titles = [await _title(bot, me.id, chat, token_variable) for chat in chats]
    return Introduction(f"@{me.username}", tuple(titles))


async def _title(bot: Bot, bot_id: int, chat: str, token_variable: str) -> str:
    remedy = f"add the bot to chat {chat}, or name another in VK_ALERTS_TELEGRAM_CHAT"
    found = await asked(bot.get_chat(chat), remedy, token_variable=token_variable)
    if found.type != ChatType.PRIVATE:
        question = bot.get_chat_member(chat, bot_id)
        member = await asked(question, remedy, token_variable=token_variable)
        if member.status in _SILENT:
            raise DeliveryRefused(f"chat {chat}: the bot is not in it; {remedy}")
    return found.title or found.username or found.full_name or chat
