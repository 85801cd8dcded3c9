"""One scenario, laid out in time: what is simulated, and which part of it is played how."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.demo.expectations import Expectation
from vk_alerts.demo.options import ZONE, DemoOptions, last_evening
from vk_alerts.pipeline.filling import ALLOWED_LATENESS
from vk_alerts.simulator import Incident, Simulation
from vk_alerts.simulator.worlds import SOCIAL
from vk_alerts.windows import STEP

# The day before the windows that are played live, which Dagster backfills.
BACKFILLED = timedelta(days=1)
MESSAGES_PER_FEED_EVENT = 0.3

Windows = Callable[[int], datetime]
"""Start of the live window with a number, counted from 0."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What happens in a scenario, in numbers of live windows.

    Attributes:
        shows: what it shows, in one line.
        live_windows: the last windows, which are played one by one; the incidents lie in them.
        plants: the incidents, given the starts of the live windows.
        expectations: what they must lead to.
        down: the windows, first and one after the last, that are due while the pipeline is down; None = it
            never is.
    """

    shows: str
    live_windows: int
    plants: Callable[[Windows], tuple[Incident, ...]]
    expectations: tuple[Expectation, ...]
    down: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A plot at its time and volume.

    Attributes:
        name: of the plot.
        plot: what happens.
        simulation: the events.
        start: first window.
        backfill_start: first window that Dagster backfills.
        live_start: first window that is played by itself.
        end: end of the last window.
    """

    name: str
    plot: Plot
    simulation: Simulation
    start: datetime
    backfill_start: datetime
    live_start: datetime
    end: datetime

    @property
    def planted(self) -> tuple[Incident, ...]:
        """The incidents in the ledger."""
        return self.simulation.incidents

    @property
    def comes_in_order(self) -> bool:
        """Whether events must arrive as it is played: a source stops, rows or runs are late."""
        return self.plot.down is not None or any(one.is_late or one.factor == 0 for one in self.planted)

    def is_down(self, now: datetime) -> bool:
        """Whether the pipeline is down at a moment: from when the first window it misses is due."""
        if self.plot.down is None:
            return False
        first, last = self.plot.down
        return first <= (now - ALLOWED_LATENESS - STEP - self.live_start) / STEP < last


def lay_out(name: str, plot: Plot, options: DemoOptions, now: datetime, *, world: str = SOCIAL) -> Scenario:
    """The plot at its place in time, played in a world at ``now``.

    The events end at 20:00 Moscow time of the last Thursday, so that a seed gives the same events on any day,
    shifted by whole weeks.
    """
    end = last_evening(now)
    start = end - timedelta(days=options.days)
    live_start = end - plot.live_windows * STEP
    simulation = Simulation(
        options.seed,
        start=start,
        feed_per_day=options.events_per_day,
        messages_per_day=round(options.events_per_day * MESSAGES_PER_FEED_EVENT),
        incidents=plot.plants(lambda number: live_start + number * STEP),
        timezone=ZONE,
        world=world,
        events_per_day=options.events_per_day,
    )
    return Scenario(
        name=name,
        plot=plot,
        simulation=simulation,
        start=start,
        backfill_start=live_start - BACKFILLED,
        live_start=live_start,
        end=end,
    )
