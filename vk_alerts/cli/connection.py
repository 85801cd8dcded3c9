"""The events' ClickHouse for commands that can do without it."""

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.settings import Settings

_CONNECT_SECONDS, _READ_SECONDS = 5, 30


def events_if_any(settings: Settings) -> ClickHouse | None:
    """A client of the configured ClickHouse, or of an embedded engine that there is; else None.

    Raises:
        VkAlertsError: it is configured and does not answer.
    """
    from vk_alerts.clickhouse.embedded.endpoint import Home
    from vk_alerts.pipeline.stores import events_target

    if settings.clickhouse_url is None and not Home.of(settings.home).database.exists():
        return None
    events = ClickHouse(
        events_target(settings), connect_timeout_seconds=_CONNECT_SECONDS, read_timeout_seconds=_READ_SECONDS
    )
    events.ping()
    return events
