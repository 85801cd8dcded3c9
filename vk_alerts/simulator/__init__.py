"""Seeded worlds, such as a social app: events made inside ClickHouse, and a ledger of what was planted."""

from vk_alerts.simulator.incidents import Incident, default_incidents, random_incidents
from vk_alerts.simulator.ledger import read_ledger, write_ledger
from vk_alerts.simulator.simulation import Simulation
from vk_alerts.simulator.tables import EVENT_TABLES, FEED_ACTIONS, MESSAGE_ACTIONS
from vk_alerts.simulator.writer import create_event_tables, write_events, write_late_rows

__all__ = [
    "EVENT_TABLES",
    "FEED_ACTIONS",
    "MESSAGE_ACTIONS",
    "Incident",
    "Simulation",
    "create_event_tables",
    "default_incidents",
    "random_incidents",
    "read_ledger",
    "write_events",
    "write_late_rows",
    "write_ledger",
]
