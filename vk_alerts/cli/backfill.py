"""``vk-alerts backfill``: fills the past."""

from datetime import UTC, datetime, timedelta

import click
from rich.progress import Progress

from vk_alerts.cli.ending import PROGRESS, plain_errors


@click.command()
@click.option("--days", default=42, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@plain_errors
def backfill(days: int) -> None:
    """Takes and scores the snapshots of the past, silently.

    A new installation needs two weeks of them before it can judge, and judges best from six weeks on.
    """
    from vk_alerts import pipeline
    from vk_alerts.clickhouse.versions import Origin, Provenance
    from vk_alerts.settings import read_settings
    from vk_alerts.windows import last_closed, window_end

    now = datetime.now(UTC)
    end = window_end(last_closed(now))
    stores = pipeline.open_stores(read_settings())
    with Progress(console=PROGRESS) as progress:
        task = progress.add_task(f"{days} days", total=days * (len(stores.catalog.sources) + 1))
        windows = pipeline.backfill(
            stores,
            end - timedelta(days=days),
            end,
            by=Provenance(origin=Origin.BACKFILL, run_id="vk-alerts backfill", now=now),
            on_progress=lambda step, done: progress.update(
                task, advance=done / timedelta(days=1), description=step
            ),
        )
    click.echo(f"{windows} windows have snapshots and scores.")
