"""What every way of delivery does: take messages, give receipts or say how they failed.

A way of delivery is small: it opens a session, and in it sends one message after the other. What to repeat,
when, and where else, is the outbox's business.

To add one: write a class with a context manager `session` that gives something with a `send`, as
`vk_alerts.delivery.secondary` does in one module. `send` returns a `Receipt` only for what was certainly
accepted, and otherwise raises the error whose name says how sure it is. Chats are told apart by their names:
`vk_alerts.delivery.channels` picks the way. What a way cannot do (edit, reply, buttons) it leaves out.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Button:
    """A button below a message.

    Attributes:
        label: what it shows.
        data: what the bot is told when it is pressed, at most 64 bytes; None = it opens ``url``.
        url: a public address; Telegram refuses those without a dot in the host.
    """

    label: str
    data: str | None = None
    url: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]
"""Rows of buttons."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message that is in the chat and shall be changed.

    Attributes:
        message_id: its id in the chat.
        has_photo: whether it is a photo with a caption; otherwise it is a text.
    """

    message_id: str
    has_photo: bool


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one chat, or a change of one that is there.

    Attributes:
        chat: the chat's id (``-1001234567890``) or public name (``@channel``).
        caption: Telegram HTML, at most 1024 UTF-16 units after parsing with a photo, 4096 without.
        photo: a PNG; None = text only, or the picture stays.
        photo_id: the picture's id from an earlier receipt, sent in its place; `photo` is the way back.
        reply_to: id of the message in that chat to reply to; the message goes out even if that one is gone.
        silent: without a sound.
        topic: number of the topic; the message goes to the chat itself if that one is gone.
        keyboard: buttons below it; an edit drops those it does not name.
        edits: the message to change; a new one goes out if it is gone.
    """

    chat: str
    caption: str
    photo: bytes | None = field(default=None, repr=False)
    photo_id: str | None = None
    reply_to: str | None = None
    silent: bool = False
    topic: int | None = None
    keyboard: Keyboard = ()
    edits: Told | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message that certainly was accepted.

    Attributes:
        message_id: its id in the chat.
        migrated_to: the chat's new id, when the group has become a supergroup: send there from now on.
        chart: where the chart was kept; None = nowhere on this machine.
        note: what had to be changed to get it through, such as ``without the photo: …``; empty = nothing.
        photo_id: the picture's id, for sending it again without uploading it; empty = it was not told; None =
            the message has no picture.
    """

    message_id: str
    migrated_to: str | None = None
    chart: str | None = None
    note: str = ""
    photo_id: str | None = None


class Session(Protocol):
    """Connections for several messages."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Deliver one message.

        Raises:
            DeliveryRefused: certainly not delivered, and trying again would not help.
            DeliverySlowedDown: certainly not delivered; leave that chat alone for ``after_seconds``.
            DeliveryHalted: certainly not delivered; send nothing at all for ``after_seconds``.
            DeliveryPostponed: certainly not delivered; try again after ``after_seconds``.
            DeliveryUncertain: may have been delivered.
        """
        ...


class Notifier(Protocol):
    """A way to deliver messages."""

    def session(self) -> AbstractContextManager[Session]:
        """Opens connections; they are closed with the block.

        Raises:
            ConfigurationError: the way is set up wrongly.
        """
        ...
