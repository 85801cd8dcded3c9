"""How a send went → the row's fate, in the state database."""

import logging

from vk_alerts.alerting.promises import Promise
from vk_alerts.alerting.refusals import refused_heading, refused_notice
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.delivery.protocol import Receipt
from vk_alerts.errors import (
    DeliveryError,
    DeliveryHalted,
    DeliveryPostponed,
    DeliverySlowedDown,
    DeliveryUncertain,
)
from vk_alerts.pipeline.delivering.composing import Composed, stored_keyboard
from vk_alerts.pipeline.delivering.post import Post
from vk_alerts.pipeline.delivering.report import Fate
from vk_alerts.state.chats import BOT, Pause
from vk_alerts.state.outbox import NewRow, OutboxRow, RowForm, RowState
from vk_alerts.state.sweeping import MOST_UNCERTAIN_ATTEMPTS

LOGGER = logging.getLogger(__name__)

# Pauses between attempts that certainly did not arrive: 15 s, 30 s, … up to 10 min.
_FIRST_PAUSE_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 600.0
_MOST_DOUBLINGS = 10
# A send whose fate is unknown is repeated after this long.
_UNCERTAIN_PAUSE_SECONDS = 60.0


def record_receipt(post: Post, row: OutboxRow, composed: Composed, receipt: Receipt) -> Fate:
    """A message that was accepted."""
    told = composed.told if composed.message.edits is not None else None
    text, note = composed.message.caption, receipt.note or None
    kept = post.outbox.settle(
        row,
        RowState.SENT,
        moved_to=receipt.migrated_to,
        caption=text,
        chart=receipt.chart,
        message_id=receipt.message_id,
        photo_id=told.photo_id if receipt.photo_id is None and told is not None else receipt.photo_id,
        keyboard=stored_keyboard(composed.message.keyboard),
        problem=note,
    )
    if not kept:
        LOGGER.warning("message=%s outcome=arrived after its lease; another sender has it", row.id)
    return Fate(row, RowState.SENT, text, receipt.chart, note)


def record_nothing_to_edit(post: Post, row: OutboxRow) -> Fate:
    """An edit whose message never was: what it would change was not sent, or told among others."""
    problem = "there is no message to edit"
    post.outbox.settle(row, RowState.EXPIRED, problem=problem)
    return Fate(row, RowState.EXPIRED, "", None, problem)


def record_failure(
    post: Post, row: OutboxRow, composed: Composed, error: DeliveryError, *, now: float
) -> Fate:
    """A message that was not confirmed.

    Args:
        post: the outbox.
        row: the message.
        composed: what was sent.
        error: how it failed.
        now: seconds since the epoch.
    """
    text, problem = composed.message.caption, str(error)
    if isinstance(error, DeliveryPostponed):
        state = _postpone(post, row, error, now)
    elif isinstance(error, DeliveryUncertain):
        state = _uncertain(post, row, problem, text, now)
    else:
        state = RowState.DEAD
        replacement = _elsewhere(post, row, problem, now)
        if replacement is None:
            LOGGER.error("message=%s chat=%s state=dead problem=%s", row.id, row.chat, problem)
        post.outbox.settle(row, state, caption=text, problem=problem, replacement=replacement)
    return Fate(row, state, text, None, problem)


def _postpone(post: Post, row: OutboxRow, error: DeliveryPostponed, now: float) -> RowState:
    problem = str(error)
    if isinstance(error, DeliverySlowedDown | DeliveryHalted):
        # The pause holds all messages of the chat, or of the bot; this one goes first when it ends.
        chat = BOT if isinstance(error, DeliveryHalted) else row.chat
        begun = Pause(chat, now + error.after_seconds, problem)
        post.outbox.postpone(row, due_at=now, problem=problem, is_spent=False, begun=begun)
        return RowState.READY
    doublings = min(row.attempts - 1, _MOST_DOUBLINGS)
    pause = min(_FIRST_PAUSE_SECONDS * 2**doublings, _LONGEST_PAUSE_SECONDS)
    post.outbox.postpone(row, due_at=now + max(pause, error.after_seconds), problem=problem)
    return RowState.READY


def _uncertain(post: Post, row: OutboxRow, problem: str, text: str, now: float) -> RowState:
    may_repeat = row.uncertain_attempts + 1 < MOST_UNCERTAIN_ATTEMPTS
    if row.promise is Promise.IDEMPOTENT or (row.promise is Promise.AT_LEAST_ONCE and may_repeat):
        post.outbox.postpone(
            row,
            due_at=now + _UNCERTAIN_PAUSE_SECONDS,
            problem=problem,
            may_have_arrived=row.promise is not Promise.IDEMPOTENT,
        )
        return RowState.READY
    post.outbox.settle(row, RowState.UNCERTAIN, caption=text, problem=problem)
    return RowState.UNCERTAIN


def _elsewhere(post: Post, row: OutboxRow, problem: str, now: float) -> NewRow | None:
    """The message that tells it in the fallback chat, or there that a chat is lost; None = nobody to tell."""
    fallback = post.fallback_chat
    if fallback is None or row.chat == fallback or row.kind is NotificationKind.UPDATE:
        return None
    reason = problem.removeprefix(f"chat {row.chat}: ").partition(";")[0]
    # A chat that has its own row for this is told only once a day that the other one is lost.
    known = post.outbox.has_told(row, fallback)
    heading = refused_notice if known else refused_heading
    return NewRow(
        group=f"refused:{row.id}" if known else row.group,
        sequence=row.sequence,
        kind=row.kind,
        chat=fallback,
        window=row.window,
        story=row.story,
        due_at=now,
        mention=row.mention,
        form=RowForm.NOTICE if known else row.form,
        heading=heading(row.chat, reason, language=post.language),
        key=f"refused:{row.chat}:{row.window[:10]}" if known else f"{row.key}>{fallback}",
        priority=row.priority,
    )
