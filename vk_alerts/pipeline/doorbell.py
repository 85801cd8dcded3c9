"""Whether there is something for `send_alerts` to do; the sensor rings only then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.clickhouse.versions import Commit
from vk_alerts.pipeline.arrivals import late_sources
from vk_alerts.pipeline.awaiting import committed_since, pending_commits
from vk_alerts.pipeline.recomputed import recomputed_windows
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP, WINDOWS_PER_DAY, window_key

# Quiet windows are folded in bulk once a day's worth has gathered: the watermark never falls far behind.
MOST_PENDING = WINDOWS_PER_DAY


@dataclass(frozen=True, slots=True)
class Ring:
    """The doorbell's decision.

    Attributes:
        rings: whether `send_alerts` is to run.
        reason: why, or why not; it names the highest score.
    """

    rings: bool
    reason: str


def ring_for(
    stores: Stores,
    *,
    now: datetime,
    max_score: float | None,
    max_series: str,
    max_window: datetime | None = None,
) -> Ring:
    """Decides whether the newest scores, or anything left over, call for a run of `send_alerts`.

    Args:
        stores: where pending windows, open incidents and unsent messages are found.
        now: aware UTC.
        max_score: the highest score of the materialization that woke the sensor, for the reason.
        max_series: its series.
        max_window: its window, to tell a rerun of the past from news.
    """
    told = "no verdict" if max_score is None else f"highest score {max_score:.1f} ({max_series})"
    unsent = stores.outbox.due(now.timestamp())
    if unsent:
        return Ring(rings=True, reason=f"{unsent} unsent messages; {told}")
    watermark = stores.incidents.watermark()
    if watermark is None:
        return Ring(rings=True, reason=f"first run; {told}")
    again, _ = recomputed_windows(stores, watermark)
    if again:
        return Ring(rings=True, reason=f"folded windows computed again: {len(again)}; {told}")
    pending = pending_commits(stores, watermark, now)
    if not pending and committed_since(stores, watermark, now):
        missing = window_key(watermark + STEP)
        return Ring(rings=False, reason=f"window {missing} is missing and waited for; {told}")
    if not pending:
        return Ring(
            rings=False,
            reason=f"nothing new after window {window_key(watermark)}; {told}",
        )
    news = _news_of(stores, pending, now)
    if news:
        return Ring(rings=True, reason=f"{news}; {told}")
    if max_window is not None and max_window <= watermark:
        return Ring(
            rings=False, reason=f"window {window_key(max_window)} is folded: a rerun never pages; {told}"
        )
    return Ring(rings=False, reason=f"no score crossed its threshold; {told}")


def _news_of(stores: Stores, pending: Sequence[Commit], now: datetime) -> str:
    """Why windows are to be folded at once; empty when they can wait."""
    if stores.incidents.has_open_incidents():
        return "an incident is open"
    if len(pending) >= MOST_PENDING:
        return f"{len(pending)} windows wait to be folded"
    crossed = stores.results.crossed(pending[0].window, pending[-1].window + STEP)
    if crossed:
        return f"{crossed} scores crossed their threshold"
    late = late_sources(stores, pending[-1].window, now=now)
    return f"late or stopped: {', '.join(late)}" if late else ""
