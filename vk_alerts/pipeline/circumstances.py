"""What the fold knows of a group, as a story tells it."""

from datetime import datetime

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.plan import Situation, Telling
from vk_alerts.alerting.story import NotificationKind, Outage, Reading, Recovery, Storm
from vk_alerts.metrics.model import Metric, MetricKind
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.surroundings import Window
from vk_alerts.windows import STEP


def run_of(telling: Telling) -> tuple[datetime, int]:
    """Since when the headline is off, and how many windows it was: what opened it, or all of it so far."""
    group, head = telling.group, telling.group.head
    if group.outage is not None:
        return group.outage.since, group.outage.windows
    if telling.kind is NotificationKind.RESOLVED:
        return head.first_bad, head.bad_windows
    begins = telling.kind in (NotificationKind.OPEN, NotificationKind.UPDATE)
    if head.bad_run > 1 and (begins or group.sequence):
        return head.last_bad - (head.bad_run - 1) * STEP, head.bad_run
    if begins or group.sequence:
        return min(head.recent_bad, default=head.last_bad), max(len(head.recent_bad), 1)
    return head.first_bad, head.bad_windows


def last_told_of(telling: Telling) -> float | None:
    """The deviation that people know of; of what is taken back the group says it."""
    told = telling.group.told
    if telling.kind is NotificationKind.CORRECTION and told is not None:
        return told.deviation
    return telling.last_told


def members_of(group: Group, situation: Situation, now: Window) -> tuple[Reading, ...]:
    """The other series of the group: first of the same people, then of everybody, each strongest first."""
    head = (group.head.metric, group.head.slice_key)
    series = dict.fromkeys(
        (incident.metric, incident.slice_key)
        for incident in situation.incidents.values()
        if incident.group == group.id and incident.phase is not Phase.CLOSED
    )
    readings = [now.reading(one) for one in series if one != head and one in now.verdicts]
    place = {group.head.slice_key: 0, ALL_KEY: 1}
    return tuple(sorted(readings, key=lambda one: (place.get(one.slice_key, 2), -(one.score or 0.0))))


def waiting_for(stores: Stores, group: Group, now: Window) -> tuple[Reading, ...]:
    """The metrics that are not judged while their source has no events."""
    metrics = stores.catalog.source_file(group.source).metrics
    return tuple(now.unknown(metric, ALL_KEY) for metric in metrics if metric.name != group.head.metric)


def explanation_of(stores: Stores, group: Group, now: Window) -> tuple[str, float] | None:
    """The metric that moved the headline, a ratio: its title and signed deviation; None = none did."""
    head = (group.head.metric, group.head.slice_key)
    for explanation in group.explained:
        if (explanation.metric, explanation.slice_key) == head:
            return now.title(stores.catalog.metric(explanation.by)), explanation.deviation
    return None


def outage_of(group: Group) -> Outage | None:
    """The source without events that the group stands for."""
    if group.outage is None:
        return None
    state = group.outage.state
    return Outage(table=state.table, last_event=state.newest, is_late=group.outage.is_late)


def storm_of(stores: Stores, group: Group, now: Window) -> Storm | None:
    """The storm that the group stands for, its metrics by their titles."""
    if group.storm is None:
        return None
    metrics = tuple((now.title(stores.catalog.metric(name)), size) for name, size in group.storm.metrics)
    return Storm(series=group.storm.series, of=group.storm.of, metrics=metrics)


def owners_of(stores: Stores, group: Group, metric: Metric) -> str:
    """Who is responsible: of the headline, or of all that is off in a storm or waits for a source."""
    if group.storm is not None:
        metrics = [metric, *(stores.catalog.metric(name) for name, _ in group.storm.metrics)]
    elif group.outage is not None:
        metrics = [metric, *stores.catalog.source_file(group.source).metrics]
    else:
        metrics = [metric]
    return " ".join(dict.fromkeys(each.owner for each in metrics if each.owner))


def recovery_of(group: Group, metric: Metric) -> Recovery:
    """How it went, of the headline; of an outage only how long it was."""
    head = group.head
    if group.outage is not None:
        return Recovery(lasted=group.outage.windows * STEP, worst=0.0, missed=None)
    is_count = metric.kind is MetricKind.COUNT and group.storm is None
    return Recovery(
        lasted=head.last_bad + STEP - head.first_bad,
        worst=head.worst,
        missed=head.missed if is_count else None,
    )
