"""What every way of delivery does: take messages, give receipts or say how they failed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vk_alerts.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one chat.

    Attributes:
        chat: the chat's id (``-1001234567890``) or public name (``@channel``).
        caption: Telegram HTML, at most 1024 UTF-16 units after parsing with a photo, 4096 without.
        photo: a PNG; None = text only.
        reply_to: id of the message in that chat to reply to; the message goes out even if that one is gone.
        silent: without a sound.
    """

    chat: str
    caption: str
    photo: bytes | None = field(default=None, repr=False)
    reply_to: str | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message that certainly was accepted.

    Attributes:
        message_id: its id in the chat.
        migrated_to: the chat's new id, when the group has become a supergroup: send there from now on.
        chart: where the chart was kept; None = nowhere on this machine.
        note: what had to be changed to get it through, such as ``without the photo: …``; empty = nothing.
    """

    message_id: str
    migrated_to: str | None = None
    chart: str | None = None
    note: str = ""


class Notifier(Protocol):
    """A way to deliver messages."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Deliver one message.

        Raises:
            DeliveryRefused: certainly not delivered, and trying again would not help.
            DeliveryPostponed: certainly not delivered; try again after ``after_seconds``.
            DeliveryUncertain: may have been delivered.
        """
        ...

    def send_all(self, messages: Sequence[OutgoingMessage]) -> list[Receipt | DeliveryError]:
        """Deliver messages in order: for each, in the same place, its receipt or what `send` would raise."""
        ...
