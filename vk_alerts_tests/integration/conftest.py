"""Fixtures of the tests through the real parts."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from vk_alerts.clickhouse.target import Target
from vk_alerts.pipeline import Stores
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.simulator import create_event_tables
from vk_alerts_tests.integration.bot_api import TOKEN, BotApi, bot_api
from vk_alerts_tests.integration.dagster_runs import Dagster, new_dagster_home
from vk_alerts_tests.integration.worlds import (
    copy_of_history,
    drop_database,
    empty_database,
    stores_in,
    url_of,
)


@pytest.fixture
def database() -> Iterator[Target]:
    """An empty database of the embedded engine."""
    target = empty_database()
    yield target
    drop_database(target)


@pytest.fixture
def history() -> Iterator[Target]:
    """A database with two weeks of snapshots, and the events of the windows that follow."""
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
    """Stores with two weeks of snapshots, and the events of the windows that follow."""
    return stores_in(history, tmp_path)


@pytest.fixture
def dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dagster]:
    """The project's definitions on an instance of their own; `dagster_on` says where the data are."""
    from vk_alerts.definitions import defs

    monkeypatch.setenv("DAGSTER_HOME", str(new_dagster_home(tmp_path / "dagster")))
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VK_ALERTS_LANGUAGE", "en")
    with dg.DagsterInstance.get() as instance:
        yield Dagster(instance, defs)


@pytest.fixture
def dagster_on_history(dagster: Dagster, history: Target, monkeypatch: pytest.MonkeyPatch) -> Dagster:
    """Dagster on two weeks of events and snapshots."""
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(history))
    return dagster


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    """A Bot API server that the environment names, together with a token and a chat."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with bot_api() as server:
        monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
        monkeypatch.setenv("VK_ALERTS_TELEGRAM_CHAT", "-1001")
        monkeypatch.setenv("VK_ALERTS_TELEGRAM_API", server.root)
        yield server
