"""The catalog against the live tables: every expression runs, and events are fresh."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.errors import VkAlertsError
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.model import SourceFile
from vk_alerts.metrics.query import snapshot_query
from vk_alerts.pipeline.completeness import newest_event
from vk_alerts.services.doctor.finding import Finding, broken, good, warning
from vk_alerts.settings import Settings
from vk_alerts.windows import STEP, last_closed

CATALOG = "Catalog"
# Older than this, a source has stopped or its loader is behind; windows would be judged without their events.
_FRESH = timedelta(minutes=20)


def examine_catalog(settings: Settings, events: ClickHouse | None, now: datetime) -> Iterator[Finding]:
    """Whether the catalog can be read and, with a client of the events, whether each source answers."""
    try:
        catalog = load_catalog(settings.catalog)
    except VkAlertsError as error:
        yield broken(CATALOG, error)
        return
    place = settings.catalog or "packaged"
    yield good(CATALOG, f"{place}: {len(catalog.sources)} sources, {len(catalog.metrics)} metrics")
    if events is not None:
        for file in catalog.files:
            yield _source(file, events, now)


def _source(file: SourceFile, events: ClickHouse, now: datetime) -> Finding:
    source = file.source
    part = f"Source {source.name}"
    window = last_closed(now)
    try:
        events.read(snapshot_query(file, window, window + STEP).sql)
        newest = newest_event(events, file, now)
    except VkAlertsError as error:
        remedy = "" if "; " in str(error) else "mend the table or expression that it names in the catalog"
        return broken(part, error, remedy)
    if newest is None:
        told = f"{source.table}: every expression runs; no event in the last two days"
        return warning(part, told, "check what writes the table, or VK_ALERTS_CLICKHOUSE_URL's database")
    age = now - newest
    told = f"{source.table}: every expression runs; its newest event is {_age(age)} old"
    if age > _FRESH:
        return warning(part, told, "check what writes the table: windows wait for its events")
    return good(part, told)


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
