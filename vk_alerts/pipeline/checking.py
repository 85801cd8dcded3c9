"""One window's whole work, as a scheduler without Dagster asks for it: snapshots, scores, incidents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from vk_alerts.alerting.plan import LIVE_WITHIN, is_live
from vk_alerts.alerting.verdicts import Judgement, Verdict
from vk_alerts.clickhouse.versions import SCORES_ASSET, Origin, Provenance
from vk_alerts.pipeline.completeness import may_need_waiting, waits_for, watermarks
from vk_alerts.pipeline.incidents import IncidentReport, advance_incidents
from vk_alerts.pipeline.revisions import rescore_windows
from vk_alerts.pipeline.snapshots import take_snapshots
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.verdicts import verdicts_on
from vk_alerts.windows import STEP, last_closed, window_key, windows_between

NAME = "vk-alerts check"


@dataclass(frozen=True, slots=True)
class WindowCheck:
    """What became of a window.

    Attributes:
        window: its start.
        verdicts: on its series.
        filled: windows before it that were missing and may still be told of, computed as well.
        incidents: what the fold did; None = it was not asked for.
    """

    window: datetime
    verdicts: tuple[Verdict, ...]
    filled: tuple[datetime, ...] = ()
    incidents: IncidentReport | None = None

    @property
    def bad(self) -> list[Verdict]:
        """The anomalous series, the highest score first."""
        found = [verdict for verdict in self.verdicts if verdict.is_bad]
        return sorted(found, key=lambda one: -(one.scored.score or 0.0))

    @property
    def judged(self) -> int:
        """How many series got a verdict."""
        return sum(verdict.judgement is not Judgement.NONE for verdict in self.verdicts)


def why_not_due(stores: Stores, window: datetime, *, now: datetime) -> str | None:
    """Why a window cannot be judged yet: it has not ended, or a source is late; None = it can.

    Raises:
        ClickHouseError: the events cannot be read.
    """
    if window > last_closed(now):
        return f"window {window_key(window)} has not ended yet; it does at {window + STEP:%H:%M} UTC"
    if not may_need_waiting([window], now):
        return None
    waits = waits_for(window, watermarks(stores, now), now)
    return None if waits is None else f"window {waits}"


def check_window(stores: Stores, window: datetime, *, now: datetime, tells: bool) -> WindowCheck:
    """Takes the snapshots of a window, scores it and, if it is to be told of, folds it into incidents.

    A check that tells nobody counts as a rerun, which never pages; one that does computes live windows before
    it that are missing, too, because the fold goes by their order. A second time gives the same.

    Args:
        stores: of the environment.
        window: its start.
        now: aware UTC; a window that ended long before it is told to nobody.
        tells: whether incidents are advanced, which puts messages into the outbox.

    Raises:
        PipelineError: there is no past to compare with.
        ClickHouseError: events or results cannot be read or written.
        StateError: the state database cannot be used.
    """
    filled = list(_missing(stores, window, now)) if tells else []
    for one in (*filled, window):
        origin = Origin.LIVE if tells and is_live(one, now) else Origin.RERUN
        by = Provenance(origin=origin, run_id=NAME, now=now)
        for source in stores.catalog.sources:
            take_snapshots(stores, source.name, one, one + STEP, by=by)
        rescore_windows(stores, one, one + STEP, by=by)
    verdicts = verdicts_on(stores.catalog, stores.results.scores(window, window + STEP))
    report = advance_incidents(stores, now=now) if tells else None
    return WindowCheck(window, tuple(verdicts), tuple(filled), report)


def _missing(stores: Stores, window: datetime, now: datetime) -> Iterator[datetime]:
    """Live windows before this one, and after the last that was folded, without scores."""
    if not is_live(window, now):
        return
    oldest = last_closed(now - LIVE_WITHIN)
    start = max(oldest, stores.incidents.begin_at(oldest)) + STEP
    there = {commit.window for commit in stores.results.commits(SCORES_ASSET, start, window)}
    yield from (one for one in windows_between(start, window) if one not in there)
