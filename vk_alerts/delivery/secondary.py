"""Secondary channels by Apprise: mail, Slack, Mattermost and a hundred others, one target per message.

A chat called ``apprise:ops_mail`` stands for the Apprise URL in ``VK_ALERTS_APPRISE_OPS_MAIL``. Such URLs
hold secrets: they are read when a message goes out, and are in no log, error or database row.
"""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from vk_alerts.alerting.markup import plain
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.errors import DeliveryRefused, DeliverySlowedDown, DeliveryUncertain

PREFIX = "apprise:"
_VARIABLE = "VK_ALERTS_APPRISE_"
_PAUSE_SECONDS = 60.0
_TOO_MANY = 429
_CANNOT_EDIT = "this channel cannot edit: the message stays as it was"
_STATUS = re.compile(r"error=([1-5][0-9]{2})")
# How requests and the socket layer say that a request never left.
_NEVER_LEFT = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "Connection refused")
# What these log on the way holds URLs.
_CHATTY = ("urllib3", "requests", "requests_oauthlib", "oauthlib")


def variable_of(chat: str) -> str:
    """The variable with a channel's URL: ``VK_ALERTS_APPRISE_OPS_MAIL`` for ``apprise:ops_mail``."""
    return _VARIABLE + chat.removeprefix(PREFIX).upper()


class AppriseNotifier:
    """Sends plain text and the chart to the target that a chat's name stands for."""

    @contextmanager
    def session(self) -> Iterator["AppriseNotifier"]:
        """Itself: each message has a connection of its own; see `Notifier.session`."""
        yield self

    def send(self, message: OutgoingMessage) -> Receipt:
        """Sends one message; see `Session.send`.

        An edit changes nothing here, and its receipt says so: what follows comes as messages of its own.
        """
        if message.edits is not None:
            return Receipt(message.edits.message_id, note=_CANNOT_EDIT)
        url = os.environ.get(variable_of(message.chat), "").strip()
        if not url:
            raise DeliveryRefused(
                f"chat {message.chat}: {variable_of(message.chat)} is not set; "
                "put the channel's Apprise URL there"
            )
        is_sent, told = _notified(message, url)
        if not is_sent:
            _give_up(message.chat, told)
        return Receipt("sent")


def _notified(message: OutgoingMessage, url: str) -> tuple[bool, list[str]]:
    """Whether it was sent, and what the library said meanwhile."""
    try:
        import apprise
        from apprise.attachment.memory import AttachMemory
    except ImportError:
        raise DeliveryRefused(
            f"chat {message.chat}: Apprise is not installed; pip install 'vk-alerts[apprise]'"
        ) from None
    title, _, body = plain(message.caption).partition("\n")
    attached = None
    if message.photo is not None:
        attached = AttachMemory(  # type: ignore[no-untyped-call]
            content=message.photo, name="chart.png", mimetype="image/png"
        )
    with _overheard() as told:
        target = apprise.Apprise()
        if not target.add(url):
            raise DeliveryRefused(
                f"chat {message.chat}: {variable_of(message.chat)} holds no URL that Apprise knows; "
                "see its list of services"
            )
        is_sent = target.notify(
            body=body or title,
            title=title if body else "",
            body_format=apprise.NotifyFormat.TEXT,
            attach=attached,
        )
        return bool(is_sent), told


def _give_up(chat: str, told: Sequence[str]) -> NoReturn:
    said = "\n".join(told)
    status = _STATUS.search(said)
    code = int(status[1]) if status else 0
    if code == _TOO_MANY or (not code and any(sign in said for sign in _NEVER_LEFT)):
        reason = "it asks to slow down" if code else "it cannot be reached"
        raise DeliverySlowedDown(f"chat {chat}: {reason}", after_seconds=_PAUSE_SECONDS)
    if 400 <= code < 500:
        raise DeliveryRefused(f"chat {chat}: the service answers {code}; check {variable_of(chat)}")
    raise DeliveryUncertain(f"chat {chat}: " + (f"the service answers {code}" if code else "no clear answer"))


class _Listener(logging.Handler):
    """Keeps what is said, for the time of one message."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record's text."""
        self.told.append(record.getMessage())


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What Apprise says, heard by nobody else: it names URLs; and why it failed is said nowhere else."""
    library, listener = logging.getLogger("apprise"), _Listener()
    before = (library.level, library.propagate)
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    library.addHandler(listener)
    library.setLevel(logging.DEBUG)
    library.propagate = False
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield listener.told
    finally:
        library.removeHandler(listener)
        library.setLevel(before[0])
        library.propagate = before[1]
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
