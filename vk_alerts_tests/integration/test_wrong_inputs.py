# ruff: noqa: E501 - the lines stand here as people read them
"""Wrong inputs of every kind, and the exact line that people read; none shows a traceback or loses anything."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.clickhouse.target import Target
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.silences import SilenceRepository
from vk_alerts_tests.integration.bot_api import closed_port
from vk_alerts_tests.integration.test_catalog_command import CATALOG
from vk_alerts_tests.integration.worlds import drop_database, empty_database, url_of

BAD_TOKEN = f"{12345}:short"
GAUGE = "    kind: gauge\n"

# What stands in a right catalog, what is written in its place, and what the check says first.
CATALOGS = [
    ("table: orders", "tables: orders", "shop.yaml:1: source.table: is missing"),
    (
        "name: shop\n",
        "name: My shop\n",
        "shop.yaml:2: source.name: a name is needed, of small letters, digits and _, with a letter first (given: 'My shop')",
    ),
    (
        "table: orders\n",
        "table: orders; DROP\n",
        "shop.yaml:3: source.table: a table's name is needed, such as events or app.events (given: 'orders; DROP')",
    ),
    (
        "time: placed_at",
        "time: placed at",
        "shop.yaml:4: source.time: a column's name is needed, of letters, digits and _ (given: 'placed at')",
    ),
    (
        "os: os",
        "OS: os",
        "shop.yaml:6: source.dimensions.OS.[key]: a name is needed, of small letters, digits and _, with a letter first (given: 'OS')",
    ),
    (
        "- [city]",
        "- [sity]",
        "shop.yaml:10: source: slice ['sity']: unknown dimension 'sity'; did you mean 'city'? known: os, city",
    ),
    ("- [city]", "- [os]", "shop.yaml:10: source.slices: slice os stands twice"),
    (
        "- [city]",
        "- []",
        "shop.yaml:10: source.slices: an empty slice: everybody is always watched, leave it out",
    ),
    (
        "- [city]",
        "- [city, city]",
        "shop.yaml:10: source.slices: slice ['city', 'city'] names a dimension twice",
    ),
    (
        "kind: count",
        "kind: coutn",
        "shop.yaml:12: metrics.orders.kind: Input should be 'count', 'unique', 'ratio', 'quantile' or 'gauge' (given: 'coutn'); did you mean 'count'?",
    ),
    ("kind: count", "knid: count", "shop.yaml:12: metrics.orders.kind: is missing"),
    ("name: buyers", "name: orders", "shop.yaml:13: metric 'orders' stands twice"),
    (
        "expression: user_id",
        "expresion: user_id",
        "shop.yaml:13: metrics.buyers.expresion: unknown key; did you mean 'expression'? known: causes, chart_url, condition, dashboard_url, denominator, detector, expression, for_windows, hard_threshold, kind, min_deviation, min_evidence, name, numerator, owner, quantile, sensitivity, threshold, title, unit",
    ),
    (
        "quantile: 0.9,",
        "quantile: 95,",
        "shop.yaml:14: metrics.p90.quantile: Input should be less than 1 (given: 95)",
    ),
    ("quantile: 0.9, ", "", "shop.yaml:14: metrics.p90: a quantile needs the key 'quantile'"),
    (
        "sum(amount)",
        "amount",
        "shop.yaml:17: metrics.revenue: expression: no aggregate in 'amount'; known: count, sum, avg, min, max, argMin, argMax, uniq, uniqExact, uniqCombined, uniqHLL12, quantileExact, medianExact, quantileTiming, medianTiming, quantileDeterministic, medianDeterministic, varPop, varSamp, stddevPop, stddevSamp, covarPop, covarSamp, corr",
    ),
    (
        "sum(amount)",
        "summ(amount)",
        "shop.yaml:17: metrics.revenue: expression: no aggregate in 'summ(amount)'; did you mean 'sum'? known: count, sum, avg, min, max, argMin, argMax, uniq, uniqExact, uniqCombined, uniqHLL12, quantileExact, medianExact, quantileTiming, medianTiming, quantileDeterministic, medianDeterministic, varPop, varSamp, stddevPop, stddevSamp, covarPop, covarSamp, corr",
    ),
    (
        "sum(amount)",
        "median(amount)",
        "shop.yaml:17: metrics.revenue: expression: no aggregate in 'median(amount)'; median may differ from run to run, use medianExact",
    ),
    (
        "sum(amount)",
        "sum(amount",
        "shop.yaml:17: metrics.revenue: expression: a bracket does not close in 'sum(amount'",
    ),
    (
        "unit: {ru: ₽, en: RUB}",
        "unit: RUB",
        "shop.yaml:19: metrics.revenue.unit: a mapping is needed, with the keys ru, en (given: 'RUB')",
    ),
    (
        "title: {ru: Выручка, en: Revenue}",
        "title: {ru: Выручка}",
        "shop.yaml:18: metrics.revenue.title.en: is missing",
    ),
    (
        GAUGE,
        "    kind: gauge\n    threshold: high\n",
        "shop.yaml:17: metrics.revenue.threshold: a number is needed (given: 'high')",
    ),
    (
        GAUGE,
        "    kind: gauge\n    hard_threshold: 2\n",
        "shop.yaml:17: metrics.revenue: hard_threshold 2 is below threshold 5",
    ),
    (
        GAUGE,
        "    kind: gauge\n    detector: prophet\n",
        "shop.yaml:17: metrics.revenue.detector: Input should be 'seasonal', 'iqr' or 'day_ago' (given: 'prophet')",
    ),
    (
        GAUGE,
        "    kind: gauge\n    for_windows: 0\n",
        "shop.yaml:17: metrics.revenue.for_windows: Input should be greater than or equal to 1 (given: 0)",
    ),
    (
        GAUGE,
        "    kind: gauge\n    causes: [order]\n",
        "shop.yaml:17: metric 'revenue': unknown cause 'order'; did you mean 'orders'? known: orders, buyers, p90, revenue",
    ),
    (
        GAUGE,
        "    kind: gauge\n    numerator: orders\n",
        "shop.yaml:17: metrics.revenue: a gauge has no 'numerator'",
    ),
    (
        GAUGE,
        "    kind: gauge\n    owner: 2026-02-30\n",
        "shop.yaml:17: '2026-02-30' is no timestamp; quote it if text is meant",
    ),
    (
        GAUGE,
        "    kind: gauge\n    chart_url: bi.example\n",
        "shop.yaml:17: metrics.revenue.chart_url: an address is needed that starts with http:// or https:// (given: 'bi.example')",
    ),
    (
        "metrics:",
        "calendar: {country: Russia}\nmetrics:",
        "shop.yaml:11: calendar.country: unknown country 'Russia'; known: codes such as RU, BY, KZ; null for none",
    ),
    (
        "metrics:",
        "  metrics:",
        "shop.yaml:11: source.metrics: unknown key; known: dimensions, name, slices, table, time",
    ),
    ("metrics:", "source: {}\nmetrics:", "shop.yaml:11: key 'source' stands twice"),
    ("metrics:", "\tmetrics:", "shop.yaml:11: found character '\\t' that cannot start any token"),
]

# A command, variables of the environment without VK_ALERTS_, the status, and the line.
ENVIRONMENTS = [
    (
        "silence list",
        {"LANGUAGE": "fr"},
        2,
        "vk-alerts: VK_ALERTS_LANGUAGE: 'fr' is not known; known: ru, en",
    ),
    (
        "silence list",
        {"TIMEZONE": "Moscow"},
        2,
        "vk-alerts: VK_ALERTS_TIMEZONE: unknown zone 'Moscow'; example: Europe/Moscow",
    ),
    (
        "silence list",
        {"START": "2026-02-30"},
        2,
        "vk-alerts: VK_ALERTS_START: '2026-02-30' is no date; the first day of the partitions, such as 2026-01-31",
    ),
    (
        "silence list",
        {"TELEGRAM_TOKEN": BAD_TOKEN},
        2,
        "vk-alerts: VK_ALERTS_TELEGRAM_CHAT: not set, but VK_ALERTS_TELEGRAM_TOKEN is; set the chat that alerts go to: its id, or @name of a channel",
    ),
    (
        "silence list",
        {"TELEGRAM_USERS": "ann"},
        2,
        "vk-alerts: VK_ALERTS_TELEGRAM_USERS: 'ann' is neither a user's id nor a @name; example: 123456789, @ann_on_duty",
    ),
    (
        "silence list",
        {"DAGSTER_URL": "dagster:3000"},
        2,
        "vk-alerts: VK_ALERTS_DAGSTER_URL: an address starts with http:// or https://",
    ),
    (
        "silence list",
        {"HEARTBEAT_URL": "ping"},
        2,
        "vk-alerts: VK_ALERTS_HEARTBEAT_URL: an address starts with http:// or https://",
    ),
    (
        "silence list",
        {"TELEGRAM_API": "localhost"},
        2,
        "vk-alerts: VK_ALERTS_TELEGRAM_API: an address starts with http:// or https://",
    ),
    (
        "silence list",
        {"HOME": "~nobody_here/x"},
        2,
        "vk-alerts: VK_ALERTS_HOME: '~nobody_here/x' lies in an unknown home directory; write a full path",
    ),
    (
        "silence list",
        {"HOME": "file/below"},
        2,
        "vk-alerts: VK_ALERTS_HOME {tmp}/file/below: cannot be made (Not a directory); name a folder of yours",
    ),
    (
        "silence list",
        {"STATE_URL": "nonsense"},
        2,
        "vk-alerts: VK_ALERTS_STATE_URL: not a usable SQLAlchemy URL (ArgumentError); examples: sqlite:////var/lib/vk_alerts/state.db, postgresql://user:password@host/database",
    ),
    (
        "silence list",
        {"STATE_URL": "sqlite:///file"},
        1,
        "vk-alerts: state database sqlite:///file: file is not a database; check VK_ALERTS_STATE_URL",
    ),
    (
        "silence list",
        {"STATE_URL": "oracle://h/d"},
        2,
        "vk-alerts: VK_ALERTS_STATE_URL: the driver of oracle is not installed (oracledb); for PostgreSQL: pip install 'vk-alerts[postgresql]'",
    ),
    (
        "silence list",
        {"CATALOG": "nowhere"},
        1,
        "vk-alerts: {tmp}/nowhere: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files",
    ),
    (
        "silence list",
        {"CATALOG": "empty"},
        1,
        "vk-alerts: {tmp}/empty: holds no *.yaml; unset VK_ALERTS_CATALOG for the packaged catalog",
    ),
    (
        "catalog check catalog",
        {"CLICKHOUSE_URL": "localhost:8123"},
        2,
        "vk-alerts: VK_ALERTS_CLICKHOUSE_URL: the scheme must be http or https (the HTTP interface, usually port 8123); the form is http[s]://user:password@host:port/database",
    ),
    (
        "catalog check catalog",
        {"CLICKHOUSE_URL": "http://:8123"},
        2,
        "vk-alerts: VK_ALERTS_CLICKHOUSE_URL: the host is missing; the form is http[s]://user:password@host:port/database",
    ),
    (
        "catalog check catalog",
        {"CLICKHOUSE_URL": "http://u:p/w@h:8123/d"},
        2,
        "vk-alerts: VK_ALERTS_CLICKHOUSE_URL: it is not a URL (encode special characters of the password, '@' is %40); the form is http[s]://user:password@host:port/database",
    ),
    (
        "catalog check catalog",
        {"CLICKHOUSE_URL": "http://h:8123/d?x=1"},
        2,
        "vk-alerts: VK_ALERTS_CLICKHOUSE_URL: the only option after '?' is ca_file=/path; the form is http[s]://user:password@host:port/database",
    ),
    (
        "catalog check catalog",
        {"CLICKHOUSE_URL": "http://u:s3cret@127.0.0.1:{port}/d"},
        1,
        "vk-alerts: ClickHouse at http://127.0.0.1:{port} does not answer: connection refused; is it running? check VK_ALERTS_CLICKHOUSE_URL",
    ),
    ("bot", {}, 2, "vk-alerts: VK_ALERTS_TELEGRAM_TOKEN is not set; 'vk-alerts telegram setup' tells how"),
    (
        "telegram test",
        {},
        2,
        "vk-alerts: VK_ALERTS_TELEGRAM_TOKEN is not set; 'vk-alerts telegram setup' tells how",
    ),
    (
        "check",
        {"CLICKHOUSE_URL": "http://127.0.0.1:{port}/d", "RESULTS_URL": "embeded"},
        2,
        "vk-alerts: VK_ALERTS_RESULTS_URL: the scheme must be http or https (the HTTP interface, usually port 8123); the form is http[s]://user:password@host:port/database, or the word 'embedded'",
    ),
]

# A command, its status, and the last line on standard error.
COMMANDS = [
    ("alert", 2, "Error: No such command 'alert'."),
    (
        "catalog check nowhere",
        1,
        "vk-alerts: nowhere: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files",
    ),
    (
        "catalog check file",
        1,
        "vk-alerts: file: no such folder; VK_ALERTS_CATALOG names a folder of *.yaml files",
    ),
    (
        "catalog check empty",
        1,
        "vk-alerts: empty: holds no *.yaml; unset VK_ALERTS_CATALOG for the packaged catalog",
    ),
    (
        "catalog schema --of metric",
        2,
        "Error: Invalid value for '--of': 'metric' is not one of 'source', 'system'.",
    ),
    (
        "check --window 2026-01-31T14:20Z",
        2,
        "vk-alerts: --window '2026-01-31T14:20Z': windows start at minute 00, 15, 30 or 45",
    ),
    (
        "check --window yesterday",
        2,
        "vk-alerts: --window 'yesterday': not a moment; examples: \"2026-02-01 09:00\" (in Europe/Moscow), 09:00, morning, 2026-02-01T09:00+03:00",
    ),
    ("init catalog", 2, "vk-alerts: catalog: is not empty, and nothing is overwritten; name another folder"),
    ("init file", 2, "vk-alerts: file: is a file; name a folder that does not exist yet"),
    (
        "init new",
        2,
        "vk-alerts: init: no database to look at; give --clickhouse URL, such as http://localhost:8123",
    ),
    (
        "init new --clickhouse localhost",
        2,
        "vk-alerts: --clickhouse: the scheme must be http or https (the HTTP interface, usually port 8123); the form is http[s]://user:password@host:port/database",
    ),
    ("silence add", 2, "vk-alerts: silence add: name --metric or --slice, or --all for everything"),
    (
        "silence add --all --metric views --for 2h",
        2,
        "vk-alerts: silence add: --all goes without --metric and --slice",
    ),
    (
        "silence add --metric view --for 2h",
        2,
        "vk-alerts: --metric 'view': no such metric; did you mean 'views'? known: feed_users, views, likes, ctr, messenger_users, messages",
    ),
    ("silence add --metric views", 2, "vk-alerts: silence add: say how long, by --for 2h or --until morning"),
    (
        "silence add --metric views --for 2h --until morning",
        2,
        "vk-alerts: silence add: say how long, by --for 2h or --until morning",
    ),
    (
        "silence add --metric views --for two",
        2,
        "vk-alerts: --for 'two': not a length of time; examples: 30m, 2h, 1d 12h, 1w",
    ),
    (
        "silence add --slice oss=iOS --for 2h",
        2,
        "vk-alerts: --slice 'oss=iOS': no dimension 'oss'; did you mean 'os'? known: os, gender, age, source, country",
    ),
    (
        "silence add --slice iOS --for 2h",
        2,
        "vk-alerts: --slice 'iOS': not a slice; examples: all, os=Android, os=Android,country=Russia",
    ),
    ("silence expire 99", 2, "vk-alerts: silence 99: there is none; in force: 1"),
    ("silence expire x", 2, "Error: Invalid value for 'ID': 'x' is not a valid integer range."),
    ("event add", 2, "Error: Missing argument 'TEXT'."),
    (
        "event add x --at soon",
        2,
        "vk-alerts: --at 'soon': not a moment; examples: \"2026-02-01 09:00\" (in Europe/Moscow), 09:00, morning, 2026-02-01T09:00+03:00",
    ),
    (
        "event add x --url bi.example",
        2,
        "vk-alerts: --url 'bi.example': an address starts with http:// or https://",
    ),
    (
        "event add x --metric view",
        2,
        "vk-alerts: --metric 'view': no such metric; did you mean 'views'? known: feed_users, views, likes, ctr, messenger_users, messages",
    ),
    (
        "incidents show zz",
        2,
        "vk-alerts: incident 'zz': there is none; 'vk-alerts incidents list --days 30' lists them",
    ),
    ("incidents list --days 0", 2, "Error: Invalid value for '--days': 0 is not in the range 1<=x<=400."),
    (
        "incidents list --metric view",
        2,
        "vk-alerts: --metric 'view': no such metric; did you mean 'views'? known: feed_users, views, likes, ctr, messenger_users, messages",
    ),
    ("backfill --days 0", 2, "Error: Invalid value for '--days': 0 is not in the range 1<=x<=400."),
    (
        "backtest --json missing/x.json --days 1",
        2,
        "vk-alerts: --json {tmp}/missing/x.json: the folder {tmp}/missing does not exist",
    ),
    ("demo --days 3", 2, "vk-alerts: --days 3: must lie between 16 and 84"),
    (
        "demo --scenario nonsense",
        2,
        "vk-alerts: --scenario 'nonsense': not known; known: default, os-outage, feed-outage, source-stops, storm, flapping, drift, views-rise, late-rows, pipeline-outage",
    ),
    (
        "demo --home catalog",
        2,
        "vk-alerts: --home {tmp}/catalog: not empty, and not made by the demo; name another folder",
    ),
    ("up --port 0", 2, "Error: Invalid value for '--port': 0 is not in the range 1<=x<=65535."),
    ("deploy init file", 2, "Error: Invalid value for 'FOLDER': Directory 'file' is a file."),
    (
        "deploy init new --kind docker",
        2,
        "Error: Invalid value for '--kind': 'docker' is not one of 'systemd', 'compose'.",
    ),
    (
        "completion tcsh",
        2,
        "Error: Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'.",
    ),
    (
        "telegram setup",
        2,
        "vk-alerts: VK_ALERTS_TELEGRAM_TOKEN is not set: put the bot's token there (from @BotFather)",
    ),
]

# A command on files that hold something else than they should, its status, and the line.
FILES = [
    (
        "backtest --labels missing.csv",
        2,
        "vk-alerts: --labels missing.csv: cannot be read: No such file or directory",
    ),
    (
        "backtest --labels empty.csv",
        2,
        "vk-alerts: --labels empty.csv: the first line must name the columns start,end[,metric,slice]; 'start' is missing",
    ),
    (
        "backtest --labels wrong.csv",
        2,
        "vk-alerts: --labels wrong.csv: the first line must name the columns start,end[,metric,slice]; 'start' is missing",
    ),
    (
        "backtest --labels moment.csv",
        2,
        "vk-alerts: --labels moment.csv: line 2, start: 'yesterday' is no time such as 2026-01-31 14:15",
    ),
    (
        "backtest --labels order.csv",
        2,
        "vk-alerts: --labels order.csv: line 2: ends at 2026-01-01 10:00, not after its start 2026-01-02 10:00",
    ),
    (
        "backtest --labels metric.csv",
        2,
        "vk-alerts: --labels metric.csv: line 2: unknown metric 'view'; known: feed_users, views, likes, ctr, messenger_users, messages",
    ),
    ("catalog check latin", 1, "vk-alerts: a.yaml:2: not UTF-8; save the file in that encoding"),
    ("catalog check folder_for_file", 1, "vk-alerts: folder_for_file/a.yaml: cannot be read: Is a directory"),
    ("catalog check twice", 1, "b.yaml:2: source 'shop' already stands in a.yaml:2"),
    ("catalog check alone", 1, "system.yaml: stands alone; a catalog needs a file for each source"),
    (
        "catalog check lost",
        1,
        "system.yaml:2: routes.0.metric: unknown metric 'order'; did you mean 'orders'? known: orders, buyers, p90, revenue",
    ),
    ("catalog check nothing", 1, "a.yaml: holds no mapping; needed keys: source, metrics"),
    ("catalog check nested", 1, "a.yaml: nested too deeply"),
]

_HELD = {
    "file": "precious",
    "catalog/shop.yaml": CATALOG,
    "empty/notes.txt": "no catalog",
    "empty.csv": "",
    "wrong.csv": "a,b\n1,2\n",
    "moment.csv": "start,end\nyesterday,today\n",
    "order.csv": "start,end\n2026-01-02 10:00,2026-01-01 10:00\n",
    "metric.csv": "start,end,metric\n2026-01-01 10:00,2026-01-01 11:00,view\n",
    "twice/a.yaml": CATALOG,
    "twice/b.yaml": CATALOG,
    "alone/system.yaml": "alive_hour: 9\n",
    "lost/a.yaml": CATALOG,
    "lost/system.yaml": "routes:\n  - {metric: order, chat: -1}\n",
    "nothing/a.yaml": "# nothing\n",
    "nested/a.yaml": "[" * 1200,
}


@pytest.fixture(scope="module")
def events() -> Iterator[Target]:
    target = empty_database()
    yield target
    drop_database(target)


@pytest.fixture(scope="module")
def kept_state(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A state database that holds one silence."""
    path = tmp_path_factory.mktemp("state") / "state.db"
    engine = open_database(sqlite_url(path))
    SilenceRepository(engine).add(
        metric="views", slice_key=None, starts=0.0, ends=9e9, by="ann", comment="", now=0.0
    )
    engine.dispose()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_state: bytes) -> Iterator[Path]:
    """A folder with things of somebody's, all of which are there afterwards as they were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VK_ALERTS_HOME", "home")
    monkeypatch.setenv("COLUMNS", "400")
    held = {name: text.encode() for name, text in _HELD.items()}
    held["latin/a.yaml"] = "source:\n  name: заказы\n".encode("cp1251")
    for name, content in held.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder_for_file" / "a.yaml").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "state.db").write_bytes(kept_state)
    yield tmp_path
    changed = {"catalog/shop.yaml"}  # the tests' own doing
    assert {name: (tmp_path / name).read_bytes() for name in held if name not in changed} == {
        name: content for name, content in held.items() if name not in changed
    }
    engine = open_database(sqlite_url(tmp_path / "home" / "state.db"))
    assert [one.by for one in SilenceRepository(engine).since(0.0)] == ["ann"]
    engine.dispose()


def run(command: str, **environment: str) -> Result:
    result = CliRunner().invoke(cli.main, command.split(), env=environment)
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert "s3cret" not in result.output
    return result


@pytest.mark.parametrize(("right", "wrong", "line"), CATALOGS)
def test_a_wrong_catalog_is_told(folder: Path, right: str, wrong: str, line: str) -> None:
    assert CATALOG.count(right) == 1
    (folder / "catalog" / "shop.yaml").write_text(CATALOG.replace(right, wrong), "utf-8")
    result = run("catalog check catalog --offline")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, line)


@pytest.mark.parametrize(("command", "environment", "status", "line"), ENVIRONMENTS)
def test_a_wrong_environment_is_told(
    folder: Path, command: str, environment: dict[str, str], status: int, line: str
) -> None:
    port = str(closed_port())
    variables = {f"VK_ALERTS_{name}": text.replace("{port}", port) for name, text in environment.items()}
    result = run(command, **variables)
    assert result.stderr == line.replace("{port}", port).replace("{tmp}", str(folder)) + "\n"
    assert (result.exit_code, result.stdout) == (status, "")


@pytest.mark.parametrize(("command", "status", "line"), COMMANDS)
def test_a_wrong_command_is_told(folder: Path, command: str, status: int, line: str) -> None:
    result = run(command)
    assert result.stderr.splitlines()[-1] == line.replace("{tmp}", str(folder))
    assert (result.exit_code, result.stdout) == (status, "")


@pytest.mark.parametrize(("command", "status", "line"), FILES)
def test_a_wrong_file_is_told(events: Target, command: str, status: int, line: str) -> None:
    variables = {"VK_ALERTS_CLICKHOUSE_URL": url_of(events)} if command.startswith("backtest") else {}
    result = run(command, **variables)
    told = result.stdout.splitlines()[:1] or result.stderr.splitlines()
    assert (result.exit_code, told) == (status, [line])


def test_there_are_at_least_sixty() -> None:
    assert len(CATALOGS) + len(ENVIRONMENTS) + len(COMMANDS) + len(FILES) >= 60


def test_what_nobody_foresaw_is_one_line_and_with_debug_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_texts: object) -> None:
        raise RuntimeError("a fault\nof ours")

    monkeypatch.setattr(sys.modules["vk_alerts.cli.catalog"], "read_catalog", broken)
    result = run("catalog check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "vk-alerts: unforeseen RuntimeError: a fault of ours; "
        "'vk-alerts --debug …' shows where, for a report of the fault\n"
    )
    debugged = CliRunner().invoke(cli.main, ["--debug", "catalog", "check"])
    assert debugged.stderr.startswith("Traceback (most recent call last)")
    assert debugged.stderr.endswith(result.stderr)


def test_an_interrupted_command_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_texts: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["vk_alerts.cli.catalog"], "read_catalog", interrupted)
    result = run("catalog check")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "vk-alerts: interrupted\n")


@pytest.mark.parametrize(
    ("shell", "said"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --")]
)
def test_each_shell_gets_its_completion(shell: str, said: str) -> None:
    result = CliRunner().invoke(cli.main, ["completion", shell])
    assert result.exit_code == 0
    assert said in result.stdout
    assert "_VK_ALERTS_COMPLETE" in result.stdout


def test_the_help_lists_every_status() -> None:
    shown = CliRunner().invoke(cli.main, ["--help"]).stdout
    for status in ("0 ", "1 ", "2 ", "10 ", "75 ", "130 "):
        assert f"\n  {status}" in shown.partition("Status of a command:")[2].replace("\n    ", "\n  ")


def leaves(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, *names, name)
        else:
            yield (*names, name)


@pytest.mark.parametrize("names", list(leaves(cli.main)), ids=" ".join)
def test_the_help_of_every_command_shows_an_example_that_click_understands(names: tuple[str, ...]) -> None:
    command: click.Command = cli.main
    for name in names:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    examples = re.findall(rf"vk-alerts {' '.join(names)}(?![a-z-])([^\n|&>)]*)", command.help or "")
    assert examples, "no example"
    for example in examples:
        words = [word.removesuffix(",") for word in shlex.split(example)]
        command.make_context(names[-1], words).close()
