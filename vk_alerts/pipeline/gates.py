"""Sources that had not delivered a window: what was computed from it is not judged when it is folded anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from vk_alerts.alerting.inhibition import gate
from vk_alerts.alerting.plan import is_live
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.verdicts import Judgement, Verdict
from vk_alerts.pipeline.arrivals import source_states
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP

SourceWindow = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Gates:
    """Which sources had delivered which windows, when they were folded and now.

    Attributes:
        outages: those that were told of, by source.
        states: how far sources reach now, for windows that were computed again.
    """

    outages: Mapping[str, Sequence[Outage]] = field(default_factory=dict)
    states: Mapping[datetime, Sequence[SourceState]] = field(default_factory=dict)

    def was_shut(self, source: str, window: datetime) -> bool:
        """Whether a window's verdicts of a source were left out when it was folded."""
        return any(outage.since <= window <= outage.last for outage in self.outages.get(source, ()))

    def as_folded(self, verdict: Verdict) -> Verdict:
        """The verdict as the fold took it."""
        return shut(verdict) if self.was_shut(verdict.scored.source, verdict.scored.window) else verdict

    def as_of_now(self, verdicts: Sequence[Verdict], window: datetime) -> Sequence[Verdict]:
        """The verdicts on a window that was computed again, as the fold would take them now."""
        return gate(verdicts, self.states.get(window, ()), {}, window).verdicts


NO_GATES = Gates()
"""Everything has been delivered."""


def shut(verdict: Verdict) -> Verdict:
    """The verdict with nothing to say."""
    return replace(verdict, judgement=Judgement.NONE, direction=None)


def gates_of(
    stores: Stores, again: Sequence[datetime], *, since: datetime, until: datetime, now: datetime
) -> Gates:
    """What is known of the sources.

    Args:
        stores: for the outages, the events and the snapshots.
        again: windows that were computed again, ascending.
        since: outages before it do not matter.
        until: nor those after it.
        now: aware UTC.

    Raises:
        ClickHouseError: the snapshots cannot be read.
        StateError: the outages cannot be read.
    """
    live = [window for window in again if is_live(window, now)]
    states = dict(source_states(stores, live, now=now)) if live else {}
    past = [window for window in again if window not in states]
    if past:
        for source in stores.catalog.sources:
            counted = stores.results.snapshot_events(source.name, past[0], past[-1] + STEP)
            for window in past:
                if window in counted:
                    state = SourceState(source.name, source.table, newest=None, events=counted[window])
                    states.setdefault(window, []).append(state)
    return Gates(outages=stores.corrections.outages(since, until), states=states)
