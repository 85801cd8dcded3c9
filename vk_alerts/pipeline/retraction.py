"""Incidents that were none → what becomes of their groups, and what people are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vk_alerts.alerting.announcing import edits_of_first
from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.plan import Situation, Telling
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.pipeline.routing import addressed
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.storytelling import tell
from vk_alerts.pipeline.verdicts import verdicts_on
from vk_alerts.state.outbox import NewRow
from vk_alerts.windows import STEP

_REASON = "a live window was computed again, and nothing was wrong"


@dataclass(frozen=True, slots=True)
class Retraction:
    """What becomes of groups.

    Attributes:
        changed: those that go on with another head.
        finished: those about which nothing is left to tell.
        rows: messages that say so.
    """

    changed: tuple[Group, ...] = ()
    finished: tuple[Group, ...] = ()
    rows: tuple[NewRow, ...] = ()


def retractions(
    stores: Stores,
    corrected: Sequence[Incident],
    annulled: Sequence[Incident],
    *,
    live: Sequence[datetime],
    watermark: datetime,
    now: datetime,
) -> Retraction:
    """What becomes of the groups of annulled incidents.

    A group without any incident left was an error: its message is edited and answered, if a live window of a
    live run tells so; otherwise it ends as others do. A group whose head is gone gets another one.

    Args:
        stores: for the groups, and for the stories.
        corrected: incidents that changed, as they stand.
        annulled: incidents that were none.
        live: live windows that a live run has computed again, ascending.
        watermark: newest folded window.
        now: aware UTC.
    """
    if not annulled:
        return Retraction()
    situation = _after(stores.incidents.situation(watermark - Rules().remembered), corrected, annulled)
    gone = {incident.id: incident for incident in annulled}
    touched = {incident.group for incident in annulled}
    changed: list[Group] = []
    finished: list[Group] = []
    rows: list[NewRow] = []
    for group in situation.groups.values():
        if group.id not in touched:
            continue
        members = [one for one in situation.incidents.values() if one.group == group.id]
        firing = [one for one in members if one.phase in (Phase.FIRING, Phase.RECOVERING)]
        if not firing and not group.is_told:
            finished.append(replace(group, closed=watermark))
        elif not members and live:
            over = replace(group, closed=watermark)
            rows += _rows(stores, over, situation, window=live[-1], now=now)
            finished.append(over)
        elif group.head.id in gone and firing:
            changed.append(replace(group, head=max(firing, key=lambda one: (abs(one.worst), one.id))))
    return Retraction(tuple(changed), tuple(finished), tuple(rows))


def _after(situation: Situation, corrected: Sequence[Incident], annulled: Sequence[Incident]) -> Situation:
    gone = {incident.id for incident in annulled}
    incidents = {series: one for series, one in situation.incidents.items() if one.id not in gone} | {
        one.series: one for one in corrected
    }
    return replace(situation, incidents=incidents)


def _rows(
    stores: Stores, group: Group, situation: Situation, *, window: datetime, now: datetime
) -> list[NewRow]:
    verdicts = verdicts_on(stores.catalog, stores.results.scores(window, window + STEP))
    kinds = (NotificationKind.UPDATE, NotificationKind.CORRECTION)
    rows: list[NewRow] = []
    for telling in (
        *(Telling(kind, group, reason=_REASON) for kind in kinds),
        *edits_of_first(group, _REASON),
    ):
        # What an earlier opening told was so; only the newest was none.
        story = tell(stores, telling, situation, verdicts, window=window)
        story = replace(story, is_corrected=not telling.is_of_first, is_over=True)
        rows += addressed(stores, story, group=group.id, sequence=telling.sequence, now=now, window=window)
    return rows
