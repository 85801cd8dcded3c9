"""An attempt → the call of the Bot API that makes it."""

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ParseMode

from vk_alerts.delivery.attempts import Attempt
from vk_alerts.delivery.protocol import Keyboard, Told

_FILE_NAME = "chart.png"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


async def put(bot: Bot, attempt: Attempt, *, silent: bool, keyboard: Keyboard) -> Message | bool:
    """Makes the call; what comes back is the message, or True for an edit of one that is not the bot's."""
    parse_mode = ParseMode.HTML if attempt.is_html else None
    markup = _markup(keyboard)
    if attempt.edits is not None:
        return await _edit(bot, attempt, attempt.edits, parse_mode, markup)
    reply = None
    if attempt.reply_to is not None and attempt.reply_to.isdecimal():
        reply = ReplyParameters(int(attempt.reply_to), allow_sending_without_reply=True)
    if attempt.photo is None:
        return await bot.send_message(
            attempt.chat,
            attempt.text,
            parse_mode=parse_mode,
            disable_notification=silent,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=reply,
            reply_markup=markup,
            message_thread_id=attempt.topic,
        )
    return await bot.send_photo(
        attempt.chat,
        attempt.photo,
        caption=attempt.text,
        parse_mode=parse_mode,
        disable_notification=silent,
        reply_parameters=reply,
        reply_markup=markup,
        message_thread_id=attempt.topic,
        filename=_FILE_NAME,
    )


async def _edit(
    bot: Bot, attempt: Attempt, told: Told, parse_mode: str | None, markup: InlineKeyboardMarkup | None
) -> Message | bool:
    message_id = int(told.message_id)
    if not told.has_photo:
        return await bot.edit_message_text(
            attempt.text,
            attempt.chat,
            message_id,
            parse_mode=parse_mode,
            link_preview_options=_NO_PREVIEW,
            reply_markup=markup,
        )
    if attempt.photo is None:
        return await bot.edit_message_caption(
            attempt.chat, message_id, caption=attempt.text, parse_mode=parse_mode, reply_markup=markup
        )
    media = InputMediaPhoto(attempt.photo, caption=attempt.text, parse_mode=parse_mode, filename=_FILE_NAME)
    return await bot.edit_message_media(media, attempt.chat, message_id, reply_markup=markup)


def _markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(one.label, callback_data=one.data, url=one.url) for one in row]
            for row in keyboard
        ]
    )
