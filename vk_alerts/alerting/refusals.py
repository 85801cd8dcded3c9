"""What is told of a chat that does not take messages, to those who can do something about it."""

import html

from vk_alerts.alerting.markup import safe
from vk_alerts.alerting.story import Language

_REASON_LIMIT = 120
_REFUSED = {
    Language.RUSSIAN: "⚠️ Чат <b>{}</b> не принимает сообщения ({}).",
    Language.ENGLISH: "⚠️ Chat <b>{}</b> does not take messages ({}).",
}
_MEANT_FOR_IT = {Language.RUSSIAN: "Для него:", Language.ENGLISH: "Meant for it:"}
_CHECK = {
    Language.RUSSIAN: "Проверьте, что бот в чате и может писать.",
    Language.ENGLISH: "Check that the bot is in the chat and may write there.",
}


def refused_heading(chat: str, reason: str, *, language: Language) -> str:
    """The line above a message that its own chat does not take, in the chat where it is told instead."""
    return f"{_refused(chat, reason, language)} {_MEANT_FOR_IT[language]}"


def refused_notice(chat: str, reason: str, *, language: Language) -> str:
    """Tells who runs the bot that a chat does not take messages."""
    return f"{_refused(chat, reason, language)} {_CHECK[language]}"


def _refused(chat: str, reason: str, language: Language) -> str:
    return _REFUSED[language].format(html.escape(chat), safe(reason, limit=_REASON_LIMIT))
