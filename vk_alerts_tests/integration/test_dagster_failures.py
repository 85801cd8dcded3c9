"""What people read in Dagster when something is missing: one line with the remedy; nothing half done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.pipeline import take_snapshots
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.simulator import create_event_tables
from vk_alerts.state.outbox import RowState
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.bot_api import TOKEN, BotApi, closed_port
from vk_alerts_tests.integration.dagster_runs import Dagster, due, failure_of
from vk_alerts_tests.integration.worlds import BACKFILL, commit_scores, halved, stores_in, url_of

WINDOW = datetime.fromisoformat("2026-01-29T15:00+00:00")
ASSETS = ("feed_snapshots", "messenger_snapshots", "anomaly_scores")
SECRET = "wr0ng-s3cret"


def run(sql: str) -> Callable[[Target], str]:
    def _break(target: Target) -> str:
        ClickHouse(target).execute(sql)
        return url_of(target)

    return _break


def unreachable(target: Target) -> str:
    return url_of(replace(target, port=closed_port(), password=SECRET))


def denied(target: Target) -> str:
    return url_of(replace(target, password=SECRET))


def no_database(target: Target) -> str:
    return url_of(replace(target, database="nowhere"))


BROKEN: dict[str, tuple[Callable[[Target], str], list[str]]] = {
    "nobody listens": (unreachable, ["127.0.0.1", "VK_ALERTS_CLICKHOUSE_URL"]),
    "a wrong password": (denied, ["default", "VK_ALERTS_CLICKHOUSE_URL"]),
    "no such database": (no_database, ["nowhere"]),
    "no table of events": (run("DROP TABLE message_actions"), ["message_actions"]),
    "no column": (run("ALTER TABLE feed_actions DROP COLUMN os"), ["os"]),
    "no history": (run("SELECT 1"), ["no history before window 2026-01-29-15:00", "vk-alerts backfill"]),
}


@pytest.fixture
def events(database: Target) -> Target:
    """A database with empty event tables."""
    create_event_tables(ClickHouse(database))
    return database


def committed(target: Target, asset: str) -> list[str]:
    clickhouse = ClickHouse(target)
    if "commits" not in set(clickhouse.read("SHOW TABLES").iloc[:, 0]):
        return []
    frame = clickhouse.read(f"SELECT run_id FROM commits WHERE asset = '{asset}'")
    return list(frame["run_id"])


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_missing_is_told_in_one_line_and_nothing_is_committed(
    dagster: Dagster, events: Target, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    do_break, told = BROKEN[what]
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", do_break(events))
    result = dagster.check(WINDOW, must_succeed=False)
    description = failure_of(result)
    assert "\n" not in description
    assert len(description) < 400
    for part in told:
        assert part in description
    assert SECRET not in description
    assert committed(events, "anomaly_scores") == []
    done = {asset for asset in ASSETS if result.asset_materializations_for_node(asset)}
    assert {asset for asset in ASSETS if committed(events, asset)} == done


def test_a_sensor_that_cannot_look_says_why_in_one_line(
    dagster: Dagster, events: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(events))
    stores = stores_in(events, Path(dagster.instance.root_directory).parent / "home")
    for source in stores.catalog.sources:
        take_snapshots(stores, source.name, WINDOW - STEP, WINDOW, by=BACKFILL)
    dagster.check(WINDOW)
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", unreachable(events))
    with pytest.raises(Exception, match="VK_ALERTS_CLICKHOUSE_URL") as caught:
        dagster.tick(due(WINDOW))
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(events))
    assert dagster.tick(due(WINDOW))[0]  # the event it failed at is looked at again


@pytest.mark.parametrize("token", ["not a token at all", f"bot{TOKEN}"])
def test_a_malformed_token_fails_the_run_and_keeps_the_message(
    dagster: Dagster, events: Target, telegram: BotApi, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(events))
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    home = Path(dagster.instance.root_directory).parent / "home"
    stores = stores_in(events, home, telegram_is_set=True, telegram_chat="-1001")
    stores.incidents.begin_at(WINDOW - STEP)
    commit_scores(stores, [halved(WINDOW, score=20.0)], now=due(WINDOW))
    description = failure_of(dagster.send(due(WINDOW), must_succeed=False))
    assert description.startswith(TOKEN_VARIABLE)
    assert token not in description
    assert "\n" not in description
    assert telegram.calls == []
    (row,) = stores.outbox.rows()
    assert row.state is RowState.READY

    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    dagster.send(window_end(WINDOW) + STEP)
    assert len(telegram.accepted) == 1


def test_a_token_without_a_chat_is_told_before_anything_is_done(
    dagster: Dagster, events: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(events))
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    description = failure_of(dagster.send(due(WINDOW), must_succeed=False))
    assert description.startswith("VK_ALERTS_TELEGRAM_CHAT: not set")


def test_a_state_database_that_is_none_fails_the_run_in_one_line(
    dagster: Dagster, events: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(events))
    monkeypatch.setenv("VK_ALERTS_STATE_URL", f"postgresql://u:{SECRET}@127.0.0.1:{closed_port()}/d")
    description = failure_of(dagster.send(due(WINDOW), must_succeed=False))
    assert "VK_ALERTS_STATE_URL" in description
    assert SECRET not in description
    assert "\n" not in description
