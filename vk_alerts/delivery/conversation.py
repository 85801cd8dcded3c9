"""What people do to a bot, as values, and the answers they get at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from telegram import Bot, Chat, Message, Update, User
from telegram.error import TelegramError

from vk_alerts.alerting.markup import cut
from vk_alerts.delivery.asking import asked, connected
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.delivery.sending import deliver_one

ANSWER_UNITS = 200
"""What Telegram shows in answer to a press, from the Bot API."""
_ALLOWED = ("message", "callback_query")
_DEADLINE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something.

    Attributes:
        id: the user's id, which stays.
        username: without the ``@``; empty = none.
        first_name: what people call them.
    """

    id: int
    username: str
    first_name: str

    @property
    def shown(self) -> str:
        """How they are named in messages and in the audit."""
        return f"@{self.username}" if self.username else self.first_name or str(self.id)


@dataclass(frozen=True, slots=True)
class Place:
    """Where they did it.

    Attributes:
        chat: the chat's id.
        name: its public ``@name``; empty = none.
        topic: number of the topic; None = none.
        message_id: the message: the one with the button, or their own.
    """

    chat: str
    name: str
    topic: int | None
    message_id: str


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button.

    Attributes:
        update: number of the update.
        id: what the answer must name.
        person: who.
        place: below which message; None = Telegram does not say.
        data: what the button carries.
    """

    update: int
    id: str
    person: Person
    place: Place | None
    data: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote something.

    Attributes:
        update: number of the update.
        person: who.
        place: where.
        text: what.
    """

    update: int
    person: Person
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened.

    Attributes:
        happenings: what is of interest, in order.
        next_update: the first number that is not among what was read; None = nothing was read.
    """

    happenings: tuple[Press | Said, ...]
    next_update: int | None


class Conversation:
    """A bot whose connections are open; `conversation` makes it."""

    def __init__(self, bot: Bot, token_variable: str) -> None:
        self._bot = bot
        self._token_variable = token_variable

    async def introduce(self) -> tuple[str, str]:
        """The bot's id and its name without the ``@``; see `asked` for what is raised here and below."""
        remedy = f"put a valid token into {self._token_variable}"
        me = await asked(self._bot.get_me(), remedy, token_variable=self._token_variable)
        return str(me.id), me.username or ""

    async def happenings(self, since: int | None, *, wait: timedelta) -> Batch:
        """What happened from update ``since`` on; waits for it. Telegram forgets what came before."""
        question = self._bot.get_updates(
            offset=since, timeout=int(wait.total_seconds()), allowed_updates=_ALLOWED
        )
        updates = await asked(question, "see core.telegram.org/bots", token_variable=self._token_variable)
        found = [_happening(update) for update in updates]
        following = max((update.update_id + 1 for update in updates), default=None)
        return Batch(tuple(one for one in found if one is not None), following)

    async def answer_press(self, press: Press, text: str) -> bool:
        """Shows a line to who pressed; False when it is too late for that, which harms nobody."""
        try:
            return await self._bot.answer_callback_query(press.id, cut(text, limit=ANSWER_UNITS))
        except TelegramError:
            return False

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Sends one message; see `vk_alerts.delivery.protocol.Session.send`."""
        return await deliver_one(self._bot, message, deadline=_DEADLINE, token_variable=self._token_variable)


@asynccontextmanager
async def conversation(token_variable: str, api_root: str | None) -> AsyncIterator[Conversation]:
    """A conversation for the time of the block.

    Raises:
        ConfigurationError: the variable holds no token.
    """
    async with connected(token_variable, api_root) as bot:
        yield Conversation(bot, token_variable)


def _happening(update: Update) -> Press | Said | None:
    pressed, message = update.callback_query, update.message
    if pressed is not None:
        below = pressed.message
        topic = below.message_thread_id if isinstance(below, Message) and below.is_topic_message else None
        place = None if below is None else _place(below.chat, topic, below.message_id)
        return Press(update.update_id, pressed.id, _person(pressed.from_user), place, pressed.data or "")
    if message is None or message.text is None or message.from_user is None:
        return None
    topic = message.message_thread_id if message.is_topic_message else None
    place = _place(message.chat, topic, message.message_id)
    return Said(update.update_id, _person(message.from_user), place, message.text)


def _place(chat: Chat, topic: int | None, message_id: int) -> Place:
    return Place(str(chat.id), f"@{chat.username}" if chat.username else "", topic, str(message_id))


def _person(user: User) -> Person:
    return Person(user.id, user.username or "", user.first_name)
