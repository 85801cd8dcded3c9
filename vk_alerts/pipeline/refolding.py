"""Series around windows that were computed again, folded anew from the verdicts that hold now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.alerting.correction import Refolded, refold
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.verdicts import Direction, Verdict
from vk_alerts.pipeline.gates import Gates, shut
from vk_alerts.pipeline.recomputed import Comparison
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.verdicts import verdicts_on
from vk_alerts.windows import STEP

# How far behind a window its series are folded anew at first; further where something is still on.
_AHEAD = timedelta(days=1)

Series = tuple[str, str]
SeriesDirection = tuple[str, str, Direction]


@dataclass(frozen=True, slots=True)
class Judge:
    """Verdicts as the fold takes them: nothing of a source that had not delivered, or has not now."""

    gates: Gates
    compared: Comparison
    again: frozenset[datetime]

    def __call__(self, verdict: Verdict) -> Verdict:
        """The verdict that counts."""
        window = verdict.scored.window
        if window not in self.again:
            return self.gates.as_folded(verdict)
        return shut(verdict) if (verdict.scored.source, window) in self.compared.shut else verdict


@dataclass(frozen=True, slots=True)
class Fold:
    """Some series, folded anew in [since, until)."""

    since: datetime
    until: datetime
    refolded: dict[SeriesDirection, Refolded]

    def known(self, incidents: Iterable[Incident]) -> list[Incident]:
        """Those of the incidents that lie in it."""
        return [one for one in incidents if self.since <= one.first_bad < self.until]


def fold_anew(
    stores: Stores,
    series: Sequence[Series],
    nearby: Sequence[Incident],
    judge: Judge,
    *,
    span: tuple[datetime, datetime, datetime],
    rules: Rules,
) -> Fold:
    """Folds series anew from before anything was on, to where nothing is on any more.

    Args:
        stores: for the scores.
        series: which.
        nearby: incidents of these and of others.
        judge: makes verdicts those of the fold.
        span: start and end of the windows that were computed again, and the newest folded window.
        rules: of the lifecycle.
    """
    start, end, last = span
    mine = [one for one in nearby if (one.metric, one.slice_key) in set(series)]
    since = start - rules.remembered
    for incident in sorted(mine, key=lambda one: one.first_bad, reverse=True):
        if incident.first_bad < start and (incident.closed_at or last) >= since - rules.remembered:
            since = min(since, incident.first_bad - rules.remembered)
    until = min(end + _AHEAD, last + STEP)
    while True:
        verdicts: dict[Series, list[Verdict]] = {one: [] for one in series}
        frame = stores.results.scores_of(since, until, series)
        for verdict in verdicts_on(stores.catalog, frame):
            verdicts[verdict.scored.metric, verdict.scored.slice_key].append(judge(verdict))
        refolded = {
            (*one, direction): refold(of_one, direction, rules)
            for one, of_one in verdicts.items()
            for direction in Direction
        }
        is_on = any(one.first_bad < until <= (one.closed_at or last) + rules.remembered for one in mine)
        if until > last or (not is_on and all(one.is_quiet for one in refolded.values())):
            return Fold(since, until, refolded)
        until = min(until + 2 * (until - start), last + STEP)
