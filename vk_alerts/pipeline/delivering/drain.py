"""Sends what is due, most urgent first, until nothing is or Telegram is out of reach."""

import logging
from collections.abc import Callable
from datetime import datetime

from vk_alerts.delivery.protocol import Notifier, Session
from vk_alerts.errors import DeliveryError, DeliveryPostponed, DeliveryUncertain
from vk_alerts.pipeline.delivering.composing import compose
from vk_alerts.pipeline.delivering.pictures import Pictures
from vk_alerts.pipeline.delivering.post import Post
from vk_alerts.pipeline.delivering.recording import record_failure, record_nothing_to_edit, record_receipt
from vk_alerts.pipeline.delivering.report import DeliveryReport, Fate
from vk_alerts.state.outbox import OutboxRow
from vk_alerts.state.sweeping import Swept, sweep

LOGGER = logging.getLogger(__name__)

# After so many answers lost one after the other, the rest waits for the next run: each may take the deadline.
_MOST_LOST_IN_A_ROW = 3


def deliver(post: Post, notifier: Notifier, *, now: Callable[[], datetime]) -> DeliveryReport:
    """Sends every due message of the outbox.

    What certainly did not arrive is sent again later; what may have arrived is sent once more, marked; what
    its chat does not take goes to the fallback chat. A message is taken by one sender at a time.

    Raises:
        ConfigurationError: the way of delivery is set up wrongly; the messages are kept.
        StateError: the state database cannot be used.
    """
    swept = sweep(post.outbox.engine, now().timestamp(), post.limits)
    fates: list[Fate] = []
    ended = "nothing is due"
    if post.outbox.due(now().timestamp()):
        with notifier.session() as session:
            ended = _drain(post, session, fates, now)
    _log(swept, fates, ended)
    return DeliveryReport(tuple(fates), swept, ended, post.outbox.waiting())


def _drain(post: Post, session: Session, fates: list[Fate], now: Callable[[], datetime]) -> str:
    pictures = Pictures(post.charts)
    lost = 0
    while (row := post.outbox.claim_next(now().timestamp())) is not None:
        try:
            fates.append(_send(post, session, row, pictures, now))
            lost = 0
        except _FailedError as failed:
            fates.append(failed.fate)
            # A subclass asks for a pause of its chat or bot, which the next claim keeps to.
            if type(failed.error) is DeliveryPostponed:
                return f"out of reach: {failed.error}"
            lost = lost + 1 if isinstance(failed.error, DeliveryUncertain) else 0
            if lost == _MOST_LOST_IN_A_ROW:
                return f"{lost} answers were lost one after the other"
    return "all that may be sent now is sent"


class _FailedError(Exception):
    """A message that was not confirmed, recorded as such."""

    def __init__(self, fate: Fate, error: DeliveryError) -> None:
        super().__init__(str(error))
        self.fate = fate
        self.error = error


def _send(
    post: Post, session: Session, row: OutboxRow, pictures: Pictures, now: Callable[[], datetime]
) -> Fate:
    composed = compose(post, row, pictures)
    if composed is None:
        return record_nothing_to_edit(post, row)
    try:
        receipt = session.send(composed.message)
    except DeliveryError as error:
        fate = record_failure(post, row, composed, error, now=now().timestamp())
        raise _FailedError(fate, error) from None
    pictures.remember(row, receipt.photo_id)
    return record_receipt(post, row, composed, receipt)


def _log(swept: Swept, fates: list[Fate], ended: str) -> None:
    for fate in fates:
        row = fate.row
        LOGGER.info(
            "message=%s form=%s kind=%s chat=%s window=%s state=%s problem=%s",
            row.id,
            row.form.value,
            row.kind.value,
            row.chat,
            row.window,
            fate.state.value,
            fate.problem,
        )
    LOGGER.info("delivery=ended messages=%s reason=%s swept=%s", len(fates), ended, swept)
