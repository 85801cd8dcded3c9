"""The password of ClickHouse reaches the server, and nothing that people or programs keep."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ClickHouseError, ClickHouseQueryError, ClickHouseUnavailable
from vk_alerts.simulator import create_event_tables
from vk_alerts_tests.integration.clickhouse_server import PASSWORD, free_port, server_target
from vk_alerts_tests.integration.dagster_runs import Dagster
from vk_alerts_tests.integration.worlds import url_of

pytestmark = pytest.mark.server
WINDOW = datetime.fromisoformat("2026-01-29T15:00+00:00")
SPEC = TableSpec("secrets", (Column("x", "UInt8"),), "ENGINE = Memory")
WRONG = "wr0ng-s3cret"


def kept_below(folder: Path) -> Iterator[bytes]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.read_bytes()


@pytest.mark.parametrize("is_right", [True, False], ids=["the right password", "a wrong password"])
def test_dagster_keeps_no_password(
    dagster: Dagster, database: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_right: bool
) -> None:
    create_event_tables(ClickHouse(database))
    target = database if is_right else replace(database, password=WRONG)
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(target))

    result = dagster.check(WINDOW, must_succeed=False)

    assert bool(result.asset_materializations_for_node("feed_snapshots")) == is_right
    events = "\n".join(str(event) for event in dagster.instance.all_logs(result.run_id))
    assert "STEP_FAILURE" in events
    assert target.password not in events
    kept = list(kept_below(tmp_path))
    assert any(b"STEP_FAILURE" in content for content in kept)
    assert not any(target.password.encode() in content for content in kept)


def test_logs_and_exceptions_tell_no_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")  # other clients turn it down for the whole process
    target = server_target()
    client = ClickHouse(target)
    client.execute(create_statement(SPEC))
    client.insert(SPEC, pd.DataFrame({"x": [1]}))
    client.read("SELECT * FROM secrets")
    told = []
    for broken, sql, kind in (
        (target, "SELECT nothing", ClickHouseQueryError),
        (replace(target, user="nobody"), "SELECT 1", ClickHouseDenied),
        (replace(target, password=WRONG), "SELECT 1", ClickHouseDenied),
        (replace(target, port=free_port()), "SELECT 1", ClickHouseUnavailable),
        (replace(target, scheme="https"), "SELECT 1", ClickHouseUnavailable),
    ):
        with pytest.raises(ClickHouseError) as caught:
            ClickHouse(broken).read(sql)
        assert isinstance(caught.value, kind)
        told += traceback.format_exception(caught.value)

    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    for secret in (PASSWORD, WRONG):
        assert secret not in "".join(told)
        assert secret not in caplog.text


def test_the_server_itself_keeps_no_password_of_ours() -> None:
    client = ClickHouse(server_target())

    shown = client.read("SELECT query, user, http_user_agent FROM system.processes")

    assert shown["http_user_agent"].tolist() == ["vk-alerts"]
    assert not shown["query"].str.contains(PASSWORD, regex=False).any()
