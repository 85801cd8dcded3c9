"""Which chats a bot could write to: those that wrote to it, or took it in, a short while ago."""

import asyncio
from dataclasses import dataclass

from telegram import Bot, Chat, Update

from vk_alerts.delivery.asking import asked, connected
from vk_alerts.errors import BotConflict, ConfigurationError

# What says which chats there are. Nothing is confirmed, so that who asks later sees the same.
_TELLING = ("message", "channel_post", "my_chat_member")
_KINDS = {"private": "private chat", "group": "group", "supergroup": "group", "channel": "channel"}


@dataclass(frozen=True, slots=True)
class KnownChat:
    """A chat that the bot has heard from.

    Attributes:
        id: its id.
        title: what people call it.
        kind: private chat, group or channel.
    """

    id: str
    title: str
    kind: str


def known_chats(
    token_variable: str, *, api_root: str | None = None, drops_webhook: bool = False
) -> list[KnownChat]:
    """The chats that the bot has heard from in the last day, those heard last at the end.

    Args:
        token_variable: name of the variable with the bot's token.
        api_root: root URL of another Bot API server.
        drops_webhook: whether a webhook is removed, if there is one.

    Raises:
        ConfigurationError: the variable holds no token, or a webhook gets what people say to the bot.
        DeliveryError: the Bot API cannot be reached, refuses the bot, or somebody else asks for its updates.
    """
    return asyncio.run(_known_chats(token_variable, api_root, drops_webhook))


async def _known_chats(token_variable: str, api_root: str | None, drops_webhook: bool) -> list[KnownChat]:
    async with connected(token_variable, api_root) as bot:
        await _without_webhook(bot, token_variable, drops_webhook=drops_webhook)
        question = bot.get_updates(allowed_updates=_TELLING, timeout=0)
        try:
            updates = await asked(question, "name the chat with --chat", token_variable=token_variable)
        except BotConflict:
            raise BotConflict(
                "another program reads what people do to this bot, such as 'vk-alerts bot'; "
                "end it for a moment, or name the chat with --chat"
            ) from None
    found: dict[str, KnownChat] = {}
    for update in updates:
        chat = _chat_of(update)
        if chat is not None:
            found.pop(str(chat.id), None)
            found[str(chat.id)] = _known(chat)
    return list(found.values())


async def _without_webhook(bot: Bot, token_variable: str, *, drops_webhook: bool) -> None:
    remedy = "name the chat with --chat"
    webhook = await asked(bot.get_webhook_info(), remedy, token_variable=token_variable)
    if not webhook.url:
        return
    if not drops_webhook:
        raise ConfigurationError(
            "this bot has a webhook: another program gets what people say to it; name the chat with --chat, "
            "or remove the webhook with --remove-webhook if that program is no longer needed"
        )
    await asked(bot.delete_webhook(), remedy, token_variable=token_variable)


def _chat_of(update: Update) -> Chat | None:
    if update.my_chat_member is not None:
        is_in = update.my_chat_member.new_chat_member.status not in ("left", "kicked")
        return update.my_chat_member.chat if is_in else None
    return update.effective_chat


def _known(chat: Chat) -> KnownChat:
    title = chat.title or chat.full_name or chat.username or str(chat.id)
    return KnownChat(str(chat.id), title, _KINDS.get(chat.type, chat.type))
