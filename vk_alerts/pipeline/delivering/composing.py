"""A row of the outbox → the message that is sent for it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vk_alerts.alerting.markup import CAPTION_LIMIT, length, safe
from vk_alerts.alerting.promises import Promise, is_silent
from vk_alerts.alerting.render import caption, crowd_digest, missed_digest
from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.delivery.protocol import Button, Keyboard, OutgoingMessage, Told
from vk_alerts.pipeline.delivering.pictures import Pictures
from vk_alerts.pipeline.delivering.post import Post
from vk_alerts.state.outbox import OutboxRow, RowForm

LOGGER = logging.getLogger(__name__)

_PLAIN_LIMIT = 60

_GATHERED: dict[RowForm, Callable[..., str]] = {
    RowForm.DIGEST: crowd_digest,
    RowForm.MISSED: missed_digest,
}


@dataclass(frozen=True, slots=True)
class Composed:
    """What is sent for a row.

    Attributes:
        message: the message.
        told: the message it edits or replies to.
    """

    message: OutgoingMessage
    told: OutboxRow | None


def compose(post: Post, row: OutboxRow, pictures: Pictures) -> Composed | None:
    """The message for a row; None for an edit when there is nothing to edit.

    Raises:
        StateError: the state database cannot be used.
    """
    chat = post.chats.current_id(row.chat)
    if row.form is RowForm.NOTICE:
        return Composed(OutgoingMessage(chat, row.heading or "", topic=row.topic), None)
    if row.form in _GATHERED:
        told_in = post.outbox.told_in(row)
        silent = all(is_silent(one.kind, one.sequence) for one in told_in)
        text = _text(post, row, told_in)
        return Composed(OutgoingMessage(chat, text, topic=row.topic, silent=silent), None)
    # The first opening of a group has nothing to reply to.
    is_first = row.kind is NotificationKind.OPEN and row.sequence == 0
    told = None if is_first else post.outbox.told_message(row)
    if row.kind is NotificationKind.UPDATE:
        return _edit(post, row, pictures, chat, told)
    message = OutgoingMessage(
        chat=chat,
        caption=_text(post, row),
        photo=pictures.of(row),
        photo_id=pictures.uploaded(row),
        reply_to=None if told is None else told.message_id,
        silent=is_silent(row.kind, row.sequence),
        topic=row.topic,
        keyboard=post.keyboard(row),
    )
    return Composed(message, told)


def _edit(
    post: Post, row: OutboxRow, pictures: Pictures, chat: str, told: OutboxRow | None
) -> Composed | None:
    if told is None or told.message_id is None or told.form is not RowForm.STORY:
        return None
    has_photo = told.photo_id is not None or told.chart is not None
    message = OutgoingMessage(
        chat=chat,
        caption=_text(post, row),
        photo=pictures.of(row) if has_photo else None,
        photo_id=pictures.uploaded(row) if has_photo else None,
        silent=True,  # should the message be gone: an edit makes no sound either
        topic=row.topic,
        keyboard=_keyboard(told),
        edits=Told(told.message_id, has_photo=has_photo),
    )
    return Composed(message, told)


def _text(post: Post, row: OutboxRow, told: Sequence[OutboxRow] = ()) -> str:
    """The text of a row; ``told``: the messages that it tells in their place."""
    heading = [] if row.heading is None else [row.heading]
    try:
        return "\n".join([*heading, _rendered(post, row, told, heading)])
    except Exception:  # whatever it is, the alert goes out in the plainest words
        LOGGER.exception("message=%s text=plainest", row.id)
        return "\n".join([*heading, *(_plainest(one.story) for one in told or [row])])


def _rendered(post: Post, row: OutboxRow, told: Sequence[OutboxRow], heading: Sequence[str]) -> str:
    room = sum(length(line) + 1 for line in heading)
    is_repeat = row.uncertain_attempts > 0 and row.promise is Promise.AT_LEAST_ONCE
    language, zone = post.language, post.settings.zone
    if row.form in _GATHERED:
        return _GATHERED[row.form](
            [_addressed(one) for one in told],
            language=language,
            zone=zone,
            is_repeat=is_repeat or any(one.uncertain_attempts for one in told),
        )
    return caption(
        _addressed(row), language=language, zone=zone, is_repeat=is_repeat, limit=CAPTION_LIMIT - room
    )


def _plainest(story: Story) -> str:
    about = story.headline
    mark = "🟢" if story.recovery is not None or story.is_over else "🔴"
    title, label = safe(about.title, limit=_PLAIN_LIMIT), safe(about.slice_label, limit=_PLAIN_LIMIT)
    return f"{mark} <b>{title}</b> · {label} · {story.window:%Y-%m-%d %H:%M} UTC #inc_{story.short_id}"


def _addressed(row: OutboxRow) -> Story:
    """The story, with who is called in this chat in the owner's place."""
    return row.story if row.mention is None else replace(row.story, owner=row.mention)


def stored_keyboard(keyboard: Keyboard) -> list[list[dict[str, str]]] | None:
    """A keyboard as the outbox keeps it, so that an edit can put it below the message again."""
    if not keyboard:
        return None
    return [
        [
            {key: value for key, value in (("label", b.label), ("data", b.data), ("url", b.url)) if value}
            for b in buttons
        ]
        for buttons in keyboard
    ]


def _keyboard(told: OutboxRow) -> Keyboard:
    return tuple(
        tuple(Button(b["label"], b.get("data"), b.get("url")) for b in buttons)
        for buttons in told.keyboard or ()
    )
