"""Outbox → Telegram (or the console): every due message is sent, and its fate recorded after it is known."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.render import caption
from vk_alerts.alerting.story import Language, NotificationKind, Story
from vk_alerts.charts import draw
from vk_alerts.delivery.protocol import Notifier, OutgoingMessage, Receipt
from vk_alerts.errors import ConfigurationError, DeliveryError, DeliveryPostponed, DeliveryUncertain
from vk_alerts.pipeline.charting import chart_input
from vk_alerts.pipeline.stores import Stores
from vk_alerts.state.outbox import OutboxRow, RowState

LOGGER = logging.getLogger(__name__)

# A chart is a help, not the message: one that takes longer is left out.
CHART_DEADLINE_SECONDS = 5.0
# Pauses between attempts that certainly did not arrive: 15 s, 30 s, … up to 10 min.
_FIRST_PAUSE_SECONDS = 15.0
_LONGEST_PAUSE_SECONDS = 600.0
# A send whose fate is unknown is repeated after this long, but only once: twice is better than not at all.
_UNCERTAIN_PAUSE_SECONDS = 60.0
_MOST_UNCERTAIN_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one message in this run."""

    row: OutboxRow
    state: RowState
    caption: str
    chart: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of the messages that were due."""

    fates: tuple[Fate, ...]

    def count(self, state: RowState) -> int:
        """How many ended in ``state``."""
        return sum(fate.state is state for fate in self.fates)


def deliver(stores: Stores, notifier: Notifier, *, now: Callable[[], datetime]) -> DeliveryReport:
    """Sends every due message of the outbox, oldest first.

    What certainly did not arrive is sent again later; what may have arrived is sent once more; what cannot
    arrive is kept as dead with the reason. A message is taken by one sender at a time.

    Raises:
        ConfigurationError: the way of delivery is set up wrongly; the messages are kept.
        StateError: the state database cannot be used.
    """
    fates: list[Fate] = []
    while (row := stores.outbox.claim_next(now().timestamp())) is not None:
        fate = _send(stores, notifier, row, now=now)
        LOGGER.info(
            "message=%s kind=%s chat=%s window=%s state=%s problem=%s",
            row.id,
            row.kind.value,
            row.chat,
            row.window,
            fate.state.value,
            fate.problem,
        )
        fates.append(fate)
    return DeliveryReport(tuple(fates))


def _send(stores: Stores, notifier: Notifier, row: OutboxRow, *, now: Callable[[], datetime]) -> Fate:
    text = caption(row.story, language=Language(stores.settings.language), zone=stores.settings.zone)
    opening = stores.outbox.opening_of(row)
    message = OutgoingMessage(
        chat=row.chat,
        caption=text,
        photo=_chart(stores, row.story),
        reply_to=None if opening is None else opening.message_id,
        silent=row.kind is NotificationKind.RESOLVED or row.sequence > 0,
    )
    try:
        (result,) = notifier.send_all([message])
    except ConfigurationError as error:  # nothing was sent: the message waits until the setting is mended
        stores.outbox.postpone(row, due_at=now().timestamp(), problem=str(error))
        raise
    if isinstance(result, Receipt):
        stores.outbox.settle(
            row,
            RowState.SENT,
            caption=text,
            chart=result.chart,
            message_id=result.message_id,
            problem=result.note or None,
        )
        return Fate(row, RowState.SENT, text, result.chart, result.note or None)
    return _failed(stores, row, result, text, now=now)


def _failed(
    stores: Stores, row: OutboxRow, error: DeliveryError, text: str, *, now: Callable[[], datetime]
) -> Fate:
    problem = str(error)
    if isinstance(error, DeliveryPostponed):
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** (row.attempts - 1), _LONGEST_PAUSE_SECONDS)
        due_at = now().timestamp() + max(pause, error.after_seconds)
        stores.outbox.postpone(row, due_at=due_at, problem=problem)
        return Fate(row, RowState.READY, text, None, problem)
    if isinstance(error, DeliveryUncertain):
        if row.uncertain_attempts + 1 < _MOST_UNCERTAIN_ATTEMPTS:
            due_at = now().timestamp() + _UNCERTAIN_PAUSE_SECONDS
            stores.outbox.postpone(row, due_at=due_at, problem=problem, may_have_arrived=True)
            return Fate(row, RowState.READY, text, None, problem)
        stores.outbox.settle(row, RowState.UNCERTAIN, caption=text, problem=problem)
        return Fate(row, RowState.UNCERTAIN, text, None, problem)
    stores.outbox.settle(row, RowState.DEAD, caption=text, problem=problem)
    return Fate(row, RowState.DEAD, text, None, problem)


def _chart(stores: Stores, story: Story) -> bytes | None:
    """The chart, or None when it fails or takes too long: it never blocks an alert."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(lambda: draw(chart_input(stores, story))).result(timeout=CHART_DEADLINE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, the alert goes out without the chart
        LOGGER.warning("chart=left out incident=%s reason=%s", story.short_id, type(error).__name__)
        return None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
