"""The outbox: messages are written with the incident that caused them, then sent until their fate is known.

ready → sending (leased, committed before the send) → sent | ready again later | uncertain | dead
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from pydantic import TypeAdapter

from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.state.database import transaction
from vk_alerts.state.tables import OUTBOX

# Longer than a send can take (its own deadline is 90 s), so that nobody takes over a send that still runs.
LEASE_SECONDS = 180.0

_STORY: TypeAdapter[Story] = TypeAdapter(Story)


class RowState(StrEnum):
    """Where a message stands."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class NewRow:
    """A message to one chat, not yet in the outbox.

    Attributes:
        group: the group it tells of.
        sequence: which opening of the group.
        window: key of the window it is about.
        due_at: seconds since the epoch from which on it may be sent.
    """

    group: str
    sequence: int
    kind: NotificationKind
    chat: str
    window: str
    story: Story
    due_at: float

    @property
    def key(self) -> str:
        """What makes the message this one: it can be in the outbox only once."""
        return f"{self.group}:{self.kind.value}:{self.sequence}:{self.chat}"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message in the outbox.

    Attributes:
        attempts: how often somebody took it to send it.
        uncertain_attempts: after how many of them nobody knows whether it arrived.
        claim: what the sender who holds it can show for that.
    """

    id: int
    group: str
    sequence: int
    kind: NotificationKind
    chat: str
    window: str
    story: Story
    state: RowState
    attempts: int
    uncertain_attempts: int
    claim: str | None
    message_id: str | None
    caption: str | None
    chart: str | None
    problem: str | None


def insert_rows(connection: sa.Connection, rows: Sequence[NewRow]) -> None:
    """Adds the messages whose key is not there yet; part of the caller's transaction."""
    if not rows:
        return
    keys = [row.key for row in rows]
    there = set(connection.execute(sa.select(OUTBOX.c.key).where(OUTBOX.c.key.in_(keys))).scalars())
    fresh = [
        {
            "key": row.key,
            "group": row.group,
            "sequence": row.sequence,
            "kind": row.kind.value,
            "chat": row.chat,
            "window": row.window,
            "story": _STORY.dump_python(row.story, mode="json"),
            "state": RowState.READY.value,
            "attempts": 0,
            "uncertain_attempts": 0,
            "due_at": row.due_at,
        }
        for row in rows
        if row.key not in there
    ]
    if fresh:
        connection.execute(sa.insert(OUTBOX), fresh)


@dataclass(frozen=True, slots=True)
class OutboxRepository:
    """Reads and writes of the outbox."""

    engine: sa.Engine

    def claim_next(self, now: float) -> OutboxRow | None:
        """Leases the oldest message that is due, or None.

        A message that was being sent when its sender died is due again when its lease ends. The end of an
        incident waits until the fate of its opening is known.
        """
        opening = OUTBOX.alias("opening")
        unsettled = (RowState.READY.value, RowState.SENDING.value)
        opening_waits = sa.exists().where(
            opening.c.group == OUTBOX.c.group,
            opening.c.chat == OUTBOX.c.chat,
            opening.c.id < OUTBOX.c.id,
            opening.c.state.in_(unsettled),
        )
        due = sa.or_(
            sa.and_(OUTBOX.c.state == RowState.READY.value, OUTBOX.c.due_at <= now),
            sa.and_(OUTBOX.c.state == RowState.SENDING.value, OUTBOX.c.lease_until < now),
        )
        query = sa.select(OUTBOX).where(due, ~opening_waits).order_by(OUTBOX.c.id).limit(1)
        claim = uuid.uuid4().hex
        with transaction(self.engine) as connection:
            found = connection.execute(query.with_for_update(skip_locked=True)).mappings().one_or_none()
            if found is None:
                return None
            died = found["state"] == RowState.SENDING.value  # … the sender before, at who knows which moment
            taken = {
                "state": RowState.SENDING.value,
                "claim": claim,
                "lease_until": now + LEASE_SECONDS,
                "attempts": found["attempts"] + 1,
                "uncertain_attempts": found["uncertain_attempts"] + died,
            }
            connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id == found["id"]).values(**taken))
        return _row(dict(found) | taken)

    def settle(
        self,
        row: OutboxRow,
        state: RowState,
        *,
        caption: str | None = None,
        chart: str | None = None,
        message_id: str | None = None,
        problem: str | None = None,
    ) -> bool:
        """Records the fate of a claimed message; False when the claim was lost to somebody else."""
        values = {
            "state": state.value,
            "caption": caption,
            "chart": chart,
            "message_id": message_id,
            "problem": problem,
        }
        return self._update_claimed(row, values)

    def postpone(
        self, row: OutboxRow, *, due_at: float, problem: str, may_have_arrived: bool = False
    ) -> bool:
        """Gives a claimed message back, to be sent later; False when the claim was lost."""
        values = {
            "state": RowState.READY.value,
            "due_at": due_at,
            "problem": problem,
            "claim": None,
            "uncertain_attempts": row.uncertain_attempts + may_have_arrived,
        }
        return self._update_claimed(row, values)

    def opening_of(self, row: OutboxRow) -> OutboxRow | None:
        """The message that opened the row's group in its chat, once it was sent: what to reply to."""
        query = (
            sa.select(OUTBOX)
            .where(
                OUTBOX.c.group == row.group,
                OUTBOX.c.chat == row.chat,
                OUTBOX.c.kind == NotificationKind.OPEN.value,
                OUTBOX.c.state == RowState.SENT.value,
                OUTBOX.c.id < row.id,
            )
            .order_by(OUTBOX.c.id)
            .limit(1)
        )
        with transaction(self.engine) as connection:
            found = connection.execute(query).mappings().one_or_none()
        return None if found is None else _row(dict(found))

    def rows(self) -> list[OutboxRow]:
        """Every message, oldest first."""
        with transaction(self.engine) as connection:
            found = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.id)).mappings().all()
        return [_row(dict(row)) for row in found]

    def due(self, now: float) -> int:
        """How many messages wait to be sent and may be by now."""
        query = sa.select(sa.func.count()).select_from(OUTBOX)
        waiting = sa.or_(
            sa.and_(OUTBOX.c.state == RowState.READY.value, OUTBOX.c.due_at <= now),
            sa.and_(OUTBOX.c.state == RowState.SENDING.value, OUTBOX.c.lease_until < now),
        )
        with transaction(self.engine) as connection:
            return int(connection.execute(query.where(waiting)).scalar_one())

    def _update_claimed(self, row: OutboxRow, values: Mapping[str, object]) -> bool:
        query = sa.update(OUTBOX).where(
            OUTBOX.c.id == row.id,
            OUTBOX.c.claim == row.claim,
            OUTBOX.c.state == RowState.SENDING.value,
        )
        with transaction(self.engine) as connection:
            return connection.execute(query.values(**values)).rowcount == 1


def _row(found: dict[str, object]) -> OutboxRow:
    names = OutboxRow.__dataclass_fields__.keys()
    values = {name: found[name] for name in names}
    values["story"] = _STORY.validate_python(found["story"])
    values["kind"] = NotificationKind(str(found["kind"]))
    values["state"] = RowState(str(found["state"]))
    return OutboxRow(**values)  # type: ignore[arg-type]
