"""The methods of the Bot API that the double knows, each with the refusals Telegram has for it."""

import json
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from vk_alerts.delivery.double.faults import Fault, RefusalError
from vk_alerts.delivery.double.forms import PHOTO_BYTES, check_png
from vk_alerts.delivery.double.markup import BadHtmlError, Shown, parse_html
from vk_alerts.delivery.double.people import (
    BOT_ID,
    answer_callback_query,
    delete_webhook,
    get_chat,
    get_chat_member,
    get_updates,
    get_webhook_info,
    wait_for_updates,
)
from vk_alerts.delivery.double.state import TOKEN, Accepted, BotApi

Result = dict[str, Any]
Fields = dict[str, Any]

CAPTION_LIMIT, TEXT_LIMIT, CALLBACK_BYTES = 1024, 4096, 64
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{20,}")
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


def get_me(_api: BotApi, _fields: Fields) -> Result:
    """``getMe``."""
    return {"id": BOT_ID, "is_bot": True, "first_name": "double", "username": "double_bot"}


def send_message(api: BotApi, fields: Fields) -> Result:
    """``sendMessage``."""
    chat = _chat(api, fields)
    shown = _shown(fields, "text", TEXT_LIMIT, "message is too long")
    if not shown.text:
        raise RefusalError(400, "Bad Request: message text is empty")
    return _sent(api, chat, fields, shown, None)


def send_photo(api: BotApi, fields: Fields) -> Result:
    """``sendPhoto``."""
    chat = _chat(api, fields)
    shown = _shown(fields, "caption", CAPTION_LIMIT, "message caption is too long")
    return _sent(api, chat, fields, shown, _photo(api, fields.get("photo", b""), fields))


def edit_message_text(api: BotApi, fields: Fields) -> Result:
    """``editMessageText``."""
    message = _to_edit(api, fields)
    if message.photo is not None:
        raise RefusalError(400, "Bad Request: there is no text in the message to edit")
    shown = _shown(fields, "text", TEXT_LIMIT, "message is too long")
    return _edited(message, fields, shown, None)


def edit_message_caption(api: BotApi, fields: Fields) -> Result:
    """``editMessageCaption``."""
    message = _to_edit(api, fields)
    if message.photo is None:
        raise RefusalError(400, "Bad Request: there is no caption in the message to edit")
    shown = _shown(fields, "caption", CAPTION_LIMIT, "message caption is too long")
    return _edited(message, fields, shown, message.photo)


def edit_message_media(api: BotApi, fields: Fields) -> Result:
    """``editMessageMedia``, for photos."""
    message = _to_edit(api, fields)
    media = json.loads(fields.get("media", "{}"))
    if media.get("type") != "photo":
        raise RefusalError(400, "Bad Request: wrong type of the media")
    shown = _shown(media, "caption", CAPTION_LIMIT, "message caption is too long")
    return _edited(message, fields, shown, _photo(api, media.get("media", b""), fields))


METHODS: Mapping[str, Callable[[BotApi, Fields], Any]] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "getChat": lambda api, fields: get_chat(api, _chat(api, fields)),
    "getChatMember": lambda api, fields: get_chat_member(api, _chat(api, fields), fields),
    "getUpdates": get_updates,
    "answerCallbackQuery": answer_callback_query,
    "getWebhookInfo": get_webhook_info,
    "deleteWebhook": delete_webhook,
}


def handle(api: BotApi, path: str, fields: Fields) -> tuple[Any, Fault | None]:
    """The result of a call and the fault that shall hide it; a refusal is raised."""
    match = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
    if not match or not re.fullmatch(r"\d+:[\w-]{30,}", unquote(match[1])):
        raise RefusalError(404, "Not Found")
    if unquote(match[1]) != TOKEN:
        raise RefusalError(401, "Unauthorized")
    if match[2] == "getUpdates":
        wait_for_updates(api, fields)
    with api.lock:
        api.calls.append((match[2], fields))
        fault = api.before.popleft() if api.before else None
        if fault:
            return {}, fault
        if match[2] not in METHODS:
            raise RefusalError(404, "Not Found: method not found")
        result = METHODS[match[2]](api, fields)
        return result, api.after.popleft() if api.after else None


def _chat(api: BotApi, fields: Fields) -> str:
    chat = str(fields.get("chat_id", ""))
    if not chat:
        raise RefusalError(400, "Bad Request: chat_id is empty")
    if chat in api.kicked:
        raise RefusalError(403, "Forbidden: bot was kicked from the supergroup chat")
    if chat in api.migrated:
        raise RefusalError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=int(api.migrated[chat]),
        )
    if chat not in api.chats:
        raise RefusalError(400, "Bad Request: chat not found")
    return chat


def _to_edit(api: BotApi, fields: Fields) -> Accepted:
    message = api.message(_chat(api, fields), int(fields.get("message_id", 0)))
    if message is None:
        raise RefusalError(400, "Bad Request: message to edit not found")
    return message


def _edited(message: Accepted, fields: Fields, shown: Shown, photo: bytes | None) -> Result:
    markup = _keyboard(fields)
    if (message.shown, message.photo, message.markup) == (shown, photo, markup):
        raise RefusalError(400, _NOT_MODIFIED)
    message.shown, message.photo, message.markup = shown, photo, markup
    message.edits += 1
    return _told(message)


def _sent(api: BotApi, chat: str, fields: Fields, shown: Shown, photo: bytes | None) -> Result:
    markup = _keyboard(fields)
    message = api.accept(chat, fields, shown, photo)
    message.markup = markup
    return _told(message)


def _photo(api: BotApi, photo: Any, fields: Fields) -> bytes:
    if isinstance(photo, str) and photo.startswith("attach://"):
        photo = fields.get(photo.removeprefix("attach://"), b"")
    if isinstance(photo, str):
        if not _FILE_ID.fullmatch(photo) or photo not in api.files:
            raise RefusalError(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return api.files[photo]
    if not photo:
        raise RefusalError(400, "Bad Request: file must be non-empty")
    if len(photo) > PHOTO_BYTES:
        raise RefusalError(413, "Request Entity Too Large")
    check_png(photo)
    api.files[_file_id(photo)] = photo
    return bytes(photo)


def _file_id(photo: bytes) -> str:
    return f"file-{zlib.crc32(photo):08x}-{len(photo):012d}"


def _told(message: Accepted) -> Result:
    told: Result = {
        "message_id": message.message_id,
        "date": 1_769_858_100,
        "chat": {"id": int(message.chat) if message.chat.lstrip("-").isdigit() else -1, "type": "supergroup"},
    }
    if message.photo is None:
        return told | {"text": message.shown.text}
    file_id = _file_id(message.photo)
    size = {"file_id": file_id, "file_unique_id": file_id[:13], "width": 1280, "height": 720}
    return told | {"caption": message.shown.text, "photo": [size]}


def _shown(fields: Fields, name: str, limit: int, too_long: str) -> Shown:
    text = str(fields.get(name, ""))
    if fields.get("parse_mode") == "HTML":
        try:
            shown = parse_html(text)
        except BadHtmlError as error:
            raise RefusalError(400, f"Bad Request: can't parse entities: {error}") from None
    else:
        shown = Shown(text.strip())
    if shown.units > limit:
        raise RefusalError(400, f"Bad Request: {too_long}")
    return shown


def _keyboard(fields: Fields) -> str | None:
    if "reply_markup" not in fields:
        return None
    for row in json.loads(fields["reply_markup"]).get("inline_keyboard", []):
        for button in row:
            if len(button.get("callback_data", "").encode()) > CALLBACK_BYTES:
                raise RefusalError(400, "Bad Request: BUTTON_DATA_INVALID")
            url = button.get("url")
            if url is not None and "." not in (urlsplit(url).hostname or ""):
                raise RefusalError(
                    400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
                )
    return str(fields["reply_markup"])
