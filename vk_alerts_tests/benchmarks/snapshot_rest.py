"""What a snapshot takes besides its query: its rows, their writing and their commit."""

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.metrics.model import Catalog, SourceFile
from vk_alerts.pipeline import open_stores, take_snapshots
from vk_alerts.settings import Settings
from vk_alerts.windows import STEP


def seconds_besides_the_query(
    target: Target, file: SourceFile, window: datetime, *, runs: int
) -> list[float]:
    """Of each run of the product's own snapshot of a window, the seconds that are not its query's.

    Args:
        target: the database of the events, where the snapshots are written too.
        file: the catalog's file of the source.
        window: its start.
        runs: how many.
    """
    settings = Settings(
        home=Path("/nonexistent"), clickhouse_url=target.url_with_password(), state_url="sqlite://"
    )
    stores = replace(open_stores(settings), catalog=Catalog(files=(file,)))
    by = Provenance(origin=Origin.RERUN, run_id="benchmark", now=window + STEP)
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        report = take_snapshots(stores, file.source.name, window, window + STEP, by=by)
        found.append(time.perf_counter() - began - report.query_seconds)
    stores.close()
    return found
