"""The events of a scenario, written as they arrive while it is played."""

from datetime import datetime

from vk_alerts.demo.scenario import Scenario
from vk_alerts.demo.script import Tick
from vk_alerts.pipeline import Stores
from vk_alerts.simulator import write_events, write_late_rows
from vk_alerts.windows import STEP, window_of


def write_arrived(stores: Stores, scenario: Scenario, tick: Tick, *, written_to: datetime) -> datetime:
    """Writes the events that have arrived by a tick, of closed windows; returns the end of the last one.

    Args:
        stores: where the events go.
        scenario: whose.
        tick: which.
        written_to: what the call before returned; at first where the live windows start.
    """
    arrived = window_of(tick.now)
    write_events(stores.events, scenario.simulation, written_to, arrived)
    for window in tick.late:
        write_late_rows(stores.events, scenario.simulation, window, window + STEP)
    return arrived
