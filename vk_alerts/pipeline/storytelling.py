"""What is due to be told → a story with everything the message needs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.plan import Situation, Telling
from vk_alerts.alerting.story import Contribution, NotificationKind, Story
from vk_alerts.alerting.verdicts import Verdict
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.causes import contributions
from vk_alerts.pipeline.circumstances import (
    explanation_of,
    last_told_of,
    members_of,
    outage_of,
    owners_of,
    recovery_of,
    run_of,
    storm_of,
    waiting_for,
)
from vk_alerts.pipeline.panels import is_special
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.surroundings import Window, noted_events, window_of_verdicts
from vk_alerts.state.stories import told_story
from vk_alerts.windows import STEP, window_end, window_key

_DAY = timedelta(days=1)
_OPEN_PHASES = (Phase.FIRING, Phase.RECOVERING)
# Where a change lies is asked while it lasts, of one series.
_WITH_CAUSES = (
    NotificationKind.OPEN,
    NotificationKind.UPDATE,
    NotificationKind.WORSE,
    NotificationKind.REMIND,
    NotificationKind.ESCALATE,
    NotificationKind.FLAPPING,
)


def tell(
    stores: Stores, telling: Telling, situation: Situation, verdicts: Sequence[Verdict], *, window: datetime
) -> Story:
    """The story of a group in a window.

    An ``UPDATE`` keeps what the message said when it was sent, because it is edited, and changes who belongs
    to it and how it stands.

    Args:
        stores: for the values of yesterday and a week ago, the events, and what was told before.
        telling: what is due.
        situation: where incidents stand after the window.
        verdicts: on all series in the window.
        window: its start.

    Raises:
        ClickHouseError: the older values cannot be read.
        StateError: the events or the message before cannot be read.
    """
    group = telling.group
    firing = {
        (incident.metric, incident.slice_key)
        for incident in situation.incidents.values()
        if incident.phase in _OPEN_PHASES
    }
    now = window_of_verdicts(stores, verdicts, firing)
    fresh = _standing(stores, telling, situation, now, window)
    if telling.kind is NotificationKind.UPDATE:
        before = told_story(stores.incidents.engine, group.id, telling.sequence)
        if before is not None and (telling.is_of_first or _is_of(before, group.head)):
            return _edited(before, fresh)
    return _with_evidence(stores, fresh, group, verdicts)


def _standing(stores: Stores, telling: Telling, situation: Situation, now: Window, window: datetime) -> Story:
    """The story as far as the fold knows it."""
    group, head = telling.group, telling.group.head
    metric = stores.catalog.metric(head.metric)
    series = (head.metric, head.slice_key)
    is_over = telling.kind is NotificationKind.RESOLVED or group.closed is not None
    first_bad, bad_windows = run_of(telling)
    headline = now.unknown(metric, ALL_KEY) if group.outage else now.reading(series)
    return Story(
        kind=telling.kind,
        short_id=group.id[:4].upper(),
        window=window,
        first_bad=first_bad,
        bad_windows=bad_windows,
        headline=headline,
        yesterday=None,
        week_ago=None,
        members=members_of(group, situation, now) if group.outage is None else (),
        neighbours=waiting_for(stores, group, now) if group.outage else now.neighbours(series),
        chart_url=metric.chart_url,
        dashboard_url=metric.dashboard_url,
        partition_url=partition_url(stores.settings.dagster_url, window),
        owner=owners_of(stores, group, metric),
        recovery=recovery_of(group, metric) if is_over else None,
        is_hard=head.is_hard,
        is_over=is_over,
        is_corrected=telling.kind is NotificationKind.CORRECTION,
        explained_by=explanation_of(stores, group, now),
        last_told=last_told_of(telling),
        openings=telling.openings,
        outage=outage_of(group),
        storm=storm_of(stores, group, now),
        taken_by=group.taken_by,
        silent_since=None if group.heard is None else window_end(group.heard),
        reason=telling.reason,
    )


def _with_evidence(stores: Stores, story: Story, group: Group, verdicts: Sequence[Verdict]) -> Story:
    """The story with what has to be read or searched for."""
    source, head = group.source, group.head
    is_outage = group.outage is not None
    events = noted_events(
        stores,
        None if is_outage or group.storm else head.metric,
        source,
        first_bad=story.first_bad,
        window=story.window,
    )
    if is_outage or story.kind is NotificationKind.STALE:
        return replace(story, events=events)
    return replace(
        story,
        events=events,
        yesterday=_value_at(stores, source, head, story.window - _DAY),
        week_ago=_value_at(stores, source, head, story.window - 7 * _DAY),
        causes=_causes(stores, story, verdicts),
        special_day=is_special(stores.catalog.source_file(source), story.window, stores.settings.zone),
    )


def _causes(stores: Stores, story: Story, verdicts: Sequence[Verdict]) -> tuple[Contribution, ...]:
    if story.kind not in _WITH_CAUSES or story.is_over or story.storm is not None:
        return ()
    metric = stores.catalog.metric(story.headline.metric)
    rows = [verdict.scored for verdict in verdicts if verdict.scored.metric == metric.name]
    return contributions(stores, metric, story.headline, rows, story.window)


def _is_of(story: Story, head: Incident) -> bool:
    """Whether a message is still about the series that heads the group."""
    return (story.headline.metric, story.headline.slice_key) == (head.metric, head.slice_key)


def _edited(before: Story, now: Story) -> Story:
    """What a message says after an edit: the values it was sent with, and how things stand."""
    told = {(member.metric, member.slice_key) for member in before.members}
    joined = tuple(reading for reading in now.members if (reading.metric, reading.slice_key) not in told)
    return replace(
        before,
        kind=NotificationKind.UPDATE,
        members=(*before.members, *joined),
        recovery=now.recovery,
        is_over=now.is_over,
        is_corrected=now.is_corrected,
        explained_by=before.explained_by or now.explained_by,
        storm=now.storm or before.storm,
        outage=now.outage or before.outage,
        taken_by=now.taken_by,
    )


def _value_at(stores: Stores, source: str, head: Incident, window: datetime) -> float | None:
    values = stores.results.values(
        source, head.metric, head.slice_key, start=window, end=window + STEP
    ).dropna()
    return None if values.empty else float(values.iloc[0])


def partition_url(dagster_url: str | None, window: datetime) -> str | None:
    """The window's partition of the scores in the Dagster UI; None without a UI."""
    if dagster_url is None:
        return None
    return f"{dagster_url}/assets/anomaly_scores?view=partitions&partition={quote(window_key(window))}"
