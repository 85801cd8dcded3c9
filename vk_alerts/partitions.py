"""The one time dimension of the assets: quarters of an hour, named by their start in UTC."""

from datetime import datetime

import dagster as dg

from vk_alerts.windows import KEY_FORMAT


def quarter_hours(start: datetime) -> dg.TimeWindowPartitionsDefinition:
    """Partitions of 15 minutes from ``start`` on.

    Keys are UTC: a zone with daylight saving time would have days of 92 and of 100 keys.
    """
    return dg.TimeWindowPartitionsDefinition(
        start=start.strftime(KEY_FORMAT), cron_schedule="*/15 * * * *", fmt=KEY_FORMAT, timezone="UTC"
    )
