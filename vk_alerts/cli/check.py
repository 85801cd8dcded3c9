"""``vk-alerts check``: one window's whole work as a plain command, for cron and Airflow."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from vk_alerts.cli.ending import ANOMALOUS, NOT_DUE, plain_errors
from vk_alerts.cli.moments import moment
from vk_alerts.errors import ConfigurationError
from vk_alerts.windows import last_closed, window_from_key, window_key, window_of

if TYPE_CHECKING:
    from vk_alerts.pipeline import Stores
    from vk_alerts.pipeline.checking import WindowCheck

_MOST_SHOWN = 20


@click.command()
@click.option(
    "--window", "given", metavar="START", help="When the window begins.  [default: the newest that has ended]"
)
@click.option("--send", is_flag=True, help="Also open and close incidents, and send what is to be told.")
@plain_errors
def check(given: str | None, send: bool) -> None:
    r"""Snapshots and scores one window of 15 minutes; for a cron or Airflow task instead of 'vk-alerts up'.

    START is 2026-01-31T14:15+03:00, 2026-01-31T14:15Z, without a zone in VK_ALERTS_TIMEZONE, or a
    partition's name, 2026-01-31-14:15, in UTC. Without --send nobody is told, and nothing waits to be sent.
    A window that ended over 45 minutes ago is told to nobody either. The same window may be checked again.

    \b
    Status 0: nothing is anomalous     10: something is, listed
           75: not due yet, try again   1: failed     2: wrong use

    Example, in a crontab: 3-59/15 * * * * vk-alerts check --send
    """
    from vk_alerts import pipeline
    from vk_alerts.pipeline.checking import check_window, why_not_due
    from vk_alerts.settings import read_settings

    now, settings = datetime.now(UTC), read_settings()
    window = last_closed(now) if given is None else _window(given, settings.zone, now)
    stores = pipeline.open_stores(settings)
    reason = why_not_due(stores, window, now=now)
    if reason is not None:
        click.echo(f"vk-alerts: {reason}", err=True)
        sys.exit(NOT_DUE)
    found = check_window(stores, window, now=now, tells=send)
    _show(found)
    if send:
        _deliver(stores)
    sys.exit(ANOMALOUS if found.bad else 0)


def _window(given: str, zone: str, now: datetime) -> datetime:
    try:
        return window_from_key(given)
    except ConfigurationError:
        start = moment("--window", given, zone=zone, now=now).astimezone(UTC)
    if window_of(start) != start:
        raise ConfigurationError(f"--window {given!r}: windows start at minute 00, 15, 30 or 45")
    return start


def _show(found: "WindowCheck") -> None:
    series, judged = len(found.verdicts), found.judged
    if found.filled:
        click.echo(f"Before it were missing and are made up for: {', '.join(map(window_key, found.filled))}.")
    click.echo(f"Window {window_key(found.window)} UTC: {series} series, {len(found.bad)} of them anomalous.")
    for verdict in found.bad[:_MOST_SHOWN]:
        row = verdict.scored
        click.echo(
            f"  {row.metric} · {row.slice_key}: {row.value:.6g}, expected {row.expected:.6g}, "
            f"score {row.score:.1f} ≥ {row.threshold:.1f}"
        )
    if len(found.bad) > _MOST_SHOWN:
        click.echo(f"  … and {len(found.bad) - _MOST_SHOWN} more")
    if judged < series:
        remedy = "; their past is too short: 'vk-alerts backfill --days 42'" if not judged else ""
        click.echo(f"No verdict on {series - judged} series{remedy}.")


def _deliver(stores: "Stores") -> None:
    from vk_alerts import pipeline
    from vk_alerts.resources import notifier_for
    from vk_alerts.state.outbox import RowState

    notifier = notifier_for(stores.settings)
    report = pipeline.deliver(pipeline.post_of(stores), notifier, now=lambda: datetime.now(UTC))
    pipeline.copy_history(stores, now=datetime.now(UTC))
    click.echo(f"Messages: {report.count(RowState.SENT)} sent, {report.waiting} waiting ({report.ended}).")
