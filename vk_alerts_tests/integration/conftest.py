"""Fixtures of the tests through the real parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from vk_alerts.clickhouse.target import Target
from vk_alerts.pipeline import Stores
from vk_alerts.simulator import create_event_tables
from vk_alerts_tests.integration.worlds import copy_of_history, drop_database, empty_database, stores_in


@pytest.fixture
def database() -> Iterator[Target]:
    """An empty database of the embedded engine."""
    target = empty_database()
    yield target
    drop_database(target)


@pytest.fixture
def history() -> Iterator[Target]:
    """A database with two weeks of events and snapshots."""
    target = copy_of_history()
    yield target
    drop_database(target)


@pytest.fixture
def stores(database: Target, tmp_path: Path) -> Stores:
    """Stores without a single event."""
    opened = stores_in(database, tmp_path)
    create_event_tables(opened.events)
    return opened


@pytest.fixture
def stores_with_history(history: Target, tmp_path: Path) -> Stores:
    """Stores with two weeks of events and snapshots."""
    return stores_in(history, tmp_path)
