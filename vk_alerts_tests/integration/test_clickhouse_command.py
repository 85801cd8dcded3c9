"""``vk-alerts clickhouse``: other programs reach the embedded engine; the password shows only on request."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
import requests
from click.testing import CliRunner, Result

from vk_alerts.cli import main
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import running, stop
from vk_alerts.clickhouse.target import Target

pytest.importorskip("chdb", reason="the embedded engine is not installed")
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    yield folder
    stop(folder)


def command(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["clickhouse", *words], env={"VK_ALERTS_HOME": str(home)})


def url(home: Path) -> str:
    result = command(home, "url")
    assert (result.exit_code, result.stderr) == (0, "")
    (line,) = result.stdout.splitlines()
    return line


def test_start_says_where_it_is_and_not_the_password(home: Path) -> None:
    first, second = command(home, "start"), command(home, "start")
    target = running(home)
    assert target is not None
    assert (first.exit_code, second.stdout) == (0, first.stdout)
    assert f"ClickHouse of {home}: {target.address}, database default, user default" in first.stdout
    assert target.password not in first.output


def test_url_is_one_line_that_our_own_client_understands(home: Path) -> None:
    line = url(home)
    assert line.startswith("http://default:")
    assert line.endswith("/default")
    assert ClickHouse(Target.from_url(line)).read("SELECT 40 + 2 AS x")["x"].tolist() == [42]


def test_curl_reads_and_writes_at_the_url(home: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")

    def curl(*words: str) -> str:
        done = subprocess.run(
            ["curl", "--silent", "--fail", url(home), *words], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    curl("-d", "CREATE TABLE curled (x UInt8, s String) ENGINE = MergeTree ORDER BY x")
    curl("-d", "INSERT INTO curled FORMAT CSV\n1,one\n2,two\n")
    assert curl("-d", "SELECT x, s FROM curled ORDER BY x") == "1\tone\n2\ttwo\n"
    assert curl("--get", "--data-urlencode", "query=SELECT s FROM curled WHERE x = 2") == "two\n"
    refused = subprocess.run(
        ["curl", "--silent", url(home), "-d", "SELECT nope"], capture_output=True, text=True
    )
    assert refused.stdout.startswith("Code: 47. DB::Exception")


def test_requests_reads_at_the_url(home: Path) -> None:
    answer = requests.post(url(home), data="SELECT 42 AS x FORMAT JSONEachRow", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"x": 42})
    assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"
    parts = urlsplit(url(home))
    stranger = requests.post(f"http://default:guess@127.0.0.1:{parts.port}/", data="SELECT 1", timeout=10)
    assert stranger.status_code == 403


@pytest.mark.parametrize("compress", [False, "gzip"])
def test_clickhouse_connect_reads_and_writes_at_the_url(home: Path, compress: bool | str) -> None:
    connect = pytest.importorskip("clickhouse_connect", reason="clickhouse-connect is not installed")
    client = connect.get_client(dsn=url(home), compress=compress)
    client.command("CREATE OR REPLACE TABLE connected (x UInt32, s String, f Nullable(Float64)) ENGINE = Log")
    rows = [(1, "a", None), (2, "it's\n\n;", 1.5)]
    client.insert("connected", rows, column_names=["x", "s", "f"])
    client.insert_df("connected", pd.DataFrame({"x": [3], "s": ["z"], "f": [2.0]}))

    assert client.query("SELECT * FROM connected ORDER BY x").result_rows == [*rows, (3, "z", 2.0)]
    found = client.query("SELECT s FROM connected WHERE x = {x:UInt32}", parameters={"x": 2})
    assert found.result_rows == [("it's\n\n;",)]
    assert client.query_df("SELECT x FROM connected ORDER BY x")["x"].tolist() == [1, 2, 3]
    with pytest.raises(connect.driver.exceptions.DatabaseError, match="code: 47"):
        client.query("SELECT nope")
    client.close()


def test_clickhouse_connect_is_told_how_to_compress_what_it_writes(home: Path) -> None:
    connect = pytest.importorskip("clickhouse_connect", reason="clickhouse-connect is not installed")
    client = connect.get_client(dsn=url(home))  # lz4 unless told otherwise; it reads all the same
    client.command("CREATE OR REPLACE TABLE compressed (x UInt32) ENGINE = Log")
    with pytest.raises(connect.driver.exceptions.DatabaseError, match="'lz4' is not known; use gzip"):
        client.insert("compressed", [(1,)], column_names=["x"])
    assert client.query("SELECT count() FROM compressed").result_rows == [(0,)]
    client.close()


def test_stop_ends_it_and_is_no_error_when_nothing_runs(home: Path) -> None:
    url(home)
    first, second = command(home, "stop"), command(home, "stop")
    assert (first.exit_code, first.stdout) == (0, f"ClickHouse of {home} has ended.\n")
    assert (second.exit_code, second.stdout) == (0, f"ClickHouse of {home} was not running.\n")
    assert running(home) is None


@pytest.mark.parametrize("word", ["start", "url"])
@pytest.mark.parametrize("place", ["a file", "below a file", "too long", "read-only"])
def test_a_home_that_cannot_be_is_told_in_one_line(tmp_path: Path, word: str, place: str) -> None:
    (tmp_path / "file").write_text("")
    home = {
        "a file": tmp_path / "file",
        "below a file": tmp_path / "file" / "home",
        "too long": tmp_path / ("x" * 300),
        "read-only": Path("/proc/home"),
    }[place]

    result = command(home, word)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"vk-alerts: {home}: cannot be written (")
    assert result.stderr.endswith("; set VK_ALERTS_HOME to a folder of yours\n")
    assert result.stderr.count("\n") == 1
    assert command(home, "stop").stdout == f"ClickHouse of {home} was not running.\n"


@pytest.mark.parametrize("word", ["start", "url"])
def test_without_the_engine_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = command(tmp_path, word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pip install 'vk-alerts[embedded]'" in result.stderr
    assert result.stderr.count("\n") == 1
