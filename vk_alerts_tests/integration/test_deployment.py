"""What `vk-alerts deploy init` writes can be run: units, compose file, Dagster on a real PostgreSQL."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner

from vk_alerts.cli import main
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ConfigurationError
from vk_alerts.services.deployment import Kind, write_deployment
from vk_alerts.windows import window_key
from vk_alerts_tests.integration.dagster_runs import Dagster
from vk_alerts_tests.integration.postgresql_server import postgresql
from vk_alerts_tests.integration.worlds import LIVE, url_of


@pytest.mark.parametrize("kind", Kind)
def test_the_files_are_written_and_secrets_are_for_their_owner_only(tmp_path: Path, kind: Kind) -> None:
    files = write_deployment(tmp_path / "deploy", kind)
    assert {file.name for file in files} >= {"vk-alerts.env", "dagster.yaml", "workspace.yaml"}
    assert (tmp_path / "deploy" / "vk-alerts.env").stat().st_mode & 0o077 == 0
    for file in files:
        assert "$title" not in file.read_text("utf-8")
        if file.suffix == ".yaml":
            assert yaml.safe_load(file.read_text("utf-8"))


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("mine", "utf-8")
    with pytest.raises(ConfigurationError, match=r"dagster.yaml: is there already and is kept; name another"):
        write_deployment(tmp_path, Kind.COMPOSE)
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]
    assert (tmp_path / "dagster.yaml").read_text("utf-8") == "mine"


def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["deploy", "init", str(tmp_path / "d"), "--kind", "compose"])
    assert done.exit_code == 0
    assert f"{tmp_path / 'd' / 'compose.yaml'}\n" in done.stdout
    assert done.stdout.endswith("docker compose up -d\n")


def test_every_process_of_the_compose_file_finds_the_code(tmp_path: Path) -> None:
    write_deployment(tmp_path, Kind.COMPOSE)
    services = yaml.safe_load((tmp_path / "compose.yaml").read_text("utf-8"))["services"]
    workspace = yaml.safe_load((tmp_path / "workspace.yaml").read_text("utf-8"))
    (server,) = (one["grpc_server"] for one in workspace["load_from"])
    assert server["host"] in services
    assert f"-p {server['port']}" in services[server["host"]]["command"]
    assert all(name in services for one in services.values() for name in one.get("depends_on", {}))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = [file for file in write_deployment(tmp_path, Kind.SYSTEMD) if file.suffix == ".service"]
    assert len(units) == 5
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "vk-alerts" in line]
    # Where the commands and the user will be is another machine's matter.
    assert [line for line in ours if "not executable" not in line and "No such file" not in line] == []


@pytest.fixture
def dagster_on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dagster]:
    from vk_alerts.definitions import defs

    write_deployment(tmp_path / "deploy", Kind.SYSTEMD)
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(tmp_path / "deploy" / "dagster.yaml", home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    storage = postgresql().new_database().replace("postgresql:", "postgresql+psycopg2:")
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", storage)
    monkeypatch.setenv("VK_ALERTS_STATE_URL", postgresql().new_database())
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path / "home"))
    with dg.DagsterInstance.get() as instance:
        yield Dagster(instance, defs)


@pytest.mark.slow
@pytest.mark.server
def test_windows_are_checked_and_told_with_everything_in_postgresql(
    dagster_on_postgresql: Dagster, history: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(history))
    dagster = dagster_on_postgresql
    dagster.play(LIVE)
    done = dagster.instance.get_materialized_partitions(dg.AssetKey("anomaly_scores"))
    assert done == {window_key(LIVE)}
    assert "PostgresEventLogStorage" in type(dagster.instance.event_log_storage).__name__
