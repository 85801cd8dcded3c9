"""What was learned about chats while sending to them: pauses and new ids, kept over restarts."""

from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.state.database import transaction
from vk_alerts.state.tables import CHATS

BOT = "*"
"""The row of the bot itself: while it is paused, no chat gets anything."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which nothing is sent.

    Attributes:
        chat: to this chat; `BOT` = to any.
        until: seconds since the epoch.
        reason: what the server said.
    """

    chat: str
    until: float
    reason: str


def remember(connection: sa.Connection, chat: str, **values: object) -> None:
    """Writes what was learned of a chat; part of the caller's transaction."""
    if connection.execute(sa.update(CHATS).where(CHATS.c.chat == chat).values(**values)).rowcount == 0:
        connection.execute(sa.insert(CHATS), {"chat": chat, **values})


def pause(connection: sa.Connection, begun: Pause) -> None:
    """Begins or prolongs a pause; part of the caller's transaction."""
    remember(connection, begun.chat, paused_until=begun.until, reason=begun.reason)


def may_be_written_to(chat: sa.ColumnElement[str], now: float) -> sa.ColumnElement[bool]:
    """SQL: neither the chat nor the bot is paused."""
    paused = sa.select(CHATS.c.chat).where(CHATS.c.paused_until > now)
    return sa.and_(chat.not_in(paused), sa.literal(BOT).not_in(paused))


@dataclass(frozen=True, slots=True)
class ChatRepository:
    """Reads of what is known about chats."""

    engine: sa.Engine

    def pauses(self, now: float) -> list[Pause]:
        """The pauses that last, those that end first at the beginning."""
        query = sa.select(CHATS).where(CHATS.c.paused_until > now).order_by(CHATS.c.paused_until)
        with transaction(self.engine) as connection:
            found = connection.execute(query).all()
        return [Pause(row.chat, row.paused_until, row.reason or "") for row in found]

    def current_id(self, chat: str) -> str:
        """Where messages to a chat go now: groups get another id when they become supergroups."""
        seen = {chat}
        with transaction(self.engine) as connection:
            while True:
                query = sa.select(CHATS.c.moved_to).where(CHATS.c.chat == chat)
                moved = connection.execute(query).scalar_one_or_none()
                if moved is None or moved in seen:
                    return chat
                seen.add(moved)
                chat = moved
