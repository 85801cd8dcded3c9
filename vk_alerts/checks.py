"""Asset checks: whether the watcher itself is well, shown beside the assets it concerns."""

from collections.abc import Iterator

import dagster as dg

from vk_alerts import pipeline
from vk_alerts.delivery.heartbeat import beat
from vk_alerts.pipeline.health import ALIVE, Check
from vk_alerts.resources import AlertingResource, ClockResource

_ON = {
    Check.SCORES_FRESH: ("anomaly_scores", "The newest window that is due is scored, or the one before it."),
    Check.SOURCES_ON_TIME: (
        "anomaly_scores",
        "Every source's newest event is at most a quarter of an hour old.",
    ),
    Check.SERIES_JUDGED: (
        "anomaly_scores",
        "At least half of the series of the newest window have a verdict.",
    ),
    Check.MESSAGES_SENT: ("telegram_alerts", "No message has waited for more than half an hour."),
    Check.THRESHOLDS_RECENT: ("thresholds", "Thresholds are calibrated, at most three days ago."),
}


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(check.value, asset=asset, description=description)
        for check, (asset, description) in _ON.items()
    ],
    # A backfill of an asset takes the asset's checks with it.
    can_subset=True,
)
def health(
    context: dg.AssetCheckExecutionContext, alerting: AlertingResource, clock: ClockResource
) -> Iterator[dg.AssetCheckResult]:
    """Looks at scores, sources, messages and thresholds."""
    asked = {key.name for key in context.selected_asset_check_keys}
    with alerting.open() as stores:
        results = pipeline.check_health(stores, clock.now())
        url, is_whole = stores.settings.heartbeat_url, len(asked) == len(_ON)
        if url and is_whole and all(result.passed for result in results if result.check in ALIVE):
            beat(url)
    for result in results:
        if result.check.value not in asked:
            continue
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(_ON[result.check][0]),
            check_name=result.check.value,
            passed=result.passed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=result.reason,
            metadata=dict(result.figures),
        )
