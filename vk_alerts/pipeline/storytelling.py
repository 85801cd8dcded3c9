"""What is due to be told → a story with everything the message needs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.plan import Situation, Telling
from vk_alerts.alerting.story import Language, NotificationKind, Reading, Recovery, Story
from vk_alerts.alerting.verdicts import DecidedBy, Verdict
from vk_alerts.metrics.model import Metric, MetricKind
from vk_alerts.pipeline.causes import contributions
from vk_alerts.pipeline.labels import slice_label
from vk_alerts.pipeline.panels import is_special
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, window_key

_DAY = timedelta(days=1)


def tell(
    stores: Stores, telling: Telling, situation: Situation, verdicts: Sequence[Verdict], *, window: datetime
) -> Story:
    """The story of a group in a window.

    Args:
        stores: for the values of yesterday and a week ago.
        telling: what is due.
        situation: where incidents stand after the window.
        verdicts: on all series in the window.
        window: its start.

    Raises:
        ClickHouseError: the older values cannot be read.
    """
    head = telling.group.head
    metric = stores.catalog.metric(head.metric)
    language = Language(stores.settings.language)
    firing = {
        (incident.metric, incident.slice_key)
        for incident in situation.incidents.values()
        if incident.phase in (Phase.FIRING, Phase.RECOVERING)
    }
    group = {
        (incident.metric, incident.slice_key)
        for incident in situation.incidents.values()
        if incident.group == telling.group.id and incident.phase is not Phase.CLOSED
    }
    readings = {}
    for verdict in verdicts:
        row = verdict.scored
        if row.source == telling.group.source:
            key = (row.metric, row.slice_key)
            is_bad = verdict.is_bad or key in firing
            readings[key] = _reading(verdict, stores.catalog.metric(row.metric), language, is_bad=is_bad)
    this = (head.metric, head.slice_key)
    members = [reading for key, reading in readings.items() if key in group and key != this]
    neighbours = [
        reading for key, reading in readings.items() if key[1] == head.slice_key and key[0] != head.metric
    ]
    resolved = telling.kind is NotificationKind.RESOLVED
    run = max(head.bad_run, 1)
    headline = readings.get(this) or _unknown_reading(head, metric, language)
    return Story(
        kind=telling.kind,
        short_id=head.id[:4].upper(),
        window=window,
        first_bad=head.first_bad if resolved else head.last_bad - (run - 1) * STEP,
        bad_windows=run,
        headline=headline,
        yesterday=_value_at(stores, telling.group.source, head, window - _DAY),
        week_ago=_value_at(stores, telling.group.source, head, window - 7 * _DAY),
        members=tuple(sorted(members, key=lambda reading: -(reading.score or 0.0))),
        neighbours=tuple(neighbours),
        chart_url=metric.chart_url,
        dashboard_url=metric.dashboard_url,
        partition_url=_partition_url(stores.settings.dagster_url, window),
        owner=metric.owner or "",
        recovery=_recovery(head, metric) if resolved else None,
        causes=()
        if resolved
        else contributions(stores, metric, headline, [verdict.scored for verdict in verdicts], window),
        special_day=is_special(
            stores.catalog.source_file(telling.group.source), window, stores.settings.zone
        ),
    )


def _reading(verdict: Verdict, metric: Metric, language: Language, *, is_bad: bool) -> Reading:
    row = verdict.scored
    return Reading(
        metric=row.metric,
        title=metric.title.ru if language is Language.RUSSIAN else metric.title.en,
        slice_key=row.slice_key,
        slice_label=slice_label(row.slice_key, language),
        is_ratio=metric.kind is MetricKind.RATIO,
        value=row.value,
        expected=row.expected,
        lower=row.lower,
        upper=row.upper,
        score=row.score,
        is_bad=is_bad,
        by_share=row.decided_by is DecidedBy.SHARE,
    )


def _unknown_reading(head: Incident, metric: Metric, language: Language) -> Reading:
    """The headline in a window that has no row for it."""
    return Reading(
        metric=head.metric,
        title=metric.title.ru if language is Language.RUSSIAN else metric.title.en,
        slice_key=head.slice_key,
        slice_label=slice_label(head.slice_key, language),
        is_ratio=metric.kind is MetricKind.RATIO,
        value=None,
        expected=None,
        lower=None,
        upper=None,
        score=None,
        is_bad=False,
    )


def _recovery(head: Incident, metric: Metric) -> Recovery:
    return Recovery(
        lasted=head.last_bad + STEP - head.first_bad,
        worst=head.worst,
        missed=head.missed if metric.kind is MetricKind.COUNT else None,
    )


def _value_at(stores: Stores, source: str, head: Incident, window: datetime) -> float | None:
    values = stores.results.values(
        source, head.metric, head.slice_key, start=window, end=window + STEP
    ).dropna()
    return None if values.empty else float(values.iloc[0])


def _partition_url(dagster_url: str | None, window: datetime) -> str | None:
    if dagster_url is None:
        return None
    return f"{dagster_url}/assets/anomaly_scores?view=partitions&partition={quote(window_key(window))}"
