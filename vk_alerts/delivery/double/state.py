"""What the double knows: chats, their messages, the calls it got and the faults that are still to strike."""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vk_alerts.delivery.double.faults import Fault, RefusalError
from vk_alerts.delivery.double.markup import Shown

TOKEN = f"{123456789}:AAF-an_honest_double_of_a_bots_token"  # not for whoever scans for real ones
"""The one token that the double knows."""


@dataclass
class Accepted:
    """A message as the chat shows it.

    Attributes:
        chat: the chat.
        message_id: its number.
        shown: its text, links and bold stretches.
        photo: the picture; None = a text message.
        silent: whether it came without a sound.
        reply_to: number of the message it replies to.
        preview: whether the first link is unfolded.
        markup: its keyboard as JSON.
        topic: number of its topic.
        edits: how often it was changed.
    """

    chat: str
    message_id: int
    shown: Shown
    photo: bytes | None
    silent: bool
    reply_to: int | None
    preview: bool
    markup: str | None = None
    topic: int | None = None
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A request and how it was answered, for who wants to look on.

    Attributes:
        method: of the Bot API.
        chat: the chat it names; empty = none.
        body_bytes: size of the request.
        status: HTTP status of the answer; 0 = there was no whole answer.
        said: the refusal's words; empty = a success.
        text: what the message shows, should it be accepted; empty = it has no text.
    """

    method: str
    chat: str
    body_bytes: int
    status: int
    said: str
    text: str = ""


@dataclass
class BotApi:
    """The server's state; fields may be changed between calls.

    Attributes:
        root: what ``VK_ALERTS_TELEGRAM_API`` would hold.
        chats: chats the bot may write to; a name such as ``@channel`` stands for itself.
        kicked: chats it was thrown out of.
        migrated: old id to new id.
        topics: numbers of the topics there are, by chat.
        per_chat: at most so many messages in so many seconds; None = no limit.
        clock: seconds, for the limit.
        calls: methods called with a valid token, faults included, with their fields.
        log: every request and its answer.
        accepted: messages that chats show.
        before: faults to strike before acceptance, the next first; None lets a call pass.
        after: faults to strike after acceptance.
        stopping: set when the server ends.
        lock: held by the call that is being carried out.
        files: uploaded pictures by their id.
        titles: of chats.
        left: chats the bot is not in any more, without having been thrown out.
        updates: what people did and the bot has not confirmed to know.
        webhook: where updates go instead; empty = nowhere.
        pressed: buttons' presses that wait for an answer.
        answered: answers to presses.
        arrived: set while there may be updates.
        polling: set once a poll has begun to wait for some.
        said: chats and numbers of what people wrote; a bot can reply to it.
    """

    root: str = ""
    chats: set[str] = field(default_factory=lambda: {"-1001"})
    kicked: set[str] = field(default_factory=set)
    migrated: dict[str, str] = field(default_factory=dict)
    topics: dict[str, set[int]] = field(default_factory=dict)
    per_chat: tuple[int, float] | None = None
    clock: Callable[[], float] = time.monotonic
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    log: list[Call] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    before: deque[Fault | None] = field(default_factory=deque)
    after: deque[Fault | None] = field(default_factory=deque)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    files: dict[str, bytes] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    updates: list[dict[str, Any]] = field(default_factory=list)
    webhook: str = ""
    pressed: set[str] = field(default_factory=set)
    answered: list[str] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    polling: threading.Event = field(default_factory=threading.Event)
    said: set[tuple[str, int]] = field(default_factory=set)
    _last_update: int = 700_000
    _sent_at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def message(self, chat: str, message_id: int) -> Accepted | None:
        """The message of a chat with that number."""
        return next((m for m in self.accepted if (m.chat, m.message_id) == (chat, message_id)), None)

    def delete(self, message_id: int) -> None:
        """Removes a message, as its author or an admin would."""
        self.accepted[:] = [message for message in self.accepted if message.message_id != message_id]

    def next_update(self) -> int:
        """The number that the next update gets."""
        return self._last_update + 1

    def send_update(self, kind: str, content: dict[str, Any]) -> int:
        """Something happened that the bot may ask for; its number."""
        self._last_update += 1
        self.updates.append({"update_id": self._last_update, kind: content})
        self.arrived.set()
        return self._last_update

    def accept(self, chat: str, fields: dict[str, Any], shown: Shown, photo: bytes | None) -> Accepted:
        """A new message, if topic, reply and rate allow it."""
        topic = self._topic(chat, fields)
        reply_to = self._reply(chat, fields)
        self._spend(chat)
        preview = json.loads(fields.get("link_preview_options", "{}"))
        message = Accepted(
            chat,
            self.next_id(),
            shown,
            photo,
            silent=str(fields.get("disable_notification", "false")).lower() == "true",
            reply_to=reply_to,
            preview=photo is None and not preview.get("is_disabled", False),
            topic=topic,
        )
        self.accepted.append(message)
        return message

    def next_id(self) -> int:
        """The number that the next message gets."""
        numbers = [message.message_id for message in self.accepted] + [number for _, number in self.said]
        return max(numbers, default=100) + 1

    def _topic(self, chat: str, fields: dict[str, Any]) -> int | None:
        if "message_thread_id" not in fields:
            return None
        topic = int(fields["message_thread_id"])
        if topic not in self.topics.get(chat, ()):
            raise RefusalError(400, "Bad Request: message thread not found")
        return topic

    def _reply(self, chat: str, fields: dict[str, Any]) -> int | None:
        if "reply_parameters" not in fields:
            return None
        reply = json.loads(fields["reply_parameters"])
        number = int(reply["message_id"])
        if (chat, number) in self.said or self.message(chat, number) is not None:
            return number
        if not reply.get("allow_sending_without_reply"):
            raise RefusalError(400, "Bad Request: message to be replied not found")
        return None

    def _spend(self, chat: str) -> None:
        if self.per_chat is None:
            return
        most, seconds = self.per_chat
        now = self.clock()
        recent = [at for at in self._sent_at[chat] if now - at < seconds]
        if len(recent) >= most:
            wait = max(1, round(recent[0] + seconds - now))
            raise RefusalError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self._sent_at[chat] = [*recent, now]
