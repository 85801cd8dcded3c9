"""The examination, part by part, in the order in which things depend on one another."""

from collections.abc import Iterator
from datetime import datetime

from vk_alerts.services.doctor.catalog import examine_catalog
from vk_alerts.services.doctor.databases import examine_clickhouse, examine_state
from vk_alerts.services.doctor.finding import Finding
from vk_alerts.services.doctor.surroundings import (
    examine_dagster,
    examine_home,
    examine_telegram,
    examine_zone,
)
from vk_alerts.settings import Settings


def examine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Findings as they are made; nothing is sent, and at most missing tables of ours are made."""
    yield from examine_home(settings)
    yield examine_zone(settings, now)
    found, events = examine_clickhouse(settings)
    yield from found
    yield from examine_catalog(settings, events, now)
    yield from examine_state(settings, now)
    yield examine_telegram(settings)
    yield from examine_dagster(settings)
