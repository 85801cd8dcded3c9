"""``vk-alerts event``: what people did to the app, shown with the alerts that follow."""

from datetime import UTC, datetime, timedelta

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vk_alerts.cli.desk import as_who, echo_json, iso, open_desk
from vk_alerts.cli.ending import plain_errors
from vk_alerts.cli.moments import moment
from vk_alerts.cli.naming import known_metric
from vk_alerts.errors import ConfigurationError
from vk_alerts.state.events import NotedEvent

_TEXT_LIMIT = 300


@click.group()
def event() -> None:
    """Deploys, campaigns and the like: messages and charts show those shortly before an incident."""


@event.command("add")
@click.argument("text")
@click.option(
    "--at", metavar="MOMENT", default="now", help='When: "2026-02-01 13:52" or 13:52.  [default: now]'
)
@click.option("--metric", metavar="NAME", help="Concerns only this metric.  [default: everything]")
@click.option("--url", help="Where to read more.")
@click.option("--by", metavar="NAME", help="Who notes it.  [default: your user's name]")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def event_add(
    text: str,
    at: str,
    metric: str | None,
    url: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Notes an event, such as "Android 8.42 released".

    Times are those of VK_ALERTS_TIMEZONE.

    Example: vk-alerts event add "Android 8.42 released" --at 13:52
    """
    from vk_alerts.state.events import EventRepository

    told = " ".join(text.split())
    if not told or len(told) > _TEXT_LIMIT:
        raise ConfigurationError(f"event add: the text has 1 to {_TEXT_LIMIT} characters")
    if url is not None and not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--url {url!r}: an address starts with http:// or https://")
    desk, now = open_desk(), datetime.now(UTC)
    name = known_metric(desk.catalog, metric)
    found = EventRepository(desk.engine).add(
        told,
        at=moment("--at", at, zone=desk.settings.zone, now=now).timestamp(),
        by=as_who(by),
        now=now.timestamp(),
        metric=name,
        source=None if name is None else desk.catalog.source_of(name).name,
        url=url,
    )
    if as_json:
        echo_json(_content(found))
    else:
        click.echo(f"Event {found.id}: {found.text}, {desk.clock(found.at)} ({desk.settings.zone}).")


@event.command("list")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@click.option("--metric", metavar="NAME", help="Only what concerns this metric.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def event_list(days: int, metric: str | None, as_json: bool) -> None:
    """Lists events, the newest first, those to come included.

    Example: vk-alerts event list --days 7
    """
    from vk_alerts.state.events import EventRepository

    desk, now = open_desk(), datetime.now(UTC)
    name = known_metric(desk.catalog, metric)
    found = EventRepository(desk.engine).between(
        (now - timedelta(days=days)).timestamp(),
        (now + timedelta(days=400)).timestamp(),
        metric=name,
        source=None if name is None else desk.catalog.source_of(name).name,
    )
    if as_json:
        echo_json([_content(one) for one in found])
        return
    if not found:
        click.echo(f"No events in the last {days} days.")
        return
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("id", f"at ({desk.settings.zone})", "event", "concerns", "by", "link"):
        table.add_column(column, overflow="fold")
    for one in found:
        what = one.metric or one.source or "everything"
        cells = (str(one.id), desk.clock(one.at), one.text, what, one.by, one.url or "")
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def _content(one: NotedEvent) -> dict[str, object]:
    return {
        "id": one.id,
        "at": iso(one.at),
        "text": one.text,
        "metric": one.metric,
        "source": one.source,
        "url": one.url,
        "by": one.by,
    }
