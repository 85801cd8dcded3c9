"""The outbox: messages are written with the incident that caused them, then sent until their fate is known.

ready → sending (leased, committed before the send) → sent | ready again later | uncertain | dead; a message
that waits too long or is one of too many is told by another one (expired, merged).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.metrics.routes import Destination
from vk_alerts.state.chats import Pause, pause, remember
from vk_alerts.state.database import transaction
from vk_alerts.state.outbox_rows import (
    UNSETTLED,
    NewRow,
    OutboxRow,
    RowForm,
    RowState,
    insert_rows,
    row_of,
)
from vk_alerts.state.stories import told_message
from vk_alerts.state.tables import OUTBOX
from vk_alerts.state.turns import may_be_sent

__all__ = [
    "LEASE_SECONDS",
    "NewRow",
    "OutboxRepository",
    "OutboxRow",
    "RowForm",
    "RowState",
    "insert_rows",
]

# Longer than a send can take (its own deadline is 90 s), so that nobody takes over a send that still runs.
LEASE_SECONDS = 180.0
# Telegram takes 20 messages a minute in a group; below that nobody is ever told to slow down.
MOST_A_MINUTE = 15


@dataclass(frozen=True, slots=True)
class OutboxRepository:
    """Reads and writes of the outbox.

    Attributes:
        engine: of the state database.
        most_a_minute: messages to one chat in a minute, kept to also over restarts.
    """

    engine: sa.Engine
    most_a_minute: int = MOST_A_MINUTE

    def claim_next(self, now: float) -> OutboxRow | None:
        """Leases the most urgent message that may be sent now, or None.

        A message waits for an earlier one of its group in its chat, for its chat's pause, and where its chat
        has had its share of the minute.
        """
        query = (
            sa.select(OUTBOX)
            .where(may_be_sent(now, most_a_minute=self.most_a_minute))
            .order_by(OUTBOX.c.priority, OUTBOX.c.id)
            .limit(1)
        )
        claim = uuid.uuid4().hex
        with transaction(self.engine) as connection:
            found = connection.execute(query.with_for_update(skip_locked=True)).mappings().one_or_none()
            if found is None:
                return None
            taken = {
                "state": RowState.SENDING.value,
                "claim": claim,
                "lease_until": now + LEASE_SECONDS,
                "tried_at": now,
                "attempts": found["attempts"] + 1,
            }
            connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id == found["id"]).values(**taken))
        return row_of(dict(found) | taken)

    def settle(
        self,
        row: OutboxRow,
        state: RowState,
        *,
        moved_to: str | None = None,
        replacement: NewRow | None = None,
        **values: object,
    ) -> bool:
        """Records the fate of a claimed message; False when the claim was lost to somebody else.

        Args:
            row: the message.
            state: its fate.
            moved_to: the chat's new id, remembered for good.
            replacement: a message that tells it elsewhere.
            values: what else is known: caption, chart, message_id, photo_id, keyboard, problem.
        """
        with transaction(self.engine) as connection:
            if not _update_claimed(connection, row, {"state": state.value, "problem": None, **values}):
                return False
            if moved_to is not None:
                remember(connection, row.chat, moved_to=moved_to)
            if replacement is not None:
                insert_rows(connection, [replacement])
                _pass_on(connection, row, replacement)
        return True

    def postpone(
        self,
        row: OutboxRow,
        *,
        due_at: float,
        problem: str,
        may_have_arrived: bool = False,
        is_spent: bool = True,
        begun: Pause | None = None,
    ) -> bool:
        """Gives a claimed message back, to be sent later; False when the claim was lost.

        Args:
            row: the message.
            due_at: seconds since the epoch.
            problem: why.
            may_have_arrived: whether nobody knows if it arrived.
            is_spent: whether this was an attempt: one that the server did not let begin is none.
            begun: a pause that the server has asked for.
        """
        values = {
            "state": RowState.READY.value,
            "due_at": due_at,
            "problem": problem,
            "claim": None,
            "attempts": row.attempts if is_spent else row.attempts - 1,
            "uncertain_attempts": row.uncertain_attempts + may_have_arrived,
        }
        with transaction(self.engine) as connection:
            if begun is not None:
                pause(connection, begun)
            return _update_claimed(connection, row, values)

    def told_message(self, row: OutboxRow) -> OutboxRow | None:
        """The message that tells of the row's group in its chat now: what to reply to, and what to edit.

        It is the newest that was sent of its openings up to the row's, or what replaced it, be it a digest.
        """
        with transaction(self.engine) as connection:
            return told_message(connection, row)

    def destinations_of(self, group: str) -> list[Destination]:
        """Where a group was told, in the order of the first time; fallback chats are not among them."""
        query = (
            sa.select(OUTBOX.c.chat, OUTBOX.c.topic, OUTBOX.c.mention)
            .where(
                OUTBOX.c.group == group,
                OUTBOX.c.form == RowForm.STORY.value,
                OUTBOX.c.heading.is_(None),
            )
            .order_by(OUTBOX.c.id)
        )
        with transaction(self.engine) as connection:
            found = connection.execute(query).all()
        ends: dict[tuple[str, int | None], Destination] = {}
        for row in found:
            ends.setdefault((row.chat, row.topic), Destination(row.chat, row.topic, row.mention))
        return list(ends.values())

    def has_told(self, row: OutboxRow, chat: str) -> bool:
        """Whether a chat has a row of its own for what a row tells."""
        query = sa.select(OUTBOX.c.id).where(
            OUTBOX.c.group == row.group,
            OUTBOX.c.kind == row.kind.value,
            OUTBOX.c.sequence == row.sequence,
            OUTBOX.c.window == row.window,
            OUTBOX.c.chat == chat,
            OUTBOX.c.form == row.form.value,
        )
        with transaction(self.engine) as connection:
            return connection.execute(query.limit(1)).first() is not None

    def told_in(self, row: OutboxRow) -> list[OutboxRow]:
        """The messages that a row tells in their place, most urgent first."""
        query = sa.select(OUTBOX).where(OUTBOX.c.told_by == row.id).order_by(OUTBOX.c.priority, OUTBOX.c.id)
        with transaction(self.engine) as connection:
            found = connection.execute(query).mappings().all()
        return [row_of(dict(one)) for one in found]

    def rows(self) -> list[OutboxRow]:
        """Every message, oldest first."""
        with transaction(self.engine) as connection:
            found = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.id)).mappings().all()
        return [row_of(dict(row)) for row in found]

    def due(self, now: float) -> int:
        """How many messages may be sent now, or were left by a sender that died."""
        left = sa.and_(OUTBOX.c.state == RowState.SENDING.value, OUTBOX.c.lease_until < now)
        query = sa.select(sa.func.count()).select_from(OUTBOX)
        with transaction(self.engine) as connection:
            return int(
                connection.execute(
                    query.where(sa.or_(may_be_sent(now, most_a_minute=self.most_a_minute), left))
                ).scalar_one()
            )

    def waiting(self) -> int:
        """How many messages have no fate yet."""
        query = sa.select(sa.func.count()).select_from(OUTBOX).where(OUTBOX.c.state.in_(UNSETTLED))
        with transaction(self.engine) as connection:
            return int(connection.execute(query).scalar_one())

    def oldest_waiting(self) -> str | None:
        """Key of the oldest window of which a message has no fate yet; None = there is none."""
        query = sa.select(sa.func.min(OUTBOX.c.window)).where(OUTBOX.c.state.in_(UNSETTLED))
        with transaction(self.engine) as connection:
            oldest: str | None = connection.execute(query).scalar_one()
        return oldest


def _update_claimed(connection: sa.Connection, row: OutboxRow, values: Mapping[str, object]) -> bool:
    query = sa.update(OUTBOX).where(
        OUTBOX.c.id == row.id,
        OUTBOX.c.claim == row.claim,
        OUTBOX.c.state == RowState.SENDING.value,
    )
    return connection.execute(query.values(**values)).rowcount == 1


def _pass_on(connection: sa.Connection, row: OutboxRow, replacement: NewRow) -> None:
    """What a row was to tell in others' place is told by its replacement."""
    found = sa.select(OUTBOX.c.id).where(OUTBOX.c.key == replacement.unique_key)
    heir = connection.execute(found).scalar_one()
    connection.execute(sa.update(OUTBOX).where(OUTBOX.c.told_by == row.id).values(told_by=heir))
