"""``vk-alerts backtest``: compares the detectors on the past."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from vk_alerts.cli.ending import PROGRESS, plain_errors
from vk_alerts.cli.files import as_json, require_writable, write


@click.command()
@click.option(
    "--days", default=28, show_default=True, type=click.IntRange(1, 400), help="How far back, at most."
)
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option(
    "--detector", "detectors", multiple=True, metavar="NAME", help="Only this one; may be repeated."
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    help=(
        "CSV file of what really happened: start,end[,metric,slice].  "
        "[default: what the simulator planted, and what was called correct in Telegram]"
    ),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("backtest.html"),
    show_default=True,
    help="Where the report goes: one file that opens in any browser, without a network.",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures here too."
)
@plain_errors
def backtest(
    days: int,
    metrics: tuple[str, ...],
    detectors: tuple[str, ...],
    labels: Path | None,
    out: Path,
    json_file: Path | None,
) -> None:
    """Compares the detectors on the snapshots that there are.

    Each of the newest windows is judged as if it had just closed, under the rules that send real alerts, and
    the report tells what each detector would have sent. Nothing is sent, and nothing but the report is
    written. Times in --labels are those of VK_ALERTS_TIMEZONE where they name no zone.

    To try it on what 'vk-alerts demo' left: VK_ALERTS_HOME=.vk_alerts_demo vk-alerts backtest
    """
    from vk_alerts import evaluation, pipeline
    from vk_alerts.settings import read_settings

    for option, path in (("--out", out), ("--json", json_file)):
        if path is not None:
            require_writable(option, path.absolute())
    options = evaluation.BacktestOptions(days=days, metrics=metrics, detectors=detectors, labels=labels)
    stores = pipeline.open_stores(read_settings())
    plan = evaluation.plan_backtest(stores, options, now=datetime.now(UTC))
    with evaluation.progress_bar(PROGRESS) as on_progress:
        result = evaluation.backtest(stores, plan, on_progress=on_progress)
    write("--out", out, evaluation.render(result))
    if json_file is not None:
        write("--json", json_file, as_json(result.as_json()))
    evaluation.show_result(Console(), result)
    click.echo(f"Report: {out}")
