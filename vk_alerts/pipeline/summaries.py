"""After an outage of the pipeline: one message about what opened and closed meanwhile."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vk_alerts.alerting.catching_up import missed_windows, passed_groups
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.story import Language, NotificationKind, Passed, Recovery, Story
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.metrics.model import MetricKind
from vk_alerts.pipeline.labels import slice_label
from vk_alerts.pipeline.routing import addressed
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.storytelling import partition_url
from vk_alerts.pipeline.surroundings import Window
from vk_alerts.windows import STEP, window_key

LOGGER = logging.getLogger(__name__)

# What passed longer ago than this is history: the schedule itself fills no longer an outage.
_LOOK_BACK = timedelta(hours=48)


def summarize_outage(stores: Stores, window: datetime, *, now: datetime) -> Story | None:
    """Queues one message about incidents that came and went while the pipeline was down, if there were any.

    It is worked out from what is kept of the folded windows, so that a crash in between loses nothing, and
    told once: two runs at the same time cannot tell it twice.

    Args:
        stores: for the state, the catalog and the routes.
        window: the newest folded window, one that may be told.
        now: aware UTC.

    Raises:
        StateError: the state database cannot be used.
    """
    until = stores.summaries.told_until()
    since = max(window - _LOOK_BACK, window - _LOOK_BACK if until is None else until + STEP)
    folded = [
        (folding.window, datetime.fromtimestamp(folding.folded_at, UTC))
        for folding in stores.foldings.between(since, window + STEP).values()
        if folding.origin == Origin.LIVE
    ]
    missed = missed_windows(folded)
    groups = passed_groups(stores.summaries.groups_of(missed), missed) if missed else []
    if not groups:
        return None
    story = _story(stores, groups, window)
    group = hashlib.sha256(f"summary\n{window_key(min(missed))}".encode()).hexdigest()[:16]
    rows = addressed(stores, story, group=group, sequence=0, now=now)
    if not stores.summaries.commit(rows, previous=until, window=window):
        LOGGER.info("window=%s outcome=left reason=another run has summed up", window_key(window))
        return None
    LOGGER.info(
        "window=%s summary=%s incidents, missed=%s windows", window_key(window), len(groups), len(missed)
    )
    return story


def _story(stores: Stores, groups: Sequence[Group], window: datetime) -> Story:
    catalog, language = stores.catalog, Language(stores.settings.language)
    surroundings = Window(catalog, language, verdicts={}, firing=())
    worst = max(groups, key=lambda group: (abs(group.head.worst), group.id)).head
    owners = [catalog.metric(group.head.metric).owner for group in groups]
    return Story(
        kind=NotificationKind.SUMMARY,
        short_id=groups[0].id[:4].upper(),
        window=window,
        first_bad=groups[0].head.first_bad,
        bad_windows=0,
        headline=surroundings.unknown(catalog.metric(worst.metric), worst.slice_key),
        yesterday=None,
        week_ago=None,
        members=(),
        neighbours=(),
        chart_url=None,
        dashboard_url=None,
        partition_url=partition_url(stores.settings.dagster_url, window),
        owner=" ".join(dict.fromkeys(owner for owner in owners if owner)),
        passed=tuple(_passed(group, surroundings, language) for group in groups),
    )


def _passed(group: Group, surroundings: Window, language: Language) -> Passed:
    head = group.head
    metric = surroundings.catalog.metric(head.metric)
    is_count = metric.kind is MetricKind.COUNT and group.storm is None
    return Passed(
        short_id=group.id[:4].upper(),
        title=surroundings.title(metric),
        slice_label=slice_label(head.slice_key, language),
        first_bad=head.first_bad,
        recovery=Recovery(
            lasted=head.last_bad + STEP - head.first_bad,
            worst=head.worst,
            missed=head.missed if is_count else None,
        ),
        worst=head.worst,
    )
