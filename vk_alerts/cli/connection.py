"""The events' ClickHouse for commands that can do without it."""

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.settings import Settings

_CONNECT_SECONDS, _READ_SECONDS = 5, 30


def events_if_any(settings: Settings, url: str | None = None) -> ClickHouse | None:
    """A client of the ClickHouse that is named or configured, or of an embedded engine there is; else None.

    Args:
        settings: what the environment said.
        url: what the option ``--clickhouse`` said.

    Raises:
        VkAlertsError: it is configured and does not answer.
    """
    from vk_alerts.clickhouse.embedded.endpoint import Home
    from vk_alerts.pipeline.stores import events_target

    if url is not None:
        target = Target.from_url(url, variable="--clickhouse")
    elif settings.clickhouse_url is None and not Home.of(settings.home).database.exists():
        return None
    else:
        target = events_target(settings)
    events = ClickHouse(target, connect_timeout_seconds=_CONNECT_SECONDS, read_timeout_seconds=_READ_SECONDS)
    events.ping()
    return events
