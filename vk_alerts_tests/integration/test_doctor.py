"""The doctor finds what is amiss and says what mends it."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from vk_alerts.cli import main
from vk_alerts.clickhouse.target import Target
from vk_alerts.pipeline import Stores
from vk_alerts.services.doctor import Finding, Health, examine
from vk_alerts.settings import Settings
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.bot_api import closed_port
from vk_alerts_tests.integration.worlds import END, stores_in, url_of


def found(settings: Settings, part: str) -> Finding:
    return next(one for one in examine(settings, END) if one.part.startswith(part))


WELL = {
    "Home": "writable",
    "Zone": "Europe/Moscow: it is 2026-01-29 20:00 there",
    "ClickHouse (events)": "answers in",
    "ClickHouse (results)": "its tables are there",
    "Clocks": "agree",
    "Catalog": "packaged: 2 sources, 6 metrics",
    "Source feed": "feed_actions: every expression runs; its newest event is",
    "Source messenger": "message_actions: every expression runs; its newest event is",
    "State database": "its tables are there",
    "Outbox": "nothing is overdue",
}


def test_an_installation_with_events_is_well(stores_with_history: Stores) -> None:
    findings = {one.part: one for one in examine(stores_with_history.settings, END)}
    for part, told in WELL.items():
        assert (findings[part].health, findings[part].remedy) == (Health.GOOD, ""), findings[part]
        assert told in findings[part].detail


def test_a_source_that_has_stopped_is_told_with_the_age_of_its_newest_event(
    stores_with_history: Stores,
) -> None:
    later = [
        one for one in examine(stores_with_history.settings, END + 8 * STEP) if one.part == "Source messenger"
    ]
    assert [one.health for one in later] == [Health.WARNING]
    assert "its newest event is 2 h" in later[0].detail
    assert later[0].remedy.startswith("check what writes the table")


def test_a_source_without_events_is_told(stores: Stores) -> None:
    finding = found(stores.settings, "Source feed")
    assert finding.health is Health.WARNING
    assert finding.detail == "feed_actions: every expression runs; no event in the last two days"


def test_a_table_that_is_not_there_is_told_with_its_name(database: Target, tmp_path: Path) -> None:
    settings = stores_in(database, tmp_path).settings
    finding = found(settings, "Source messenger")
    assert finding.health is Health.BROKEN
    assert "message_actions" in finding.detail
    assert finding.remedy


def test_an_expression_that_does_not_fit_the_table_is_told(stores: Stores, tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "feed.yaml").write_text(
        "source: {name: feed, table: feed_actions, time: time, dimensions: {os: no_such_column}, "
        "slices: [[os]]}\n"
        "defaults: {owner: '@me'}\n"
        "metrics:\n"
        "  - {name: views, title: {ru: Просмотры, en: Views}, kind: count, unit: {ru: шт., en: views}}\n",
        "utf-8",
    )
    finding = found(replace(stores.settings, catalog=folder), "Source feed")
    assert finding.health is Health.BROKEN
    assert "no_such_column" in finding.detail + finding.remedy


def test_what_does_not_answer_is_told_and_the_rest_is_examined_all_the_same(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, clickhouse_url=f"http://u:s3cret@127.0.0.1:{closed_port()}/app")
    findings = {one.part: one for one in examine(settings, END)}
    assert findings["ClickHouse (events)"].health is Health.BROKEN
    assert findings["State database"].health is Health.GOOD
    assert "s3cret" not in str(findings)


def test_a_state_database_that_cannot_be_read_is_told(stores: Stores, tmp_path: Path) -> None:
    broken = tmp_path / "no.db"
    broken.write_text("this is no database, but it is long enough to be taken for one" * 40)
    finding = found(replace(stores.settings, state_url=f"sqlite:///{broken}"), "State database")
    assert finding.health is Health.BROKEN
    assert finding.remedy == "check VK_ALERTS_STATE_URL"


def test_without_a_token_the_way_of_messages_is_told(stores: Stores) -> None:
    finding = found(stores.settings, "Telegram")
    assert finding.health is Health.WARNING
    assert finding.remedy == "set it to be told in Telegram"


@pytest.mark.parametrize(("asks_for_json", "start"), [(True, "["), (False, " ✓  Home")])
def test_the_command_ends_with_one_when_something_is_broken(
    database: Target, tmp_path: Path, asks_for_json: bool, start: str
) -> None:
    unset = {name: None for name in os.environ if name.startswith(("VK_ALERTS_", "DAGSTER_"))}
    environment = {**unset, "VK_ALERTS_HOME": str(tmp_path), "VK_ALERTS_CLICKHOUSE_URL": url_of(database)}
    done = CliRunner().invoke(main, ["doctor", *(["--json"] if asks_for_json else [])], env=environment)
    assert done.exit_code == 1  # the event tables are not there
    assert done.stdout.startswith(start)
    if asks_for_json:
        healths = {one["part"]: one["health"] for one in json.loads(done.stdout)}
        assert (healths["Home"], healths["Source feed"]) == ("good", "broken")
