"""After an outage of the pipeline: which incidents came and went while nobody could be told."""

from collections.abc import Collection, Iterable
from datetime import datetime

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.plan import is_live


def missed_windows(folded: Iterable[tuple[datetime, datetime]]) -> set[datetime]:
    """The windows that were too old to be told when they were folded at last.

    Args:
        folded: windows that a live run has scored, each with the moment it was folded. Backfills and reruns
            are nobody's news, whatever their age.
    """
    return {window for window, at in folded if not is_live(window, at)}


def passed_groups(groups: Iterable[Group], missed: Collection[datetime]) -> list[Group]:
    """The groups that opened in missed windows and are over, or about to be; earliest first.

    What still fires is told by itself, with its ``open``. What people have silenced, or are spared because it
    flaps, they are spared here, too.
    """
    passed = [
        group
        for group in groups
        if group.opened in missed
        and not group.is_told
        and not group.is_silenced
        and not group.is_flapping
        and group.outage is None
        and (group.closed is not None or group.head.phase is Phase.RECOVERING)
    ]
    return sorted(passed, key=lambda group: (group.head.first_bad, group.id))
