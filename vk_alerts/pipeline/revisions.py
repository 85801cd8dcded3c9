"""Scores a range of windows and tells what that changed where they had been scored before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.revision import Revision
from vk_alerts.clickhouse.versions import SCORES_ASSET, Provenance
from vk_alerts.pipeline.recomputed import Recomputed, compare_versions, stretches
from vk_alerts.pipeline.scoring import ScoreReport, score_windows
from vk_alerts.pipeline.stores import Stores

# What is kept of one window: all that a person will look at; a new detector changes every series.
MOST_REVISIONS = 100
# Scores compared at most, the newest windows' first: comparing must not take longer than scoring.
_MOST_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class RescoreReport:
    """What a materialization of scores did, and what it changed.

    Attributes:
        scores: what was scored.
        again: windows that had scores before.
        compared: those of them whose versions were compared: the newest.
        revisions: series-windows on which the versions differ, those whose judgement turned first.
    """

    scores: ScoreReport
    again: int
    compared: int
    revisions: tuple[Revision, ...]


def rescore_windows(stores: Stores, start: datetime, end: datetime, *, by: Provenance) -> RescoreReport:
    """Scores every series in the windows [start, end), and compares with the scores there were.

    What changed is kept in the state database, too.

    Raises:
        PipelineError: a window has no snapshot, or there is no past to compare with.
        ClickHouseError: history cannot be read or the scores not be written.
        StateError: the state database cannot be used; the scores are written then.
    """
    before = {commit.window: commit.version for commit in stores.results.commits(SCORES_ASSET, start, end)}
    scores = score_windows(stores, start, end, by=by)
    again = _again(stores, before, start, end) if before else []
    revisions: list[Revision] = []
    for stretch in stretches(again):
        by_window = compare_versions(stores, stretch).revisions
        keep_revisions(stores, by_window, now=by.now)
        revisions += [revision for of_window in by_window.values() for revision in of_window]
    revisions.sort(key=lambda one: (not one.turned, -one.score_change))
    return RescoreReport(scores, again=len(before), compared=len(again), revisions=tuple(revisions))


def keep_revisions(
    stores: Stores, by_window: Mapping[datetime, tuple[Revision, ...]], *, now: datetime
) -> None:
    """Keeps what changed most in each window."""
    kept = [one for of_window in by_window.values() for one in of_window[:MOST_REVISIONS]]
    stores.corrections.revise(kept, now=now.timestamp())


def _again(
    stores: Stores, before: Mapping[datetime, int], start: datetime, end: datetime
) -> list[Recomputed]:
    """The windows that were scored before, oldest first; only the newest where they are very many."""
    found: list[Recomputed] = []
    rows = 0
    for commit in reversed(stores.results.commits(SCORES_ASSET, start, end)):
        if commit.window not in before:
            continue
        rows += commit.rows
        if found and rows > _MOST_ROWS:
            break
        found.append(Recomputed(commit, before[commit.window]))
    return found[::-1]
