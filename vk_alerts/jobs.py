"""The jobs: measure and score a window; fold incidents and send; send what is left; and what a day needs."""

from dataclasses import asdict

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.checks import health
from vk_alerts.housekeeping import KEPT_FOR, forget_old_runs
from vk_alerts.resources import AlertingResource, ClockResource


def _of(job: str) -> dg.AssetSelection:
    """The assets of a job; their checks have one of their own, since an alert does not wait for them."""
    return dg.AssetSelection.tag("vk_alerts/job", job).without_checks()


check_metrics = dg.define_asset_job(
    "check_metrics",
    selection=_of("check_metrics"),
    description="Snapshots and scores of one window (or of a range, in a backfill).",
)

send_alerts = dg.define_asset_job(
    "send_alerts",
    selection=_of("send_alerts"),
    description="Folds every new window of scores into incidents, and sends what is to be told.",
)

drain_outbox = dg.define_asset_job(
    "drain_outbox",
    selection=dg.AssetSelection.assets("telegram_alerts").without_checks(),
    description="Sends what is left in the outbox; needs the state database only.",
)

calibrate_thresholds = dg.define_asset_job(
    "calibrate_thresholds",
    selection=_of("calibrate_thresholds"),
    description="Finds the thresholds that keep to the alert budget, from eight weeks of scores.",
)

check_health = dg.define_asset_job(
    "check_health",
    selection=dg.AssetSelection.checks(health),
    description="Looks at whether the watcher itself is well, and gives a sign of life when it is.",
)


@dg.op(description="Puts yesterday's figures into the outbox as one line, once a day.")
def sign_of_life(context: dg.OpExecutionContext, alerting: AlertingResource, clock: ClockResource) -> None:
    """Tells the operators' chat that the pipeline lives."""
    with alerting.open() as stores:
        figures = pipeline.tell_alive(stores, now=clock.now())
    context.add_output_metadata({key: str(value) for key, value in asdict(figures).items()})


@dg.job(
    description=(
        "One line to the operators' chat: it lives, and how yesterday went: windows judged of those due, "
        "alerts, presses of 'false', the slowest window, series without a verdict. Told at most once a day."
    )
)
def tell_alive() -> None:
    """The daily sign of life."""
    sign_of_life()


@dg.op(description="Deletes Dagster's old runs and what they logged; what assets' pages show stays.")
def clear_away(context: dg.OpExecutionContext, clock: ClockResource) -> None:
    """Keeps the Dagster instance small."""
    forgotten = forget_old_runs(context.instance, before=clock.now() - KEPT_FOR)
    context.add_output_metadata({"runs deleted": forgotten.runs, "events deleted": forgotten.events})


@dg.job(
    description=(
        "Keeps the Dagster instance small: deletes runs older than 30 days with their logs. Materializations "
        "stay, with figures and charts, and so does what failed in the last 30 days."
    )
)
def keep_house() -> None:
    """The daily housekeeping."""
    clear_away()
