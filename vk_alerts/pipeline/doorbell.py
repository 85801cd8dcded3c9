"""Whether there is something for `send_alerts` to do; the sensor rings only then."""

from dataclasses import dataclass
from datetime import datetime

from vk_alerts.pipeline.incidents import committed_since, pending_commits
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
    if stores.incidents.has_open_incidents():
        return Ring(rings=True, reason=f"an incident is open; {told}")
    if len(pending) >= MOST_PENDING:
        return Ring(rings=True, reason=f"{len(pending)} windows wait to be folded; {told}")
    crossed = stores.results.crossed(pending[0].window, pending[-1].window + STEP)
    if crossed:
        return Ring(rings=True, reason=f"{crossed} scores crossed their threshold; {told}")
    if max_window is not None and max_window <= watermark:
        return Ring(
            rings=False, reason=f"window {window_key(max_window)} is folded: a rerun never pages; {told}"
        )
    return Ring(rings=False, reason=f"no score crossed its threshold; {told}")
