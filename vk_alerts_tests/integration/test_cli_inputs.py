"""What the commands say to wrong input: one line that names it, and status 2, before anything is done."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from vk_alerts import cli
from vk_alerts.clickhouse.embedded import running
from vk_alerts.clickhouse.target import Target
from vk_alerts_tests.integration.bot_api import TOKEN, closed_port
from vk_alerts_tests.integration.worlds import url_of


def invoke(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli.main, arguments, env=environment)


def line_of(result: Result, status: int = 2) -> str:
    """The one line of an error of ours."""
    assert result.exit_code == status, (result.output, result.exception)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def usage_of(result: Result) -> str:
    """What click says of an option; above it stands how the command is used."""
    assert result.exit_code == 2
    assert result.stdout == ""
    *usage, line = result.stderr.splitlines()
    assert usage[0].startswith("Usage: ")
    assert line.startswith("Error: ")
    return line


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    return tmp_path / "home"


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    yield names
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        else:
            yield (*names, name)


@pytest.mark.parametrize("command", list(commands(cli.main)), ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    shown = invoke(*command, "--help")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("Usage: ")
    assert shown.stderr == ""
    sentences = [line for line in shown.stdout.splitlines()[2:] if line.strip()]
    assert sentences[0].strip() != "Options:"  # there is a description


@pytest.mark.parametrize("command", list(commands(cli.main))[1:], ids=" ".join)
def test_an_unknown_option_is_named(command: tuple[str, ...]) -> None:
    assert "--nonsense" in usage_of(invoke(*command, "--nonsense"))


def test_an_unknown_command_is_named() -> None:
    assert "'alert'" in usage_of(invoke("alert"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--days", "3"], "--days 3: must lie between 16 and 84"),
        (["--days", "85"], "--days 85: must lie between 16 and 84"),
        (["--events-per-day", "0"], "--events-per-day 0: must lie between 1000 and 5000000"),
        (["--events-per-day", "-5"], "--events-per-day -5: must lie between 1000 and 5000000"),
    ],
)
def test_the_demo_tells_the_range_of_its_options(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert line_of(invoke("demo", "--home", "demo", *arguments)) == f"vk-alerts: {said}"
    assert list(tmp_path.iterdir()) == []


def test_the_demo_leaves_a_folder_alone_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("three years of work")
    line = line_of(invoke("demo", "--home", "mine"))
    assert line.startswith(f"vk-alerts: --home {tmp_path / 'mine'}: not empty, and not made by the demo")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "three years of work"


def test_the_demo_needs_a_folder_for_a_home(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file" in usage_of(invoke("demo", "--home", "file"))
    assert "--home" in line_of(invoke("demo", "--home", "file/below"))


def test_the_demo_tells_before_its_long_run_that_its_end_cannot_be_written(tmp_path: Path) -> None:
    line = line_of(invoke("demo", "--home", "demo", "--json", "missing/end.json"))
    assert line == (
        f"vk-alerts: --json {tmp_path / 'missing/end.json'}: the folder {tmp_path / 'missing'} does not exist"
    )
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "folder").mkdir()
    assert "is a directory" in usage_of(invoke("demo", "--home", "demo", "--json", "folder"))


def test_the_demo_tells_that_its_folder_of_charts_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = line_of(invoke("demo", "--home", "demo", "--out", "file/below"))
    assert line.startswith(f"vk-alerts: --out {tmp_path / 'file/below'}: cannot be used: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_demo_tells_before_its_long_run_that_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "no permission" in line_of(invoke("demo", "--home", "demo", "--json", "locked/end.json"))
    assert "--home" in line_of(invoke("demo", "--home", "locked/demo"))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"VK_ALERTS_LANGUAGE": "fr"}, "VK_ALERTS_LANGUAGE: 'fr' is not known; known: ru, en"),
        ({"VK_ALERTS_TELEGRAM_TOKEN": TOKEN}, "VK_ALERTS_TELEGRAM_CHAT: not set"),
        (
            {"VK_ALERTS_TELEGRAM_TOKEN": "12345:short", "VK_ALERTS_TELEGRAM_CHAT": "-1"},
            "VK_ALERTS_TELEGRAM_TOKEN does not hold a bot's token",
        ),
    ],
)
def test_the_demo_tells_what_is_wrong_in_the_environment_before_it_begins(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    line = line_of(invoke("demo", "--home", "demo", **environment))
    assert line.startswith(f"vk-alerts: {said}")
    assert "12345:short" not in line
    assert list(tmp_path.iterdir()) == []


def test_up_tells_that_its_port_is_taken_before_it_starts_anything(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = line_of(invoke("up", "--port", str(port)))
    assert line.startswith(f"vk-alerts: --port {port}: cannot be used")
    assert not home.exists()
    assert running(home) is None


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_up_needs_a_port(port: str) -> None:
    assert "--port" in usage_of(invoke("up", "--port", port))


@pytest.mark.parametrize("days", ["0", "401", "many"])
def test_a_backfill_needs_days(days: str) -> None:
    assert "--days" in usage_of(invoke("backfill", "--days", days))


@pytest.mark.parametrize(
    ("environment", "status", "said"),
    [
        ({"VK_ALERTS_CLICKHOUSE_URL": "localhost:8123"}, 2, "VK_ALERTS_CLICKHOUSE_URL: the scheme must be"),
        ({"VK_ALERTS_CLICKHOUSE_URL": "http://127.0.0.1:{port}/d"}, 1, "127.0.0.1"),
        ({"VK_ALERTS_CATALOG": "nowhere"}, 1, "nowhere: no such folder"),
        ({"VK_ALERTS_TIMEZONE": "Mars/Olympus"}, 2, "VK_ALERTS_TIMEZONE: unknown zone"),
        ({"VK_ALERTS_START": "yesterday"}, 2, "VK_ALERTS_START: 'yesterday' is no date"),
    ],
)
def test_a_backfill_tells_what_is_wrong_in_the_environment(
    environment: dict[str, str], status: int, said: str
) -> None:
    filled = {name: value.replace("{port}", str(closed_port())) for name, value in environment.items()}
    assert said in line_of(invoke("backfill", **filled), status)


def test_a_backfill_without_event_tables_names_the_table(database: Target) -> None:
    result = invoke("backfill", "--days", "1", VK_ALERTS_CLICKHOUSE_URL=url_of(database))
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("vk-alerts: ")
    assert "feed_actions" in last


@pytest.mark.slow
def test_the_console_script_ends_with_the_status_and_the_line(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("vk-alerts")
    done = subprocess.run(
        [script, "demo", "--days", "3"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "vk-alerts: --days 3: must lie between 16 and 84\n"
