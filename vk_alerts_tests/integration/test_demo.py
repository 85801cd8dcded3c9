"""The demo as a user runs it: in a process of its own, from the command to the table at the end."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vk_alerts.clickhouse.embedded import ensure_running, running
from vk_alerts.demo.player import prepare_home
from vk_alerts_tests.integration.bot_api import check_png

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Played:
    """A demo that has ended."""

    home: Path
    status: int
    out: str
    err: str
    end: dict[str, Any]
    left_processes: list[str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo on few days, in the home that an earlier one left with its engine running."""
    pytest.importorskip("chdb", reason="the embedded engine is not installed")
    folder = tmp_path_factory.mktemp("demo")
    home = folder / "home"
    prepare_home(home)
    (home / "state.db").write_text("of the demo before")
    ensure_running(home)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("VK_ALERTS_", "DAGSTER_"))
    }
    # What a user may have set, and the demo must not touch.
    environment |= {
        "VK_ALERTS_CLICKHOUSE_URL": "http://127.0.0.1:1/production",
        "VK_ALERTS_STATE_URL": f"sqlite:///{folder / 'production.db'}",
        "VK_ALERTS_LANGUAGE": "en",
    }
    options = ["--days", "16", "--events-per-day", "100000", "--home", home, "--json", home / "end.json"]
    done = subprocess.run(
        [Path(sys.executable).with_name("vk-alerts"), "demo", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    left = processes_of(home)
    assert not (folder / "production.db").exists()
    assert (home / "end.json").exists(), done.stdout + done.stderr
    end = json.loads((home / "end.json").read_text("utf-8"))
    return Played(home, done.returncode, done.stdout, done.stderr, end, left)


def processes_of(home: Path) -> list[str]:
    """Command lines and working folders of processes that have to do with the home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (process / "environ").read_bytes().decode(errors="replace")
            cwd = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(home) in command + environment + cwd and process.name != str(os.getpid()):
            found.append(command)
    return found


def test_it_ends_well(played: Played) -> None:
    assert played.status == 0, played.out + played.err


def test_it_leaves_no_process_behind(played: Played) -> None:
    assert played.left_processes == []
    assert running(played.home) is None


def test_its_end_is_told_to_programs(played: Played) -> None:
    end = played.end
    assert set(end) == {
        "scenario",
        "is_good",
        "expected",
        "planted",
        "messages",
        "false_alerts",
        "seconds",
    }
    assert (end["scenario"], end["is_good"]) == ("default", True)
    assert [one["holds"] for one in end["expected"]] == [True]
    assert [(one["metric"], one["slice"]) for one in end["planted"]] == [
        ("likes", "os=Android"),
        ("messages", "all"),
    ]
    for planted in end["planted"]:
        assert (planted["detected"], planted["recovery_told"]) == (True, True)
        assert planted["delay_windows"] in range(4)
    assert end["false_alerts"] <= 1
    assert set(end["seconds"]) == {"engine", "events", "history", "backfill", "live"}
    kinds = [message["kind"] for message in end["messages"]]
    assert kinds.count("open") == kinds.count("resolved") >= 2


def test_every_message_has_a_chart_of_its_own(played: Played) -> None:
    charts = [Path(message["chart"]) for message in played.end["messages"]]
    assert len(set(charts)) == len(charts)
    for chart in charts:
        assert chart.parent == played.home / "alerts"
        check_png(chart.read_bytes())
    lines = (played.home / "alerts" / "messages.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["chart"] for line in lines] == [str(chart) for chart in charts]


def test_every_message_is_shown_as_it_was_sent(played: Played) -> None:
    for message in played.end["messages"]:
        assert message["text"].splitlines()[0] in played.out
    assert "Metric " in played.end["messages"][0]["text"]


def test_it_shows_the_table_at_the_end_and_no_noise(played: Played) -> None:
    assert "Planted incidents" in played.out
    assert "False alerts: " in played.out
    said = played.out + played.err
    for noise in ("Traceback", "Warning", "DEBUG", "INFO", "ERROR", "dagster -", "telemetry", "Telemetry"):
        assert noise not in said
    assert "100%" in played.err
