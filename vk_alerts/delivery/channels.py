"""Which way of delivery a message goes: by the name of its chat."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vk_alerts.delivery.protocol import Notifier, OutgoingMessage, Receipt, Session
from vk_alerts.delivery.secondary import PREFIX


@dataclass(frozen=True, slots=True)
class _Sessions:
    main: Session
    secondary: Session

    def send(self, message: OutgoingMessage) -> Receipt:
        """Sends one message the way its chat is reached; see `Session.send`."""
        return (self.secondary if message.chat.startswith(PREFIX) else self.main).send(message)


@dataclass(frozen=True, slots=True)
class Channels:
    """Chats called ``apprise:…`` are reached by one notifier, all others by another.

    Attributes:
        main: for chats of Telegram.
        secondary: for the others.
    """

    main: Notifier
    secondary: Notifier

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Connections of both; see `Notifier.session`."""
        with self.main.session() as main, self.secondary.session() as secondary:
            yield _Sessions(main, secondary)
