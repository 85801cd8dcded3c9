"""``vk-alerts init``: a first catalog from what a database holds."""

from datetime import UTC, datetime
from pathlib import Path

import click

from vk_alerts.cli.connection import events_if_any
from vk_alerts.cli.ending import plain_errors
from vk_alerts.errors import ConfigurationError, PipelineError


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--clickhouse",
    "url",
    metavar="URL",
    help="http[s]://user:password@host:port/database.  [default: VK_ALERTS_CLICKHOUSE_URL, which no list of "
    "processes shows]",
)
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@plain_errors
def init(folder: Path, url: str | None, tables: tuple[str, ...]) -> None:
    """Looks at a database and writes a commented catalog into DIR: a file for each table of events.

    A table of events has a DateTime column. Its newest rows tell what is counted and by what it is parted;
    the queries are small, nothing is written to the database, and nothing in DIR is overwritten.

    Example: vk-alerts init my_catalog --clickhouse http://reader:secret@ch.example:8123/app
    """
    from vk_alerts.pipeline.proposing import check_proposal, propose_catalog
    from vk_alerts.settings import read_settings

    if folder.is_file():
        raise ConfigurationError(f"{folder}: is a file; name a folder that does not exist yet")
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder}: is not empty, and nothing is overwritten; name another folder")
    events = events_if_any(read_settings(), url)
    if events is None:
        raise ConfigurationError(
            "init: no database to look at; give --clickhouse URL, such as http://localhost:8123"
        )
    texts, left_out = propose_catalog(events, tables)
    mistakes = check_proposal(events, texts, now=datetime.now(UTC))
    if mistakes:
        raise PipelineError(
            f"init: what was proposed does not run: {mistakes[0]}; leave the table out by --table"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
            click.echo(folder / name)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: cannot be written ({error.strerror}); name another folder"
        ) from None
    for table, why in left_out.items():
        click.echo(f"{table}: left out, {why}", err=True)
    shown = events.target.shown
    click.echo(f"\nEverything in it runs on {shown}. Read the files, then:")
    # The embedded engine is found without an address.
    address = "" if events.target.home else " VK_ALERTS_CLICKHOUSE_URL=…   # the URL with its password"
    click.echo(f"export VK_ALERTS_CATALOG={folder.absolute()}{address}")
    click.echo("vk-alerts backfill --days 42 && vk-alerts up")
