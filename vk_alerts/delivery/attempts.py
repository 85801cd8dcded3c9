"""The ways to put one message, from what was meant to what the server takes."""

from dataclasses import dataclass, replace

from vk_alerts.alerting.markup import CAPTION_LIMIT, TEXT_LIMIT, cut, plain, units
from vk_alerts.delivery.answers import Answer, Outcome
from vk_alerts.delivery.protocol import OutgoingMessage, Told


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to put a message.

    Attributes:
        chat: where it goes.
        topic: number of the topic; None = none.
        text: HTML, or plain text.
        is_html: which of both.
        photo: a PNG, or a picture's id; None = without.
        spare_photo: the PNG behind a picture's id.
        reply_to: the message to reply to.
        edits: the message to change; None = a new one.
        note: what was changed on the way here.
    """

    chat: str
    topic: int | None
    text: str
    is_html: bool
    photo: bytes | str | None
    spare_photo: bytes | None
    reply_to: str | None
    edits: Told | None
    note: str = ""


def first_attempt(message: OutgoingMessage) -> Attempt:
    """The message as it was meant."""
    return Attempt(
        chat=message.chat,
        topic=message.topic,
        text=message.caption,
        is_html=True,
        photo=message.photo_id or message.photo,
        spare_photo=message.photo if message.photo_id else None,
        reply_to=message.reply_to,
        edits=message.edits,
    )


def next_attempt(attempt: Attempt, found: Outcome, answer: Answer) -> Attempt | None:
    """Another way to put what was certainly not accepted; None = there is none.

    Args:
        attempt: what the server has refused.
        found: the class of its refusal.
        answer: its words.
    """
    said = answer.description
    limit = TEXT_LIMIT if attempt.photo is None else CAPTION_LIMIT
    match found:
        case Outcome.MIGRATED if answer.migrate_to is not None:
            return replace(attempt, chat=str(answer.migrate_to))
        case Outcome.PLAIN_TEXT if attempt.is_html:
            text = _as_text(attempt.text, limit)
            return replace(attempt, text=text, is_html=False, note=_noted(attempt, f"as plain text: {said}"))
        case Outcome.TOO_LONG:
            text = _as_text(attempt.text, limit) if attempt.is_html else cut(attempt.text, limit=limit // 2)
            return replace(attempt, text=text, is_html=False, note=_noted(attempt, f"shortened: {said}"))
        case Outcome.NO_PHOTO if attempt.photo is not None:
            if attempt.spare_photo is not None:
                return replace(attempt, photo=attempt.spare_photo, spare_photo=None)
            return replace(attempt, photo=None, note=_noted(attempt, f"without the photo: {said}"))
        case Outcome.GONE if attempt.edits is not None:
            return replace(attempt, edits=None, note=_noted(attempt, f"as a new message: {said}"))
        case Outcome.NO_TOPIC if attempt.topic is not None:
            return replace(attempt, topic=None, note=_noted(attempt, f"without the topic: {said}"))
        case Outcome.NO_REPLY if attempt.reply_to is not None:
            return replace(attempt, reply_to=None, note=_noted(attempt, f"not as a reply: {said}"))
        case _:
            return None


def _as_text(markup: str, limit: int) -> str:
    """``markup`` as plain text with its links written out, or without them where that would be too long."""
    with_urls = plain(markup)
    if units(with_urls) <= limit:
        return with_urls
    return cut(plain(markup, with_urls=False), limit=limit)


def _noted(attempt: Attempt, note: str) -> str:
    return f"{attempt.note}; {note}" if attempt.note else note
