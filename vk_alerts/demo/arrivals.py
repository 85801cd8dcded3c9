"""The events of a scenario, written as they arrive while it is played."""

from dataclasses import dataclass
from datetime import datetime

from vk_alerts import pipeline
from vk_alerts.demo.scenario import Scenario
from vk_alerts.demo.script import BETWEEN_TICKS, Tick
from vk_alerts.pipeline import Stores
from vk_alerts.simulator import write_events, write_late_rows
from vk_alerts.windows import STEP, window_of


@dataclass(slots=True)
class Arrivals:
    """Writes the events of the windows that are played live.

    Attributes:
        stores: where they go.
        scenario: whose.
        written_to: end of the last window whose events are there.
    """

    stores: Stores
    scenario: Scenario
    written_to: datetime

    def come(self, tick: Tick) -> None:
        """Writes what has arrived by a tick, of closed windows, and the late rows of others."""
        arrived = window_of(tick.now)
        if arrived > self.written_to:
            write_events(self.stores.events, self.scenario.simulation, self.written_to, arrived)
            self.written_to = arrived
        for window in tick.late:
            write_late_rows(self.stores.events, self.scenario.simulation, window, window + STEP)

    def ready_at(self, tick: Tick) -> datetime:
        """When the tick's windows are judged: at once, or when a source that has stopped was waited for."""
        now = tick.now
        while pipeline.may_need_waiting(tick.windows, now):
            reached = pipeline.watermarks(self.stores, now)
            if not any(pipeline.waits_for(window, reached, now) for window in tick.windows):
                break
            now += BETWEEN_TICKS
        return now


def written_ahead(scenario: Scenario) -> datetime:
    """Up to when events are written before the live windows: all of them, where it does not matter.

    One statement for all windows is quicker than one for each.
    """
    return scenario.live_start if scenario.comes_in_order else scenario.end
