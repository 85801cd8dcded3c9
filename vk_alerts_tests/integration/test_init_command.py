"""``vk-alerts init`` on a database with three tables of somebody else, and one without events."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.metrics.loader import load_catalog
from vk_alerts_tests.integration.clickhouse_server import server_target
from vk_alerts_tests.integration.worlds import drop_database, empty_database, url_of

TABLES = """
CREATE TABLE shop_events (loaded_at DateTime, event_time DateTime, user_id UInt64,
    event LowCardinality(String), os Enum8('iOS' = 1, 'Android' = 2), city Nullable(String), amount Float64)
    ENGINE = MergeTree PARTITION BY toDate(event_time) ORDER BY event_time;
INSERT INTO shop_events SELECT now(), now() - number, number % 50,
    ['view', 'view', 'cart', 'or\\'der'][number % 4 + 1], ['iOS', 'Android'][number % 2 + 1],
    if(number % 3 = 0, NULL, if(number % 3 = 1, 'Omsk', 'Tver')), 10.5 FROM numbers(1000);
CREATE TABLE requests (ts DateTime('UTC'), endpoint String, status UInt16, region String,
    duration_ms UInt32, request_id String) ENGINE = MergeTree ORDER BY ts;
INSERT INTO requests SELECT now() - number, concat('/api/', toString(number % 4)), 200,
    ['eu', 'us'][number % 2 + 1], number, toString(number) FROM numbers(1000);
CREATE TABLE logins (created DateTime, client_id UInt32, `app version` String) ENGINE = Log;
INSERT INTO logins SELECT now() - number, number, ['1.0', '2.0'][number % 2 + 1] FROM numbers(100);
CREATE TABLE countries (code String, name String) ENGINE = Log
"""


@pytest.fixture(scope="module")
def somebodys() -> Iterator[Target]:
    target = empty_database()
    for statement in TABLES.split(";\n"):
        ClickHouse(target).execute(statement)
    yield target
    drop_database(target)


def run(home: Path, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, env={"VK_ALERTS_HOME": str(home / "home")} | environment)


def test_a_catalog_is_proposed_that_passes_its_check(tmp_path: Path, somebodys: Target) -> None:
    folder = tmp_path / "new" / "catalog"
    result = run(tmp_path, "init", str(folder), VK_ALERTS_CLICKHOUSE_URL=url_of(somebodys))
    assert result.exit_code == 0, result.output
    assert somebodys.password not in result.output
    assert result.stderr == "countries: left out, it has no DateTime column, or no rows\n"
    assert result.stdout.splitlines()[-2].startswith(f"export VK_ALERTS_CATALOG={folder} ")
    assert result.stdout.splitlines()[-1] == "vk-alerts backfill --days 42 && vk-alerts up"
    names = ["logins.yaml", "requests.yaml", "shop_events.yaml", "system.yaml"]
    assert sorted(path.name for path in folder.iterdir()) == names
    checked = run(tmp_path, "catalog", "check", str(folder), VK_ALERTS_CLICKHOUSE_URL=url_of(somebodys))
    assert checked.exit_code == 0, checked.output
    assert [line.split(" ok, ")[0] for line in checked.stdout.splitlines()] == [
        "logins.yaml: table logins",
        "requests.yaml: table requests",
        "shop_events.yaml: table shop_events",
    ]
    catalog = load_catalog(folder)
    assert {source.name: (source.time, dict(source.dimensions)) for source in catalog.sources} == {
        "logins": ("created", {"app_version": "`app version`"}),
        "requests": ("ts", {"endpoint": "endpoint", "region": "region"}),
        "shop_events": ("event_time", {"os": "os", "city": "city"}),
    }
    assert {m.name: (m.kind.value, m.expression or m.condition) for m in catalog.metrics} == {
        "logins_events": ("count", None),
        "logins_users": ("unique", "client_id"),
        "requests_events": ("count", None),
        "requests_duration_ms_p95": ("quantile", "duration_ms"),
        "shop_events_events": ("count", None),
        "shop_events_view": ("count", "event = 'view'"),
        "shop_events_cart": ("count", "event = 'cart'"),
        "shop_events_or_der": ("count", r"event = 'or\'der'"),
        "shop_events_users": ("unique", "user_id"),
        "shop_events_cart_rate": ("ratio", None),
        "shop_events_or_der_rate": ("ratio", None),
        "shop_events_amount": ("gauge", "sum(amount)"),
    }


@pytest.mark.server
def test_a_real_server_is_looked_at_likewise(tmp_path: Path) -> None:
    server = server_target()
    ClickHouse(server).execute("CREATE DATABASE somebodys")
    target = replace(server, database="somebodys")
    for statement in TABLES.replace("LowCardinality(String)", "String").split(";\n"):  # not known before 19
        ClickHouse(target).execute(statement)
    url, folder = {"VK_ALERTS_CLICKHOUSE_URL": target.url_with_password()}, tmp_path / "catalog"
    proposed = run(tmp_path, "init", str(folder), **url)
    assert proposed.exit_code == 0, proposed.output
    checked = run(tmp_path, "catalog", "check", str(folder), **url)
    assert checked.exit_code == 0, checked.output
    text = (folder / "shop_events.yaml").read_text("utf-8")
    (folder / "shop_events.yaml").write_text(text.replace("os: os", "os: ost"), "utf-8")
    wrong = run(tmp_path, "catalog", "check", str(folder), **url)
    assert ": source.dimensions.os: no column 'ost' in shop_events; did you mean 'os'?" in wrong.stdout
    ClickHouse(server).execute("DROP DATABASE somebodys")


def test_only_the_tables_that_are_named_are_looked_at(tmp_path: Path, somebodys: Target) -> None:
    result = run(
        tmp_path, "init", str(tmp_path / "c"), "--clickhouse", url_of(somebodys), "--table", "logins"
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["logins.yaml", "system.yaml"]


def test_nothing_is_overwritten(tmp_path: Path, somebodys: Target) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run(tmp_path, "init", str(tmp_path), VK_ALERTS_CLICKHOUSE_URL=url_of(somebodys))
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        result.stderr
        == f"vk-alerts: {tmp_path}: is not empty, and nothing is overwritten; name another folder\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_cannot_be_a_source_is_told(tmp_path: Path, somebodys: Target, database: Target) -> None:
    for target, arguments, said in (
        (
            somebodys,
            ["--table", "login"],
            "--table 'login': no such table; did you mean 'logins'?",
        ),
        (somebodys, ["--table", "countries"], "init: no table of events in database "),
        (database, [], f"init: no table of events in database {database.database!r}"),
    ):
        result = run(
            tmp_path, "init", str(tmp_path / "c"), *arguments, VK_ALERTS_CLICKHOUSE_URL=url_of(target)
        )
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"vk-alerts: {said}")
        assert not (tmp_path / "c").exists()
