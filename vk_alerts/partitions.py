"""The time dimensions of the assets: quarters of an hour, named by their start in UTC, and local days."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from vk_alerts.windows import KEY_FORMAT

DAY_FORMAT = "%Y-%m-%d"


def quarter_hours(start: datetime) -> dg.TimeWindowPartitionsDefinition:
    """Partitions of 15 minutes from ``start`` on.

    Keys are UTC: a zone with daylight saving time would have days of 92 and of 100 keys.
    """
    return dg.TimeWindowPartitionsDefinition(
        start=start.strftime(KEY_FORMAT), cron_schedule="*/15 * * * *", fmt=KEY_FORMAT, timezone="UTC"
    )


def local_days(start: datetime, zone: str) -> dg.DailyPartitionsDefinition:
    """Partitions of a local day from that of ``start`` on, named 2026-01-31; there once the day is over."""
    return dg.DailyPartitionsDefinition(
        start_date=start.astimezone(ZoneInfo(zone)).strftime(DAY_FORMAT), timezone=zone
    )
