"""Which folded windows were computed again since, and what that changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.alerting.revision import Revision, compare
from vk_alerts.alerting.verdicts import Verdict
from vk_alerts.clickhouse.versions import SCORES_ASSET, Commit
from vk_alerts.pipeline.gates import NO_GATES, Gates, SourceWindow
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.verdicts import verdicts_on
from vk_alerts.windows import STEP

# A version's number is the time at which its run began to write; it may have ended much later.
SLACK_SECONDS = 3600
# Read at once: the scores of a day, or of as many windows as have about so many rows.
_STRETCH = timedelta(days=1)
_ROWS_AT_ONCE = 50_000
_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A folded window whose newest scores are not those that were folded.

    Attributes:
        commit: the newest version.
        before: the version that was folded; None = the window was passed over.
    """

    commit: Commit
    before: int | None

    @property
    def window(self) -> datetime:
        """The window's start."""
        return self.commit.window


def recomputed_windows(stores: Stores, watermark: datetime) -> tuple[list[Recomputed], int]:
    """The windows up to the watermark that were computed again, oldest first.

    Windows before the first one that was ever folded are history: nothing was told of them, and is not now.

    Returns:
        The windows; and up to which versions, seconds since the epoch, all is seen once they are done.
    """
    first = stores.foldings.first()
    if first is None:
        return [], 0
    seen = stores.corrections.seen_until()
    since = first.version - 1 if seen is None else (seen - SLACK_SECONDS) * _SECOND
    commits = stores.results.recommitted(SCORES_ASSET, first.window, watermark + STEP, since=max(since, 0))
    if not commits:
        return [], seen or first.version // _SECOND
    folded = stores.foldings.between(commits[0].window, commits[-1].window + STEP)
    found = [
        Recomputed(commit, folded[commit.window].version if commit.window in folded else None)
        for commit in commits
    ]
    newest = max(commit.version for commit in commits) // _SECOND
    return [one for one in found if one.before != one.commit.version], newest


def stretches(windows: Sequence[Recomputed]) -> list[list[Recomputed]]:
    """The windows, ascending, in stretches whose scores can be read at once."""
    parts: list[list[Recomputed]] = []
    rows = 0
    for one in windows:
        rows += one.commit.rows
        if parts and one.window - parts[-1][0].window < _STRETCH and rows <= _ROWS_AT_ONCE:
            parts[-1].append(one)
        else:
            parts.append([one])
            rows = one.commit.rows
    return parts


@dataclass(frozen=True, slots=True)
class Comparison:
    """What computing windows again changed.

    Attributes:
        revisions: by window; where the version before is gone, every row counts as new.
        shut: sources and windows whose new verdicts say nothing, because the source has not delivered.
    """

    revisions: Mapping[datetime, tuple[Revision, ...]]
    shut: frozenset[SourceWindow]


def compare_versions(stores: Stores, stretch: Sequence[Recomputed], gates: Gates = NO_GATES) -> Comparison:
    """Compares the scores of windows that were computed again with those there were.

    Args:
        stores: for the scores.
        stretch: the windows, ascending.
        gates: which sources had delivered; by default, everything is judged.

    Raises:
        ClickHouseError: the scores cannot be read.
    """
    versions = {one.commit.version for one in stretch} | {one.before for one in stretch if one.before}
    frame = stores.results.score_versions(
        stretch[0].window, stretch[-1].window + STEP, sorted(version for version in versions if version)
    )
    by_version: dict[tuple[datetime, int], list[Verdict]] = {}
    for version, part in frame.groupby("version"):
        for verdict in verdicts_on(stores.catalog, part):
            by_version.setdefault((verdict.scored.window, int(str(version))), []).append(verdict)
    revisions: dict[datetime, tuple[Revision, ...]] = {}
    closed: set[SourceWindow] = set()
    for one in stretch:
        old, new = (
            by_version.get((one.window, version or 0), []) for version in (one.before, one.commit.version)
        )
        gated = gates.as_of_now(new, one.window)
        closed |= {(v.scored.source, one.window) for v, kept in zip(new, gated, strict=True) if v != kept}
        revisions[one.window] = compare(
            [gates.as_folded(verdict) for verdict in old],
            gated,
            window=one.window,
            version=one.commit.version,
        )
    return Comparison(revisions, frozenset(closed))
