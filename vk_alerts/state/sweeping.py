"""Before anything is sent: what is left over, too old, overtaken or too much gets its place in the outbox."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import sqlalchemy as sa

from vk_alerts.alerting.promises import HARD_FIRST, OTHERS_NEXT, Promise
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.state.database import transaction
from vk_alerts.state.outbox_rows import NewRow, OutboxRow, RowForm, RowState, insert_rows, row_of
from vk_alerts.state.tables import OUTBOX

MOST_UNCERTAIN_ATTEMPTS = 2
"""A send whose fate is unknown is repeated once: twice is better than not at all."""

_DIED = "its sender died"


@dataclass(frozen=True, slots=True)
class Limits:
    """When messages are gathered into one.

    Attributes:
        most_at_once: groups told one by one to a chat that has more waiting; the others share a digest.
        most_listed: messages told in one; more take another one.
        expires_after: a message that could not be sent for so long is told with others that were missed.
        edits_expire_after: an edit that could not be made for so long is given up.
    """

    most_at_once: int = 6
    most_listed: int = 30
    expires_after: timedelta = timedelta(hours=2)
    edits_expire_after: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, in rows.

    Attributes:
        recovered: left by a sender that died, to be sent again.
        given_up: left by a sender that died, and not to be repeated.
        overtaken: edits that a newer one replaces.
        expired: too old.
        merged: put into a digest.
    """

    recovered: int = 0
    given_up: int = 0
    overtaken: int = 0
    expired: int = 0
    merged: int = 0


def sweep(engine: sa.Engine, now: float, limits: Limits) -> Swept:
    """Puts the outbox in order, in one transaction.

    Raises:
        StateError: the state database cannot be used.
    """
    with transaction(engine) as connection:
        recovered, given_up = _recover(connection, now)
        ready = _rows(connection, OUTBOX.c.state == RowState.READY.value)
        overtaken = _overtaken(ready)
        _write(connection, overtaken, RowState.EXPIRED, problem="a newer edit replaces it")
        ready = _without(ready, overtaken)
        late = [row for row in ready if _is_late(row, now, limits)]
        _expire(connection, late, now, limits)
        merged = _merge(connection, _without(ready, late), now, limits)
    return Swept(recovered, given_up, len(overtaken), len(late), merged)


def _recover(connection: sa.Connection, now: float) -> tuple[int, int]:
    """Messages whose sender died, at who knows which moment: each may have arrived."""
    left = _rows(connection, OUTBOX.c.state == RowState.SENDING.value, OUTBOX.c.lease_until < now)
    again: list[OutboxRow] = []
    for row in left:
        attempts = row.uncertain_attempts + (row.promise is not Promise.IDEMPOTENT)
        may_repeat = row.promise is not Promise.AT_MOST_ONCE and attempts < MOST_UNCERTAIN_ATTEMPTS
        state = RowState.READY if may_repeat else RowState.UNCERTAIN
        _write(connection, [row], state, problem=_DIED, uncertain_attempts=attempts, due_at=now, claim=None)
        if may_repeat:
            again.append(row)
    return len(again), len(left) - len(again)


def _overtaken(ready: Sequence[OutboxRow]) -> list[OutboxRow]:
    """Edits that a newer edit of the same message makes needless."""
    edits = [row for row in ready if row.kind is NotificationKind.UPDATE]
    newest = {_message(row): row.id for row in edits}
    return [row for row in edits if newest[_message(row)] != row.id]


def _is_late(row: OutboxRow, now: float, limits: Limits) -> bool:
    if row.form is not RowForm.STORY:
        return False
    limit = limits.edits_expire_after if row.promise is Promise.IDEMPOTENT else limits.expires_after
    return now - row.created_at > limit.total_seconds()


def _expire(connection: sa.Connection, late: Sequence[OutboxRow], now: float, limits: Limits) -> None:
    """What must not be missed is told in one message per chat; the rest is too old to matter."""
    kept = [row for row in late if row.promise is Promise.AT_LEAST_ONCE]
    _write(connection, _without(late, kept), RowState.EXPIRED, problem="too old")
    for rows in _by(kept, _place):
        _tell_by_others(connection, rows, RowForm.MISSED, now, limits)


def _merge(connection: sa.Connection, ready: Sequence[OutboxRow], now: float, limits: Limits) -> int:
    """Puts all but the most urgent groups of a chat into a digest; a group's rows stay together."""
    merged = 0
    for rows in _by([row for row in ready if _is_mergeable(row)], _place):
        groups = sorted(_by(rows, lambda row: row.group), key=lambda found: min(map(_urgency, found)))
        rest = [row for found in groups[limits.most_at_once :] for row in found]
        if rest:
            _tell_by_others(connection, rest, RowForm.DIGEST, now, limits)
            merged += len(rest)
    return merged


def _is_mergeable(row: OutboxRow) -> bool:
    """Edits change messages that are there, and what may have arrived is repeated as it was."""
    is_plain = row.form is RowForm.STORY and row.heading is None
    return is_plain and row.promise is not Promise.IDEMPOTENT and not row.uncertain_attempts


def _tell_by_others(
    connection: sa.Connection, rows: Sequence[OutboxRow], form: RowForm, now: float, limits: Limits
) -> None:
    state = RowState.MERGED if form is RowForm.DIGEST else RowState.EXPIRED
    left = list(rows)
    while left:
        teller, room = _teller(connection, left, form, now, limits)
        _write(connection, left[:room], state, told_by=teller)
        left = left[room:]


def _teller(
    connection: sa.Connection, rows: Sequence[OutboxRow], form: RowForm, now: float, limits: Limits
) -> tuple[int, int]:
    """The row that tells others and how many more it has room for: one that waits already, or a new one."""
    first = rows[0]
    told = OUTBOX.alias("told")
    listed = sa.select(sa.func.count()).where(told.c.told_by == OUTBOX.c.id).scalar_subquery()
    waiting = sa.select(OUTBOX.c.id, listed).where(
        listed < limits.most_listed,
        OUTBOX.c.form == form.value,
        OUTBOX.c.chat == first.chat,
        OUTBOX.c.topic.is_not_distinct_from(first.topic),
        OUTBOX.c.state == RowState.READY.value,
        OUTBOX.c.uncertain_attempts == 0,
    )
    found = connection.execute(waiting.limit(1)).one_or_none()
    if found is not None:
        return found[0], limits.most_listed - found[1]
    key = f"{form.value}:{first.id}"
    new = NewRow(
        group=key,
        sequence=0,
        kind=NotificationKind.DIGEST,
        chat=first.chat,
        topic=first.topic,
        window=first.window,
        story=first.story,
        due_at=now,
        form=form,
        key=key,
        priority=min(HARD_FIRST if row.priority == HARD_FIRST else OTHERS_NEXT for row in rows),
    )
    insert_rows(connection, [new])
    made = connection.execute(sa.select(OUTBOX.c.id).where(OUTBOX.c.key == key)).scalar_one()
    return made, limits.most_listed


def _rows(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[OutboxRow]:
    query = sa.select(OUTBOX).where(*conditions).order_by(OUTBOX.c.id).with_for_update(skip_locked=True)
    return [row_of(dict(found)) for found in connection.execute(query).mappings()]


def _write(connection: sa.Connection, rows: Sequence[OutboxRow], state: RowState, **values: object) -> None:
    ids = [row.id for row in rows]
    if ids:
        changed = sa.update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(state=state.value, **values)
        connection.execute(changed)


def _without(rows: Iterable[OutboxRow], others: Iterable[OutboxRow]) -> list[OutboxRow]:
    left_out = {row.id for row in others}
    return [row for row in rows if row.id not in left_out]


def _by(rows: Iterable[OutboxRow], key: Callable[[OutboxRow], str]) -> list[list[OutboxRow]]:
    return [list(found) for _, found in groupby(sorted(rows, key=lambda row: (key(row), row.id)), key)]


def _place(row: OutboxRow) -> str:
    return f"{row.chat}/{row.topic}"


def _message(row: OutboxRow) -> tuple[str, int, str]:
    return (row.group, row.sequence, _place(row))


def _urgency(row: OutboxRow) -> tuple[int, int]:
    return (row.priority, row.id)
