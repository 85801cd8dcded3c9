"""Windows that were computed again → incidents as they ought to be, and a word to those told wrongly."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.alerting.correction import Corrected, reconcile
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.plan import is_live
from vk_alerts.alerting.revision import Revision
from vk_alerts.alerting.rules import Rules
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.pipeline.gates import gates_of
from vk_alerts.pipeline.recomputed import (
    Recomputed,
    compare_versions,
    recomputed_windows,
    stretches,
)
from vk_alerts.pipeline.refolding import Fold, Judge, Series, SeriesDirection, fold_anew
from vk_alerts.pipeline.retraction import retractions
from vk_alerts.pipeline.revisions import keep_revisions
from vk_alerts.pipeline.stores import Stores
from vk_alerts.state.corrections import Correction
from vk_alerts.state.foldings import ANNULLED, CORRECTED, Folding, KeptTransition
from vk_alerts.windows import STEP, window_end, window_key

LOGGER = logging.getLogger(__name__)

# One run of `send_alerts` looks at so many windows of the past, so that it never holds up what is live.
MOST_AT_ONCE = 192
# Incidents that began longer before a window than this are left as they are.
_FURTHEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """What windows that were computed again led to.

    Attributes:
        windows: those that were looked at.
        revisions: series on which two versions of a window differ.
        corrected: incidents that changed, as they stand.
        annulled: incidents that were none.
        retracted: ids of groups about which people are told that it was an error.
        is_news: whether a live run computed a live window again: what it found firing may be told.
    """

    windows: tuple[datetime, ...] = ()
    revisions: int = 0
    corrected: tuple[Incident, ...] = ()
    annulled: tuple[Incident, ...] = ()
    retracted: tuple[str, ...] = ()
    is_news: bool = False

    def __add__(self, other: "CorrectionReport") -> "CorrectionReport":
        """What both led to."""
        return CorrectionReport(
            windows=self.windows + other.windows,
            revisions=self.revisions + other.revisions,
            corrected=self.corrected + other.corrected,
            annulled=self.annulled + other.annulled,
            retracted=self.retracted + other.retracted,
            is_news=self.is_news or other.is_news,
        )


NOTHING_CORRECTED = CorrectionReport()


def correct_incidents(stores: Stores, *, now: datetime, rules: Rules | None = None) -> CorrectionReport:
    """Works out anew the incidents of windows that were computed again since they were folded.

    Live windows come first. Nothing opens by it and nothing is sent about the past: what turns out to fire
    waits until the fold looks at the newest window again. Only a message about an incident that turns out to
    be none, by a live run on a live window, is corrected. Two runs at once cannot correct the same: the later
    one finds the window's version changed, and stops.

    Raises:
        ClickHouseError: scores cannot be read.
        StateError: the state database cannot be used; nothing of the windows is written then.
    """
    watermark = stores.incidents.watermark()
    if watermark is None:
        return NOTHING_CORRECTED
    windows, seen = recomputed_windows(stores, watermark)
    live = [one for one in windows if is_live(one.window, now)]
    past = sorted((one for one in windows if one not in live), key=lambda one: one.commit.version)
    chosen = live + sorted(past[:MOST_AT_ONCE], key=lambda one: one.window)
    report = NOTHING_CORRECTED
    for stretch in stretches(sorted(chosen, key=lambda one: one.window)):
        done = _correct(stores, stretch, watermark=watermark, now=now, rules=rules or Rules())
        if done is None:
            return report
        report += done
    waiting = [one.commit.version for one in past[MOST_AT_ONCE:]]
    if windows or seen != stores.corrections.seen_until():
        stores.corrections.seen(min(waiting) // 10**9 if waiting else seen)
    return report


def _correct(
    stores: Stores, stretch: Sequence[Recomputed], *, watermark: datetime, now: datetime, rules: Rules
) -> CorrectionReport | None:
    start, end = stretch[0].window, window_end(stretch[-1].window)
    again = [one.window for one in stretch]
    gates = gates_of(stores, again, since=start - _FURTHEST, until=watermark + STEP, now=now)
    compared = compare_versions(stores, stretch, gates)
    revisions = compared.revisions
    keep_revisions(stores, revisions, now=now)
    nearby = stores.corrections.known(start - _FURTHEST, watermark + STEP)
    involved = {(incident.metric, incident.slice_key) for incident in nearby}
    moved = _moved(revisions, involved)
    fold = Fold(since=start, until=end, refolded={})
    if moved:
        judge = Judge(gates, compared, frozenset(again))
        fold = fold_anew(stores, sorted(moved), nearby, judge, span=(start, end, watermark), rules=rules)
    corrected = {
        series: reconcile([i for i in fold.known(nearby) if i.series == series], refolded)
        for series, refolded in fold.refolded.items()
    }
    already = stores.corrections.annulled(fold.since)
    changed = _changed(corrected, [one for one in nearby if one.id not in already])
    annulled = tuple(
        incident for one in corrected.values() for incident in one.annulled if incident.id not in already
    )
    live = [
        one.window
        for one in stretch
        if one.commit.origin is Origin.LIVE and is_live(one.window, now) and revisions[one.window]
    ]
    retraction = retractions(stores, changed, annulled, live=live, watermark=watermark, now=now)
    correction = Correction(
        watermark=watermark,
        foldings=tuple((_folding(one, now), one.before) for one in stretch),
        since=fold.since,
        until=fold.until,
        incidents=changed,
        annulled=annulled,
        dropped=tuple(name for one in corrected.values() for name in one.dropped),
        transitions=_transitions(corrected, changed, annulled, moved, now=now),
        groups=retraction.changed,
        finished=retraction.finished,
        rows=retraction.rows,
    )
    if not stores.corrections.commit(correction, now=now.timestamp()):
        LOGGER.info("windows=%s outcome=left reason=another run folds or corrects", len(stretch))
        return None
    for incident, what in [(one, CORRECTED) for one in changed] + [(one, ANNULLED) for one in annulled]:
        LOGGER.info(
            "incident=%s metric=%s slice=%s %s", incident.id, incident.metric, incident.slice_key, what
        )
    return CorrectionReport(
        windows=tuple(one.window for one in stretch),
        revisions=sum(len(of_window) for of_window in revisions.values()),
        corrected=changed,
        annulled=annulled,
        retracted=tuple(group.id for group in retraction.finished if group.is_told),
        is_news=bool(live and changed),
    )


def _moved(
    revisions: Mapping[datetime, tuple[Revision, ...]], involved: set[Series]
) -> dict[Series, Revision]:
    """The series whose incidents could be other ones now, each with what changed, the newest window's."""
    return {
        (one.metric, one.slice_key): one
        for _, of_window in sorted(revisions.items())
        for one in of_window
        if one.moves_incidents
        and ((one.metric, one.slice_key) in involved or any(v and v.is_bad for v in (one.before, one.after)))
    }


def _changed(corrected: dict[SeriesDirection, Corrected], before: Sequence[Incident]) -> tuple[Incident, ...]:
    known = {incident.id: incident for incident in before}
    return tuple(
        incident
        for one in corrected.values()
        for incident in one.incidents
        if known.get(incident.id) != incident
    )


def _folding(one: Recomputed, now: datetime) -> Folding:
    return Folding(one.window, one.commit.version, one.commit.origin.value, now.timestamp())


def _transitions(
    corrected: dict[SeriesDirection, Corrected],
    changed: Sequence[Incident],
    annulled: Sequence[Incident],
    moved: dict[Series, Revision],
    *,
    now: datetime,
) -> tuple[KeptTransition, ...]:
    """The history of what changed, as it is now, and that it was corrected."""
    ids = {incident.id for incident in changed}
    told = [
        KeptTransition(change.incident.id, window, change.transition.value, change.reason, now.timestamp())
        for one in corrected.values()
        for window, change in one.changes
        if change.incident.id in ids
    ]
    for incident, what in [(one, CORRECTED) for one in changed] + [(one, ANNULLED) for one in annulled]:
        revision = moved[incident.metric, incident.slice_key]
        if incident.phase is not Phase.PENDING:
            told.append(
                KeptTransition(incident.id, revision.window, what, reason_of(revision), now.timestamp())
            )
    return tuple(told)


def reason_of(revision: Revision) -> str:
    """What computing a window again changed on a series, in words."""
    values = [
        None if verdict is None else verdict.scored.value for verdict in (revision.before, revision.after)
    ]
    old, new = ("none" if value is None else f"{value:g}" for value in values)
    return (
        f"window {window_key(revision.window)} was computed again: {revision.judgement_before.value} → "
        f"{revision.judgement.value}, value {old} → {new}"
    )
