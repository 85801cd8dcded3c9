"""``vk-alerts backfill``: fills the past."""

from datetime import UTC, datetime, timedelta

import click
from rich.progress import Progress

from vk_alerts.cli.ending import PROGRESS, plain_errors


@click.command()
@click.option("--days", default=42, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@click.option("--again", is_flag=True, help="Compute also what is there: after a change of the catalog.")
@plain_errors
def backfill(days: int, again: bool) -> None:
    """Takes and scores the snapshots of the past, silently.

    A new installation needs two weeks of them before it can judge, and judges best from six weeks on. One
    that was interrupted goes on where it stopped.

    Example: vk-alerts backfill --days 42
    """
    from vk_alerts import pipeline
    from vk_alerts.services.history import fill_history
    from vk_alerts.settings import read_settings

    stores = pipeline.open_stores(read_settings())
    with Progress(console=PROGRESS) as progress:
        task = progress.add_task(f"{days} days", total=days * (len(stores.catalog.sources) + 1))

        def _show(step: str, done: timedelta) -> None:
            progress.update(task, advance=done / timedelta(days=1), description=step)

        windows, early = fill_history(stores, days, now=datetime.now(UTC), again=again, on_progress=_show)
    click.echo(f"{windows} windows have snapshots and scores.")
    if early:
        start = f"VK_ALERTS_START, {stores.settings.start:%Y-%m-%d}"
        click.echo(f"{early} of them lie before {start}: Dagster has no partitions for them.")
