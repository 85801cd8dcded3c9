"""``vk-alerts doctor``: tells what is amiss and what mends it."""

import json
import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table

from vk_alerts.cli.ending import FAILED, PROGRESS, plain_errors

_SIGNS = {"good": "[green]✓[/]", "warning": "[yellow]![/]", "broken": "[red]✗[/]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings for programs.")
@plain_errors
def doctor(as_json: bool) -> None:
    """Looks at everything the product needs, and tells what mends what is amiss.

    ClickHouse, the catalog's expressions against the live tables, the state database, Telegram (nothing is
    sent), Dagster's home, clocks and zone. Ends with status 0 unless something is broken, then 1.

    Example: vk-alerts doctor --json
    """
    from vk_alerts.services.doctor import Health, examine
    from vk_alerts.settings import read_settings

    settings = read_settings()
    with PROGRESS.status("looking …"):
        findings = list(examine(settings, datetime.now(UTC)))
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=2))
    else:
        table = Table(box=None, show_header=False, padding=(0, 1))
        for finding in findings:
            remedy = f"\n[bold]→ {finding.remedy}[/]" if finding.remedy else ""
            table.add_row(_SIGNS[finding.health.value], finding.part, finding.detail + remedy)
        Console().print(table)
    if any(finding.health is Health.BROKEN for finding in findings):
        sys.exit(FAILED)
