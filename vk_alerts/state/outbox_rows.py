"""The rows of the outbox as values: a message to one chat, before and after it is in there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from pydantic import TypeAdapter

from vk_alerts.alerting.promises import Promise, is_once_per_opening, priority_of, promise_of
from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.state.tables import OUTBOX

_STORY: TypeAdapter[Story] = TypeAdapter(Story)


class RowState(StrEnum):
    """Where a message stands."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"  # may have arrived; nobody will know
    DEAD = "dead"  # its chat does not take it
    MERGED = "merged"  # told in a digest: `told_by` names its row
    EXPIRED = "expired"  # too old, or overtaken; what must not be missed is told by `told_by`


UNSETTLED = (RowState.READY, RowState.SENDING)
"""The states in which a message's fate is still open."""


class RowForm(StrEnum):
    """What a message holds."""

    STORY = "story"  # the row's story
    DIGEST = "digest"  # a line for each row that it tells: they were too many
    MISSED = "missed"  # the same: they could not be sent in time
    NOTICE = "notice"  # its heading only: for who runs the bot


@dataclass(frozen=True, slots=True)
class NewRow:
    """A message to one chat, not yet in the outbox.

    Attributes:
        group: the group it tells of.
        sequence: which opening of the group.
        window: key of the window it is about.
        due_at: seconds since the epoch from which on it may be sent.
        topic: number of the chat's topic; None = none.
        mention: who is called instead of the story's owner.
        form: what it holds.
        heading: HTML in front of the text.
        key: what makes the message this one, so that it can be in the outbox only once; empty = what group,
            kind, sequence, destination and, for what can be told repeatedly, window make it.
        priority: its place in the queue, lowest first; None = as its story says.
    """

    group: str
    sequence: int
    kind: NotificationKind
    chat: str
    window: str
    story: Story
    due_at: float
    topic: int | None = None
    mention: str | None = None
    form: RowForm = RowForm.STORY
    heading: str | None = None
    key: str = ""
    priority: int | None = None

    @property
    def unique_key(self) -> str:
        """The key that is stored."""
        if self.key:
            return self.key
        place = self.chat if self.topic is None else f"{self.chat}/{self.topic}"
        key = f"{self.group}:{self.kind.value}:{self.sequence}:{place}"
        return key if is_once_per_opening(self.kind) else f"{key}:{self.window}"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message in the outbox.

    Attributes:
        attempts: how often it was tried.
        uncertain_attempts: after how many of them nobody knows whether it arrived.
        claim: what the sender who holds it can show for that.
        created_at: seconds since the epoch.
        told_by: id of the row that tells it instead.
        photo_id: the picture's id at Telegram; None = it went out without one.
        keyboard: rows of buttons as they were sent.
    """

    id: int
    key: str
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
    form: RowForm
    topic: int | None
    mention: str | None
    heading: str | None
    priority: int
    created_at: float
    told_by: int | None
    photo_id: str | None
    keyboard: list[list[dict[str, str]]] | None

    @property
    def promise(self) -> Promise:
        """What a lost answer leads to; a message about several others must not get lost."""
        is_about_others = self.form in (RowForm.DIGEST, RowForm.MISSED)
        return Promise.AT_LEAST_ONCE if is_about_others else promise_of(self.kind)


def insert_rows(connection: sa.Connection, rows: Sequence[NewRow]) -> None:
    """Adds the messages whose key is not there yet; part of the caller's transaction."""
    if not rows:
        return
    by_key: dict[str, NewRow] = {}
    for row in rows:
        by_key.setdefault(row.unique_key, row)
    there = set(connection.execute(sa.select(OUTBOX.c.key).where(OUTBOX.c.key.in_(by_key))).scalars())
    fresh = [_inserted(row) for key, row in by_key.items() if key not in there]
    if fresh:
        connection.execute(sa.insert(OUTBOX), fresh)


def row_of(found: Mapping[str, object]) -> OutboxRow:
    """A row as the database holds it."""
    values = {name: found[name] for name in OutboxRow.__dataclass_fields__}
    values["story"] = _STORY.validate_python(found["story"])
    values["kind"] = NotificationKind(str(found["kind"]))
    values["state"] = RowState(str(found["state"]))
    values["form"] = RowForm(str(found["form"]))
    return OutboxRow(**values)  # type: ignore[arg-type]


def _inserted(row: NewRow) -> dict[str, object]:
    return {
        "key": row.unique_key,
        "group": row.group,
        "sequence": row.sequence,
        "kind": row.kind.value,
        "chat": row.chat,
        "topic": row.topic,
        "mention": row.mention,
        "window": row.window,
        "story": _STORY.dump_python(row.story, mode="json"),
        "form": row.form.value,
        "heading": row.heading,
        "state": RowState.READY.value,
        "priority": priority_of(row.story) if row.priority is None else row.priority,
        "attempts": 0,
        "uncertain_attempts": 0,
        "due_at": row.due_at,
        "created_at": row.due_at,
    }
