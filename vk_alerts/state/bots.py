"""Which process reads what people do to a bot, and how far it has come."""

from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.state.database import transaction, translated
from vk_alerts.state.tables import BOTS

LEASE_SECONDS = 120.0
"""Longer than a long poll and acting on what it brings take; then another follows a killed process."""


@dataclass(frozen=True, slots=True)
class BotRepository:
    """Reads and writes of one bot's row.

    Attributes:
        engine: of the state database.
        bot: the bot's id: another bot has other updates.
    """

    engine: sa.Engine
    bot: str

    def lease(self, holder: str, *, now: float) -> bool:
        """Takes or prolongs the lease; False when another process holds it.

        Args:
            holder: what this process calls itself.
            now: seconds since the epoch.
        """
        self._make_row()
        free = sa.or_(BOTS.c.holder.is_(None), BOTS.c.holder == holder, BOTS.c.lease_until <= now)
        values = {"holder": holder, "lease_until": now + LEASE_SECONDS}
        with transaction(self.engine) as connection:
            updated = sa.update(BOTS).where(BOTS.c.bot == self.bot, free).values(**values)
            return connection.execute(updated).rowcount == 1

    def _make_row(self) -> None:
        query = sa.select(BOTS.c.bot).where(BOTS.c.bot == self.bot)
        with transaction(self.engine) as connection:
            if connection.execute(query).first() is not None:
                return
        # Another process may be first in between: its row will do.
        with translated(self.engine), suppress(sa.exc.IntegrityError), self.engine.begin() as connection:
            connection.execute(sa.insert(BOTS), {"bot": self.bot, "lease_until": 0.0})

    def release(self, holder: str) -> None:
        """Gives the lease back, if it is still held."""
        mine = sa.and_(BOTS.c.bot == self.bot, BOTS.c.holder == holder)
        with transaction(self.engine) as connection:
            connection.execute(sa.update(BOTS).where(mine).values(holder=None, lease_until=0.0))

    def next_update(self) -> int | None:
        """The first update that was not acted on; None = nobody has read any."""
        query = sa.select(BOTS.c.next_update).where(BOTS.c.bot == self.bot)
        with transaction(self.engine) as connection:
            found: int | None = connection.execute(query).scalar_one_or_none()
        return found

    def advance(self, holder: str, next_update: int, *, now: float) -> bool:
        """Keeps that all updates before ``next_update`` were acted on; False when the lease is lost."""
        mine = sa.and_(BOTS.c.bot == self.bot, BOTS.c.holder == holder)
        values = {"next_update": next_update, "lease_until": now + LEASE_SECONDS}
        with transaction(self.engine) as connection:
            return connection.execute(sa.update(BOTS).where(mine).values(**values)).rowcount == 1
