"""The embedded engine acknowledges nothing that is not on the disk, and tells when the disk is full."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.clickhouse.embedded.disk import DiskTrouble, require_space
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.errors import ClickHouseQueryError

pytest.importorskip("chdb", reason="the embedded engine is not installed")
pytestmark = pytest.mark.server
SPEC = TableSpec(
    "t", (Column("k", "UInt8"), Column("x", "UInt64")), "ENGINE = MergeTree PARTITION BY k ORDER BY x"
)
ROWS = 100_000  # of eight bytes that nothing compresses
FILL = """
import os, sys
from pathlib import Path
home = Path(sys.argv[1]) / "home"
os.environ["VK_ALERTS_HOME"] = str(home)
home.mkdir(exist_ok=True)
def leave(free):
    disk = os.statvfs(home)
    (home / "filler").write_bytes(bytes(disk.f_bavail * disk.f_frsize - free))
"""
START_ON_A_FULL_DISK = (
    FILL
    + """
from vk_alerts.cli import main
leave(int(sys.argv[2]))
main(["clickhouse", "start"])
"""
)
FILL_WHILE_RUNNING = (
    FILL
    + """
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.errors import ClickHouseQueryError
client = ClickHouse(ensure_running(home))
client.execute("CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x")
client.execute("INSERT INTO t SELECT number FROM numbers(1000)")
leave(30 << 20)
for refused in ("INSERT INTO t VALUES (1)", "CREATE TABLE u (x UInt8) ENGINE = Memory", "OPTIMIZE TABLE t"):
    try:
        client.execute(refused)
    except ClickHouseQueryError as error:
        print(error)
print(client.read("SELECT count() AS n FROM t")["n"].tolist())
client.execute("TRUNCATE TABLE t")
(home / "filler").unlink()
client.execute("INSERT INTO t VALUES (1)")
print(client.read("SELECT count() AS n FROM t")["n"].tolist())
stop(home)
"""
)


def on_a_small_disk(folder: Path, program: str, *words: str, size: str) -> "subprocess.CompletedProcess[str]":
    """Runs a program where ``folder`` is a file system of its own; skips the test where that cannot be."""
    unshare = shutil.which("unshare")
    mount = f'mount -t tmpfs -o size={size} none "$1" && shift && exec "$@"'
    if unshare is None or subprocess.run([unshare, "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here (unshare -Urm)")
    command = [sys.executable, "-c", program, str(folder), *words]
    return subprocess.run(
        [unshare, "-Urm", "sh", "-c", mount, "sh", str(folder), *command],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    stop(tmp_path / "home")


def noise(k: int, rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame({"k": k, "x": np.random.default_rng(k).integers(0, 2**63, rows)})


def limit_files(home: Path, size: int) -> None:
    """Lets every write of the running engine beyond ``size`` fail, as on a full disk."""
    endpoint = Endpoint.read(Home.of(home).endpoint)
    assert endpoint is not None
    resource.prlimit(endpoint.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def rows_of(client: ClickHouse) -> list[tuple[int, int]]:
    found = client.read("SELECT k, count() AS n, max(x) AS largest FROM t GROUP BY k ORDER BY k")
    return list(zip(found["k"].tolist(), found["n"].tolist(), strict=True))


def test_rows_that_did_not_reach_the_disk_are_not_acknowledged(home: Path) -> None:
    client = ClickHouse(ensure_running(home))
    client.execute(create_statement(SPEC))
    client.insert(SPEC, noise(1))
    limit_files(home, 200_000)

    for write in (
        lambda: client.insert(SPEC, noise(2)),
        lambda: client.execute("INSERT INTO t SELECT 3, rand64() FROM numbers(100000)"),
        lambda: client.execute("INSERT INTO `default`.`t` (x, k) SELECT rand64(), 4 FROM numbers(100000)"),
    ):
        with pytest.raises(
            ClickHouseQueryError, match=r"NOT_ENOUGH_SPACE.*default\.t: .*not stored.*full"
        ) as told:
            write()
        assert "\n" not in str(told.value)
        assert rows_of(client) == [(1, ROWS)]

    client.insert(SPEC, noise(5, rows=1000))  # small enough
    limit_files(home, resource.RLIM_INFINITY)
    client.insert(SPEC, noise(6))
    stop(home)
    assert rows_of(client) == [(1, ROWS), (5, 1000), (6, ROWS)]


def test_room_is_asked_for_what_is_written_and_its_merges(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize

    require_space(tmp_path, size=1, least=1)
    with pytest.raises(
        DiskTrouble, match=r"has \d+ MiB free, .* with \d+ MiB or more; free some, or set VK_AL"
    ):
        require_space(tmp_path, least=2 * free)
    require_space(tmp_path, size=free // 4, least=1)
    with pytest.raises(DiskTrouble):
        require_space(tmp_path, size=3 * free // 4, least=1)


def test_where_space_is_short_only_what_makes_room_is_taken(tmp_path: Path) -> None:
    ended = on_a_small_disk(tmp_path, FILL_WHILE_RUNNING, size="120m")

    assert (ended.returncode, ended.stderr) == (0, "")
    *refusals, before, after = ended.stdout.splitlines()
    assert len(refusals) == 3
    assert all("(NOT_ENOUGH_SPACE, code 243): the disk of" in refusal for refusal in refusals)
    assert (before, after) == ("[1000]", "[1]")


@pytest.mark.parametrize("free_bytes", [0, 1 << 20])
def test_on_a_full_disk_the_engine_does_not_start_and_says_why(tmp_path: Path, free_bytes: int) -> None:
    ended = on_a_small_disk(tmp_path, START_ON_A_FULL_DISK, str(free_bytes), size="20m")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("vk-alerts: the embedded engine does not start: the disk of ")
    assert ended.stderr.count("\n") == 1


def test_a_limit_on_the_size_of_files_is_refused_at_the_start(home: Path) -> None:
    program = (
        "import resource, sys; from vk_alerts.cli import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)); main(['clickhouse', 'start'])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "VK_ALERTS_HOME": str(home)},
        timeout=60,
    )

    assert ended.returncode == 1
    assert "files are limited to 1048576 bytes (ulimit -f)" in ended.stderr
    assert ended.stderr.count("\n") == 1
