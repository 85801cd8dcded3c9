"""What people do in the double's chats, and what a bot asks about that."""

import json
from typing import Any

from vk_alerts.delivery.double.faults import RefusalError
from vk_alerts.delivery.double.state import BotApi

BOT_ID = 1
_ANSWER_UNITS = 200
_MOST_UPDATES = 100
_CHAT_DEFAULTS = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": {
        "unlimited_gifts": False,
        "limited_gifts": False,
        "unique_gifts": False,
        "premium_subscription": False,
        "gifts_from_channels": False,
    },
}


def say(api: BotApi, user: int, chat: str, text: str, *, name: str = "") -> int:
    """Somebody writes in a chat; the number of the update."""
    number = api.next_id()
    api.said.add((chat, number))
    message = {
        "message_id": number,
        "date": 1_769_858_100,
        "chat": chat_of(chat),
        "from": _user(user, name),
        "text": text,
    }
    return api.send_update("message", message)


def press(api: BotApi, user: int, chat: str, message_id: int, data: str, *, name: str = "") -> int:
    """Somebody presses a button below a message; the number of the update."""
    number = api.next_update()
    pressed = {
        "id": f"press-{number}",
        "from": _user(user, name),
        "chat_instance": "1",
        "data": data,
        "message": {"message_id": message_id, "date": 0, "chat": chat_of(chat)},
    }
    api.pressed.add(f"press-{number}")
    return api.send_update("callback_query", pressed)


def chat_of(chat: str) -> dict[str, Any]:
    """A chat as updates show it."""
    if chat.startswith("@"):
        return {"id": -1009, "type": "channel", "title": chat[1:], "username": chat[1:]}
    if chat.startswith("-"):
        return {"id": int(chat), "type": "supergroup", "title": f"group {chat}"}
    return {"id": int(chat), "type": "private", "first_name": f"user {chat}"}


def wait_for_updates(api: BotApi, fields: dict[str, Any]) -> None:
    """Waits as a long poll does, until there is something or the server ends."""
    api.polling.set()
    api.arrived.wait(float(fields.get("timeout", 0)))


def get_updates(api: BotApi, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """``getUpdates``: what is below the offset is forgotten."""
    if api.webhook:
        raise RefusalError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
            "webhook first",
        )
    kinds = json.loads(fields.get("allowed_updates", "[]"))
    if not isinstance(kinds, list):
        raise RefusalError(400, "Bad Request: can't parse allowed updates JSON object")
    offset = int(fields.get("offset", 0))
    api.updates[:] = [update for update in api.updates if update["update_id"] >= offset]
    if not api.updates and not api.stopping.is_set():
        api.arrived.clear()
    wanted = [update for update in api.updates if not kinds or set(kinds) & set(update)]
    return wanted[: int(fields.get("limit", _MOST_UPDATES))]


def answer_callback_query(api: BotApi, fields: dict[str, Any]) -> bool:
    """``answerCallbackQuery``: once, and in time."""
    name, text = str(fields.get("callback_query_id", "")), str(fields.get("text", ""))
    if name not in api.pressed:
        raise RefusalError(
            400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )
    if len(text) > _ANSWER_UNITS:
        raise RefusalError(400, "Bad Request: MESSAGE_TOO_LONG")
    api.pressed.discard(name)
    api.answered.append(text)
    return True


def get_webhook_info(api: BotApi, _fields: dict[str, Any]) -> dict[str, Any]:
    """``getWebhookInfo``."""
    return {"url": api.webhook, "has_custom_certificate": False, "pending_update_count": len(api.updates)}


def delete_webhook(api: BotApi, _fields: dict[str, Any]) -> bool:
    """``deleteWebhook``."""
    api.webhook = ""
    return True


def get_chat(api: BotApi, chat: str) -> dict[str, Any]:
    """``getChat``, of a chat that the bot may write to."""
    found = chat_of(chat)
    return found | _CHAT_DEFAULTS | ({"title": api.titles[chat]} if chat in api.titles else {})


def get_chat_member(api: BotApi, chat: str, fields: dict[str, Any]) -> dict[str, Any]:
    """``getChatMember``: the bot is a member, or was one."""
    status = "left" if chat in api.left else "member"
    user = int(fields.get("user_id", 0))
    return {"status": status, "user": _user(user, "double_bot") | {"is_bot": user == BOT_ID}}


def _user(user: int, name: str) -> dict[str, Any]:
    known = {"id": user, "is_bot": False, "first_name": name or f"user {user}"}
    return known | ({"username": name} if name else {})
