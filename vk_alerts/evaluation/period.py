"""Which windows a backtest judges: the newest ones that have enough past before them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from vk_alerts.clickhouse.repository import ResultRepository
from vk_alerts.clickhouse.versions import snapshots_asset
from vk_alerts.errors import PipelineError
from vk_alerts.windows import STEP, WINDOWS_PER_DAY, window_of

LEARNING = timedelta(days=14)
"""The default detector gives no verdict before it has seen two weeks; no detector is judged on those."""

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)  # clocks differ
_FILL = "fill the past with 'vk-alerts backfill --days 42'"


@dataclass(frozen=True, slots=True)
class Period:
    """The windows [start, end) that are judged.

    Attributes:
        start: first window.
        end: end of the last one.
        first_snapshot: the oldest window with a snapshot.
        asked: how much was asked for.
    """

    start: datetime
    end: datetime
    first_snapshot: datetime
    asked: timedelta

    @property
    def length(self) -> timedelta:
        """How much is judged."""
        return self.end - self.start

    @property
    def windows(self) -> int:
        """How many windows are judged."""
        return self.length // STEP

    @property
    def days(self) -> float:
        """The same in days."""
        return self.length / timedelta(days=1)

    @property
    def weeks(self) -> float:
        """The same in weeks."""
        return self.length / timedelta(weeks=1)

    @property
    def is_shorter_than_asked(self) -> bool:
        """Whether the snapshots do not reach back far enough for what was asked."""
        return self.length < self.asked

    def stretches(self, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
        """The period in pieces of at most ``length``, oldest first."""
        start = self.start
        while start < self.end:
            end = min(start + length, self.end)
            yield start, end
            start = end


def find_period(
    results: ResultRepository, sources: Sequence[str], *, asked: timedelta, now: datetime
) -> Period:
    """The newest windows with snapshots, ``asked`` of them or as many as have two weeks before them.

    Args:
        results: where the snapshots are.
        sources: whose; the source that reaches further back decides.
        asked: how much to judge at most.
        now: aware UTC; nothing is later.

    Raises:
        PipelineError: there are no snapshots, or fewer than two weeks of them.
        ClickHouseError: they cannot be read.
    """
    committed = [
        [commit.window for commit in results.commits(snapshots_asset(source), _EVER, window_of(now) + _AHEAD)]
        for source in sources
    ]
    return period_of(committed, asked=asked)


def period_of(committed: Sequence[Sequence[datetime]], *, asked: timedelta) -> Period:
    """The period of sources whose windows with snapshots, oldest first, are given.

    Raises:
        PipelineError: there are none, or fewer than two weeks of them.
    """
    known = [windows for windows in committed if windows]
    if not known:
        raise PipelineError(
            f"no snapshots yet: {_FILL}, or look at a demo's with VK_ALERTS_HOME=.vk_alerts_demo"
        )
    # Counted, not measured from the first one on: a single old window is no history.
    learning = LEARNING // STEP
    longest = max(len(windows) for windows in known)
    if longest <= learning:
        raise PipelineError(
            f"only {longest / WINDOWS_PER_DAY:.1f} days of snapshots; a detector learns from "
            f"{LEARNING.days} days before it judges: {_FILL}"
        )
    learned = min(windows[learning] for windows in known if len(windows) > learning)
    end = max(windows[-1] for windows in known) + STEP
    return Period(
        start=max(end - asked, learned),
        end=end,
        first_snapshot=min(windows[0] for windows in known),
        asked=asked,
    )
