"""``vk-alerts silence``: who wants to hear nothing about what, and until when."""

from datetime import UTC, datetime, timedelta

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vk_alerts.alerting.silences import Silence
from vk_alerts.cli.desk import Desk, as_who, echo_json, iso, open_desk
from vk_alerts.cli.ending import plain_errors
from vk_alerts.cli.moments import duration, moment
from vk_alerts.cli.naming import known_metric, known_slice
from vk_alerts.errors import ConfigurationError


@click.group()
def silence() -> None:
    """Nothing is sent about what is silenced; incidents go on and are told when it ends, if they last."""


@silence.command("add")
@click.option("--metric", metavar="NAME", help="Only this metric.")
@click.option(
    "--slice", "slice_key", metavar="KEY", help="Only this slice and its parts, such as os=Android."
)
@click.option("--all", "everything", is_flag=True, help="Everything: needed without --metric and --slice.")
@click.option("--for", "length", metavar="TIME", help="How long: 30m, 2h, 1d 12h.")
@click.option("--until", metavar="MOMENT", help='Until when: "2026-02-01 09:00", 09:00 or morning.')
@click.option("--comment", default="", help="Why.")
@click.option("--by", metavar="NAME", help="Who wants it.  [default: your user's name]")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def silence_add(
    metric: str | None,
    slice_key: str | None,
    everything: bool,
    length: str | None,
    until: str | None,
    comment: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Silences a metric, a slice, or both together, from now on.

    Times are those of VK_ALERTS_TIMEZONE.

    Example: vk-alerts silence add --slice os=Android --for 2h --comment "a new release"
    """
    from vk_alerts.state.incident_log import IncidentLog
    from vk_alerts.state.silences import SilenceRepository

    if everything is (metric is not None or slice_key is not None):
        raise ConfigurationError(
            "silence add: name --metric or --slice, or --all for everything"
            if not everything
            else "silence add: --all goes without --metric and --slice"
        )
    if (length is None) is (until is None):
        raise ConfigurationError("silence add: say how long, by --for 2h or --until morning")
    desk, now = open_desk(), datetime.now(UTC)
    ends = now + duration("--for", length) if length else _end(str(until), desk, now)
    found = SilenceRepository(desk.engine).add(
        metric=known_metric(desk.catalog, metric),
        slice_key=known_slice(desk.catalog, slice_key, IncidentLog(desk.engine).slices()),
        starts=now.timestamp(),
        ends=ends.timestamp(),
        by=as_who(by),
        comment=comment,
        now=now.timestamp(),
    )
    if as_json:
        echo_json(_content(found))
    else:
        what = _what(found)
        click.echo(f"Silence {found.id}: {what}, until {desk.clock(found.ends)} ({desk.settings.zone}).")


@silence.command("list")
@click.option("--days", default=0, type=click.IntRange(0, 400), help="Also those that ended so lately.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def silence_list(days: int, as_json: bool) -> None:
    """Lists the silences that are or will be in force.

    Example: vk-alerts silence list --days 7
    """
    from vk_alerts.state.silences import SilenceRepository

    desk, now = open_desk(), datetime.now(UTC)
    found = SilenceRepository(desk.engine).since((now - timedelta(days=days)).timestamp())
    if as_json:
        echo_json([_content(one) for one in found])
        return
    if not found:
        click.echo("No silences.")
        return
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("id", "what", f"until ({desk.settings.zone})", "by", "comment"):
        table.add_column(column, overflow="fold")
    for one in found:
        until = one.ends if one.expired_at is None else one.expired_at
        over = "" if one.holds_at(now.timestamp()) else " (over)"
        cells = (str(one.id), _what(one), desk.clock(until) + over, one.by, one.comment)
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


@silence.command("expire")
@click.argument("number", metavar="ID", type=click.IntRange(1))
@plain_errors
def silence_expire(number: int) -> None:
    """Ends a silence now.

    Example: vk-alerts silence expire 3
    """
    from vk_alerts.state.silences import SilenceRepository

    desk, now = open_desk(), datetime.now(UTC).timestamp()
    silences = SilenceRepository(desk.engine)
    found = silences.expire(number, now=now)
    if found is None:
        known = ", ".join(str(one.id) for one in silences.holding(now)) or "none"
        raise ConfigurationError(f"silence {number}: there is none; in force: {known}")
    if found.expired_at == now:
        click.echo(f"Silence {number} has ended: {_what(found)}.")
    else:
        over = found.ends if found.expired_at is None else found.expired_at
        click.echo(f"Silence {number} was over since {desk.clock(over)}.")


def _end(until: str, desk: Desk, now: datetime) -> datetime:
    end = moment("--until", until, zone=desk.settings.zone, now=now)
    if end <= now and ":" in until and len(until.strip()) <= len("09:00"):
        end += timedelta(days=1)  # a time of day that has passed is tomorrow's
    if end <= now:
        raise ConfigurationError(f"--until {until!r}: that is past; it is {desk.clock(now)} now")
    return end


def _what(one: Silence) -> str:
    if one.metric is None and one.slice_key is None:
        return "everything"
    return f"{one.metric or 'every metric'} · {one.slice_key or 'every slice'}"


def _content(one: Silence) -> dict[str, object]:
    return {
        "id": one.id,
        "metric": one.metric,
        "slice": one.slice_key,
        "starts": iso(one.starts),
        "ends": iso(one.ends),
        "expired": iso(one.expired_at),
        "by": one.by,
        "comment": one.comment,
    }
