"""The messages of the outbox that have no fate yet, to be looked at and left as they are."""

from dataclasses import dataclass

import sqlalchemy as sa

from vk_alerts.state.database import transaction
from vk_alerts.state.outbox_rows import UNSETTLED, OutboxRow, row_of
from vk_alerts.state.tables import OUTBOX


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A message that waits.

    Attributes:
        row: the message.
        due_at: from when on it may be sent, seconds since the epoch.
    """

    row: OutboxRow
    due_at: float


def waiting_rows(engine: sa.Engine) -> list[WaitingRow]:
    """The messages without a fate, most urgent first.

    Raises:
        StateError: the state database cannot be used.
    """
    query = sa.select(OUTBOX).where(OUTBOX.c.state.in_(UNSETTLED)).order_by(OUTBOX.c.priority, OUTBOX.c.id)
    with transaction(engine) as connection:
        found = connection.execute(query).mappings().all()
    return [WaitingRow(row_of(dict(one)), float(one["due_at"])) for one in found]
