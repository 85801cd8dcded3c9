"""Incidents and what was told of them → ClickHouse, where BI finds them."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from vk_alerts.errors import VkAlertsError
from vk_alerts.pipeline.stores import Stores
from vk_alerts.state.copies import ChangedIncident, CopyRepository
from vk_alerts.state.outbox_rows import OutboxRow
from vk_alerts.windows import window_from_key

LOGGER = logging.getLogger(__name__)

# Of each kind at once: what is left goes with the next run.
MOST_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What was copied.

    Attributes:
        incidents: how many changes of incidents.
        messages: how many messages.
        problem: why not all of it was; the next run tries again. None = it was.
    """

    incidents: int
    messages: int
    problem: str | None = None


def copy_history(stores: Stores, *, now: datetime) -> HistoryReport:
    """Copies what has changed to ``incident_history`` and ``notification_history``.

    It is a copy for reading: what cannot be copied now is copied by the next run, and never fails anything.
    A run that dies in between copies the same again, under a newer version, and readers see it once.
    """
    copies = CopyRepository(stores.incidents.engine)
    incidents: list[ChangedIncident] = []
    messages: list[OutboxRow] = []
    try:
        incidents = copies.changed_incidents(MOST_AT_ONCE)
        if incidents:
            stores.results.append_incidents(_incident_frame(incidents))
            copies.copied_incidents(incidents)
    except VkAlertsError as error:
        LOGGER.warning("history=incidents outcome=copied later reason=%s", error)
        return HistoryReport(0, 0, str(error))
    try:
        messages = copies.settled_messages(MOST_AT_ONCE)
        if messages:
            stores.results.append_notifications(_message_frame(messages))
            copies.copied_messages([message.id for message in messages], now=now.timestamp())
    except VkAlertsError as error:
        LOGGER.warning("history=messages outcome=copied later reason=%s", error)
        return HistoryReport(len(incidents), 0, str(error))
    return HistoryReport(len(incidents), len(messages))


def _incident_frame(changed: Sequence[ChangedIncident]) -> pd.DataFrame:
    version = time.time_ns()
    rows = [
        {
            "incident": one.logged.incident.id,
            "version": version,
            "group": one.logged.incident.group or "",
            "source": one.logged.incident.source,
            "metric": one.logged.incident.metric,
            "slice": one.logged.incident.slice_key,
            "direction": one.logged.incident.direction.value,
            "state": one.logged.incident.phase.value if one.logged.annulled_at is None else "annulled",
            "first_bad": pd.Timestamp(one.logged.incident.first_bad),
            "last_bad": pd.Timestamp(one.logged.incident.last_bad),
            "closed_at": one.logged.incident.closed_at,
            "bad_windows": one.logged.incident.bad_windows,
            "worst": one.logged.incident.worst,
            "missed": one.logged.incident.missed,
        }
        for one in changed
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(closed_at=pd.to_datetime(frame["closed_at"], utc=True))


def _message_frame(messages: Sequence[OutboxRow]) -> pd.DataFrame:
    version = time.time_ns()
    return pd.DataFrame(
        [
            {
                "message": message.id,
                "version": version,
                "group": message.group,
                "kind": message.kind.value,
                "chat": message.chat,
                "window_start": pd.Timestamp(window_from_key(message.window)),
                "metric": message.story.headline.metric,
                "slice": message.story.headline.slice_key,
                "state": message.state.value,
                "text": message.caption or "",
            }
            for message in messages
        ]
    )
