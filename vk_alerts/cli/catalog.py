"""``vk-alerts catalog``: whether a catalog is right, what it watches, and its schema for editors."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vk_alerts.cli.connection import events_if_any
from vk_alerts.cli.desk import echo_json
from vk_alerts.cli.ending import FAILED, plain_errors
from vk_alerts.errors import CatalogError
from vk_alerts.metrics.loader import Reading, WrittenFile, catalog_texts, read_catalog
from vk_alerts.metrics.model import Metric
from vk_alerts.metrics.schema import json_schema
from vk_alerts.settings import read_settings

_folder = click.argument("folder", required=False, type=click.Path(path_type=Path))
_offline = click.option("--offline", is_flag=True, help="Leave ClickHouse out.")


@click.group()
def catalog() -> None:
    """The catalog: YAML files that say what is watched. Start one with 'vk-alerts init DIR'."""


@catalog.command("check")
@_folder
@_offline
@plain_errors
def catalog_check(folder: Path | None, offline: bool) -> None:
    """Tells every mistake in a catalog, one line each with file and line; status 1 if there is one.

    FOLDER holds *.yaml; by default that of VK_ALERTS_CATALOG, else the packaged one. With a connection
    (VK_ALERTS_CLICKHOUSE_URL, or an embedded engine in VK_ALERTS_HOME) it also looks for every table, column
    and expression in the database; nothing is written.

    Example: vk-alerts catalog check my_catalog
    """
    from vk_alerts.pipeline.catalog_check import check_source

    settings = read_settings()
    reading = read_catalog(catalog_texts(folder or settings.catalog))
    for mistake in reading.mistakes:
        click.echo(str(mistake))
    wrong = len(reading.mistakes)
    events = None if offline else events_if_any(settings)
    for written in reading.files:
        if events is None:
            source = written.content.source
            click.echo(
                f"{written.name}: source {source.name} reads well, {len(written.content.metrics)} metrics"
            )
            continue
        checked = check_source(events, written, now=datetime.now(UTC))
        for mistake in checked.mistakes:
            click.echo(str(mistake))
        for note in checked.notes:
            click.echo(f"{note} (a note: no mistake)")
        wrong += len(checked.mistakes)
        if not checked.mistakes:
            click.echo(
                f"{written.name}: table {checked.table} ok, {len(checked.columns)} columns used, "
                f"{checked.series} series in the newest window"
            )
    if events is None and not offline:
        click.echo("Tables and expressions were not looked at: set VK_ALERTS_CLICKHOUSE_URL for that.")
    if wrong:
        click.echo(f"vk-alerts: {wrong} {'mistake' if wrong == 1 else 'mistakes'}", err=True)
        sys.exit(FAILED)


@catalog.command("show")
@_folder
@_offline
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def catalog_show(folder: Path | None, offline: bool, as_json: bool) -> None:
    """Lists the metrics: kind, slices, owner, threshold, and how many series (with a connection).

    Example: vk-alerts catalog show --offline
    """
    settings = read_settings()
    reading = read_catalog(catalog_texts(folder or settings.catalog))
    if reading.catalog is None:
        raise CatalogError(f"{reading.mistakes[0]}; 'vk-alerts catalog check' tells all mistakes")
    rows = list(_rows(reading, _series(reading, offline=offline)))
    if as_json:
        echo_json(rows)
        return
    console = Console()
    for written in reading.files:
        source = written.content.source
        slices = ", ".join("+".join(grouping) or "all" for grouping in source.groupings)
        console.print(Text(f"{source.name}: table {source.table}, slices {slices}"))
        table = Table(box=box.SIMPLE_HEAD)
        for column in ("metric", "kind", "owner", "threshold", "series"):
            table.add_column(column, overflow="fold")
        for row in (one for one in rows if one["source"] == source.name):
            owner, series = row["owner"] or "–", "–" if row["series"] is None else row["series"]
            cells = (row["metric"], row["kind"], owner, row["threshold"], series)
            table.add_row(*(Text(str(cell)) for cell in cells))
        console.print(table)


@catalog.command("schema")
@click.option(
    "--of",
    type=click.Choice(["source", "system"]),
    default="source",
    show_default=True,
    help="Of a source's file, or of system.yaml.",
)
@plain_errors
def catalog_schema(of: str) -> None:
    """Prints the JSON Schema of a catalog's file, with which editors complete and check keys.

    Example: vk-alerts catalog schema > source.schema.json, then as the first line of each file:
    # yaml-language-server: $schema=source.schema.json
    """
    echo_json(json_schema("system" if of == "system" else "source"))


def _series(reading: Reading, *, offline: bool) -> dict[str, int]:
    """Slices that each source has in the newest window; empty without a connection."""
    from vk_alerts.pipeline.catalog_check import expected_series

    events = None if offline else events_if_any(read_settings())
    if events is None:
        return {}
    now = datetime.now(UTC)
    return {
        written.content.source.name: sum(expected_series(events, written, now=now).values())
        for written in reading.files
    }


def _rows(reading: Reading, series: dict[str, int]) -> Iterator[dict[str, object]]:
    for written in reading.files:
        for metric in written.content.metrics:
            yield _row(written, metric, series.get(written.content.source.name))


def _row(written: WrittenFile, metric: Metric, series: int | None) -> dict[str, object]:
    way = "calibrated from" if metric.is_calibrated else "fixed"
    return {
        "file": written.name,
        "source": written.content.source.name,
        "metric": metric.name,
        "kind": metric.kind.value,
        "slices": ["+".join(grouping) or "all" for grouping in written.content.source.groupings],
        "owner": metric.owner,
        "threshold": f"{way} {metric.threshold:g}",
        "hard_threshold": metric.hard_threshold,
        "detector": metric.detector,
        "series": series,
    }
