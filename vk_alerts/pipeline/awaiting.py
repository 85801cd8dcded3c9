"""Which commits of scores are to be folded next: in the windows' order, and none before a missing one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from vk_alerts.clickhouse.versions import SCORES_ASSET, Commit
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, window_of

# What was committed after a missing window waits this long for it, because an outage is filled newest first;
# then the missing one is passed over, so that it cannot hold up the others.
WAIT_FOR_WINDOW = timedelta(minutes=10)


def pending_commits(stores: Stores, watermark: datetime, now: datetime) -> list[Commit]:
    """The commits of scores that are to be folded next, oldest first."""
    return in_order(committed_since(stores, watermark, now), watermark, now)


def in_order(commits: Sequence[Commit], watermark: datetime, now: datetime) -> list[Commit]:
    """Those of the commits that may be folded now.

    A window after a missing one is left out for a while, because the fold goes by the windows' order.

    Args:
        commits: those after the watermark, oldest first.
        watermark: newest window that was folded.
        now: aware UTC.
    """
    pending: list[Commit] = []
    expected = watermark + STEP
    for commit in commits:
        if commit.window != expected and now - commit.committed_at < WAIT_FOR_WINDOW:
            break
        pending.append(commit)
        expected = commit.window + STEP
    return pending


def committed_since(stores: Stores, watermark: datetime, now: datetime) -> list[Commit]:
    """The commits of scores after the watermark, oldest first, also those that wait for a missing window."""
    return stores.results.commits(SCORES_ASSET, watermark + STEP, window_of(now) + STEP)
