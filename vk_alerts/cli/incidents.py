"""``vk-alerts incidents``: what was wrong, since when, why, and what was told about it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vk_alerts.alerting.groups import Group
from vk_alerts.cli.desk import Desk, as_who, echo_json, iso, open_desk
from vk_alerts.cli.ending import plain_errors
from vk_alerts.cli.naming import known_metric, known_slice, only_one
from vk_alerts.state.actions import Action
from vk_alerts.state.foldings import KeptTransition
from vk_alerts.state.incident_log import LoggedIncident, ToldMessage
from vk_alerts.windows import STEP

_SHORT = 4


@click.group()
def incidents() -> None:
    """What was wrong, since when, why, and what was told about it."""


@incidents.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that last.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@click.option("--metric", metavar="NAME", help="Only of this metric.")
@click.option("--slice", "slice_key", metavar="KEY", help="Only of this slice, such as os=Android.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def incidents_list(
    only_open: bool,
    days: int,
    metric: str | None,
    slice_key: str | None,
    as_json: bool,
) -> None:
    """Lists incidents, the newest first.

    Example: vk-alerts incidents list --open --slice os=Android
    """
    from vk_alerts.state.incident_log import IncidentLog

    desk = open_desk()
    log = IncidentLog(desk.engine)
    found = log.since(
        datetime.now(UTC) - timedelta(days=days),
        metric=known_metric(desk.catalog, metric),
        slice_key=known_slice(desk.catalog, slice_key, log.slices()),
    )
    shown = [one for one in found if one.is_open or not only_open]
    if as_json:
        echo_json([_content(one) for one in shown])
    elif not shown:
        click.echo("No open incidents." if only_open else f"No incidents in the last {days} days.")
    else:
        Console().print(_listed(desk, shown))


@incidents.command("show")
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def incidents_show(name: str, as_json: bool) -> None:
    """Shows one incident: its history with reasons, what was told, what people did.

    ID is what messages show, such as 4F2A of #inc_4F2A, or more of it.

    Example: vk-alerts incidents show 4F2A
    """
    from vk_alerts.state.actions import ActionRepository
    from vk_alerts.state.foldings import FoldingRepository
    from vk_alerts.state.incident_log import IncidentLog

    desk = open_desk()
    log = IncidentLog(desk.engine)
    outages = log.outages()
    chosen = only_one(name, [*log.ids(), *outages])
    one = log.one(chosen)
    if one is None:
        _show_outage(desk, outages[chosen], log.told(chosen), as_json=as_json)
        return
    group = one.incident.group
    history = FoldingRepository(desk.engine).transitions(one.incident.id)
    members = [other for other in log.members(group) if other != one] if group else []
    told = log.told(group) if group else []
    by_subject = ActionRepository(desk.engine).of(sorted({one.incident.id, group or one.incident.id}))
    actions = sorted((a for some in by_subject.values() for a in some), key=lambda action: action.at)
    if as_json:
        echo_json(
            _content(one)
            | {
                "history": [_transition(kept) for kept in history],
                "together_with": [_content(other) for other in members],
                "messages": [_message(message) for message in told],
                "actions": [_action(action) for action in actions],
            }
        )
        return
    console = Console()
    console.print(_listed(desk, [one]))
    console.print(_history(desk, history))
    if members:
        console.print(_listed(desk, members, title="told together with"))
    console.print(_told(told) if told else "Nobody was told.")
    if actions:
        console.print(_done(desk, actions))


def _show_outage(desk: Desk, group: Group, told: Sequence[ToldMessage], *, as_json: bool) -> None:
    outage = group.outage
    if outage is None:  # what has no incidents is an outage
        return
    state = "over" if group.closed else "lasts"
    if as_json:
        echo_json(
            {
                "id": group.id,
                "short_id": group.id[:_SHORT].upper(),
                "source": group.source,
                "table": outage.state.table,
                "state": state,
                "since": iso(outage.since),
                "windows": outage.windows,
                "last_event": iso(outage.state.newest),
                "messages": [_message(message) for message in told],
            }
        )
        return
    newest = "never" if outage.state.newest is None else desk.clock(outage.state.newest)
    click.echo(
        f"{group.id[:_SHORT].upper()}: no data of {group.source} ({outage.state.table}) since "
        f"{desk.clock(outage.since)} ({desk.settings.zone}), {outage.windows} windows, {state}; "
        f"last event {newest}."
    )
    Console().print(_told(told) if told else "Nobody was told.")


@incidents.command("take")
@click.argument("name", metavar="ID")
@click.option("--by", metavar="NAME", help="Who is at work on it.  [default: your user's name]")
@plain_errors
def incidents_take(name: str, by: str | None) -> None:
    """Says that somebody is at work on an incident: no more reminders, but its end is told.

    Example: vk-alerts incidents take 4F2A --by ann
    """
    from vk_alerts.state.actions import ActionKind, ActionRepository
    from vk_alerts.state.incident_log import IncidentLog

    desk = open_desk()
    incident = only_one(name, IncidentLog(desk.engine).ids())
    action = Action(incident, ActionKind.TAKE, by=as_who(by), at=datetime.now(UTC).timestamp())
    ActionRepository(desk.engine).add(action)
    click.echo(f"Incident {incident[:_SHORT].upper()} is taken by {action.by}.")


def _state(one: LoggedIncident) -> str:
    return "taken back" if one.annulled_at is not None else one.incident.phase.value


def _listed(desk: Desk, found: Sequence[LoggedIncident], *, title: str | None = None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for column in ("id", "state", "metric", "slice", f"since ({desk.settings.zone})", "lasted", "worst"):
        table.add_column(column, overflow="fold")
    for one in found:
        incident = one.incident
        lasted = incident.last_bad + STEP - incident.first_bad
        cells = (
            incident.id[:_SHORT].upper(),
            _state(one),
            incident.metric,
            incident.slice_key,
            desk.clock(incident.first_bad),
            _length(lasted),
            f"{incident.worst:+.0%}",
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _length(lasted: timedelta) -> str:
    hours, minutes = divmod(int(lasted.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _history(desk: Desk, history: Sequence[KeptTransition]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="history", title_justify="left")
    for column in (f"window ({desk.settings.zone})", "what", "why"):
        table.add_column(column, overflow="fold")
    for kept in history:
        table.add_row(desk.clock(kept.window), kept.transition, Text(kept.reason))
    return table


def _told(told: Sequence[ToldMessage]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="told", title_justify="left")
    for column in ("window (UTC)", "message", "chat", "state", "problem"):
        table.add_column(column, overflow="fold")
    for message in told:
        cells = (message.window, message.kind, message.chat, message.state, message.problem or "")
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _done(desk: Desk, actions: Sequence[Action]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="done", title_justify="left")
    for column in (f"at ({desk.settings.zone})", "what", "by", "detail"):
        table.add_column(column, overflow="fold")
    for action in actions:
        table.add_row(desk.clock(action.at), action.kind.value, Text(action.by), Text(action.detail))
    return table


def _content(one: LoggedIncident) -> dict[str, object]:
    incident = one.incident
    return {
        "id": incident.id,
        "short_id": incident.id[:_SHORT].upper(),
        "group": incident.group,
        "state": _state(one),
        "is_open": one.is_open,
        "source": incident.source,
        "metric": incident.metric,
        "slice": incident.slice_key,
        "direction": incident.direction.value,
        "first_bad": iso(incident.first_bad),
        "last_bad": iso(incident.last_bad),
        "closed_at": iso(incident.closed_at),
        "annulled_at": iso(one.annulled_at),
        "bad_windows": incident.bad_windows,
        "worst": incident.worst,
        "missed": incident.missed,
    }


def _transition(kept: KeptTransition) -> dict[str, object]:
    return {"window": iso(kept.window), "what": kept.transition, "why": kept.reason, "at": iso(kept.at)}


def _message(message: ToldMessage) -> dict[str, object]:
    return {
        "kind": message.kind,
        "chat": message.chat,
        "window": message.window,
        "state": message.state,
        "text": message.text,
        "problem": message.problem,
    }


def _action(action: Action) -> dict[str, object]:
    return {"kind": action.kind.value, "by": action.by, "at": iso(action.at), "detail": action.detail}
