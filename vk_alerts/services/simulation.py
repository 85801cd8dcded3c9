"""Events that keep coming: a simulated app, written window by window as time passes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from vk_alerts import pipeline
from vk_alerts.clickhouse.versions import Origin, Provenance
from vk_alerts.pipeline import Stores
from vk_alerts.simulator import (
    Incident,
    Simulation,
    create_event_tables,
    random_incidents,
    read_ledger,
    write_events,
    write_ledger,
)
from vk_alerts.windows import STEP, last_closed, window_end, window_of

HISTORY = timedelta(days=28)
# The next window, so that somebody who tries the product sees an alert soon.
_FIRST_INCIDENT_LASTS = 4 * STEP

Say = Callable[[str], None]


@dataclass(slots=True)
class LiveSimulation:
    """Writes the events of each window once it has closed.

    Attributes:
        stores: where the events go.
        ledger: the file that says what is simulated; a later start continues it.
        simulation: what is simulated.
        written_to: end of the last window that was written.
    """

    stores: Stores
    ledger: Path
    simulation: Simulation
    written_to: datetime

    def catch_up(self, now: datetime) -> int:
        """Writes every closed window that is not written yet; returns the number of events."""
        end = window_end(last_closed(now))
        if end <= self.written_to:
            return 0
        self._plan_incidents(now)
        events = write_events(self.stores.events, self.simulation, self.written_to, end)
        self.written_to = end
        return events

    def _plan_incidents(self, now: datetime) -> None:
        """Adds the incidents of days that have begun since the ledger was written."""
        planned = self.simulation.incidents
        last = max((incident.start.date() for incident in planned), default=self.written_to.date())
        days = (now.date() - last).days
        fresh: list[Incident] = []
        for day in range(1, days + 1):
            fresh += random_incidents(self.simulation.seed, last + timedelta(days=day))
        if fresh:
            self.simulation = replace(self.simulation, incidents=(*planned, *fresh))
            write_ledger(self.ledger, self.simulation)


def begin_simulation(stores: Stores, *, seed: int, now: datetime, say: Say) -> tuple[LiveSimulation, bool]:
    """The simulation of a home: continued where its ledger left it, or begun with four weeks of history.

    Returns:
        The simulation, and whether it is new.

    Raises:
        VkAlertsError: events cannot be written.
    """
    ledger = stores.settings.home / "ledger.json"
    if ledger.exists():
        simulation = read_ledger(ledger)
        return LiveSimulation(stores, ledger, simulation, _written_to(stores, simulation)), False
    end = window_end(last_closed(now))
    start = end - HISTORY
    first = Incident(
        source="feed",
        action="like",
        where=(("os", "Android"),),
        factor=0.5,
        start=end,
        end=end + _FIRST_INCIDENT_LASTS,
        metric="likes",
        slice_key="os=Android",
    )
    simulation = Simulation(seed, start=start, incidents=(first,))
    create_event_tables(stores.events)
    say(f"simulating {HISTORY.days} days of events …")
    write_events(stores.events, simulation, start, end)
    say("taking and scoring their snapshots …")
    by = Provenance(origin=Origin.BACKFILL, run_id="vk-alerts up", now=now)
    pipeline.backfill(stores, start, end, by=by)
    write_ledger(ledger, simulation)
    return LiveSimulation(stores, ledger, simulation, end), True


def _written_to(stores: Stores, simulation: Simulation) -> datetime:
    """The end of the newest window with events."""
    answer = stores.events.read("SELECT max(toUInt32(time)) AS newest FROM feed_actions")
    newest = int(answer["newest"].iloc[0])
    if newest == 0:
        return simulation.start
    return window_of(datetime.fromtimestamp(newest, tz=simulation.start.tzinfo)) + STEP
