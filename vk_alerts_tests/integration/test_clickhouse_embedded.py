"""The embedded engine's process: one per home, whoever asks, and healed after anything."""

import contextlib
import gzip
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import requests

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, lifecycle, running, stop
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.embedded.ownership import owner
from vk_alerts.clickhouse.embedded.server import MAX_RESULT_BYTES
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import (
    ClickHouseDenied,
    ClickHouseQueryError,
    ClickHouseUnavailable,
    ConfigurationError,
)
from vk_alerts_tests.integration.clickhouse_embedded import embedded_home, embedded_target
from vk_alerts_tests.integration.processes import ends, forked

pytest.importorskip("chdb", reason="the embedded engine is not installed")
pytestmark = pytest.mark.server
SPEC = TableSpec("t", (Column("x", "UInt64"),), "ENGINE = MergeTree ORDER BY x")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    stop(tmp_path / "home")


def pid_of(home: Path) -> int:
    endpoint = Endpoint.read(Home.of(home).endpoint)
    assert endpoint is not None
    return endpoint.pid


def wait_until(condition: object, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_eight_starters_at_once_end_with_one_server_and_eight_clients(home: Path, tmp_path: Path) -> None:
    def start(number: int) -> None:
        client = ClickHouse(ensure_running(home))
        assert client.read("SELECT 40 + 2 AS x")["x"].tolist() == [42]
        (tmp_path / f"port of {number}").write_text(str(client.target.port))

    assert ends(*[forked(partial(start, number)) for number in range(8)]) == [0] * 8

    ports = [(tmp_path / f"port of {number}").read_text() for number in range(8)]
    assert len(set(ports)) == 1
    assert Home.of(home).log.read_text().count("event=started") == 1


def test_a_killed_process_is_replaced_and_a_client_of_it_goes_on(home: Path) -> None:
    client = ClickHouse(ensure_running(home))
    client.execute(create_statement(SPEC))
    assert client.insert(SPEC, pd.DataFrame({"x": [1, 2]})) == 2
    killed = pid_of(home)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: running(home) is None)

    assert client.insert(SPEC, pd.DataFrame({"x": [3]})) == 1
    assert client.read("SELECT x FROM t ORDER BY x")["x"].tolist() == [1, 2, 3]
    assert pid_of(home) != killed


@pytest.mark.parametrize("content", ["", "{", "[]", '{"port": 1, "token": "x", "pid": 1}', '{"port": null}'])
def test_a_stale_endpoint_file_heals(home: Path, content: str) -> None:
    home.mkdir()
    Home.of(home).endpoint.write_text(content)

    assert running(home) is None
    ClickHouse(ensure_running(home)).ping()


def test_another_service_at_the_old_port_does_not_learn_the_query(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        home.mkdir()
        stale = {"port": listener.getsockname()[1], "token": "old", "pid": 1}
        Home.of(home).endpoint.write_text(json.dumps(stale))
        seen: list[bytes] = []

        def listen() -> None:
            with contextlib.suppress(OSError):  # until the listener is closed
                while True:
                    connection, _ = listener.accept()
                    seen.append(connection.recv(65536))
                    connection.close()

        threading.Thread(target=listen, daemon=True).start()

        ClickHouse(ensure_running(home)).ping()

        assert all(request.startswith(b"POST /identity ") for request in seen)


def test_the_endpoint_file_is_for_the_owner_only(home: Path) -> None:
    ensure_running(home)

    assert stat.S_IMODE(Home.of(home).endpoint.stat().st_mode) == 0o600


def test_the_token_is_needed_and_not_shown(home: Path) -> None:
    target = ensure_running(home)
    stranger = Target(scheme="http", host="127.0.0.1", port=target.port, password="guess")

    with pytest.raises(ClickHouseDenied, match="AUTHENTICATION_FAILED"):
        ClickHouse(stranger).ping()
    assert target.password not in repr(target) + Home.of(home).log.read_text()


def test_an_idle_process_stops_and_a_client_of_it_wakes_it(home: Path) -> None:
    client = ClickHouse(ensure_running(home, idle_seconds=0.5))
    client.ping()
    first = pid_of(home)
    wait_until(lambda: not Home.of(home).endpoint.exists())

    client.ping()

    assert pid_of(home) != first


def test_a_busy_process_is_not_idle(home: Path) -> None:
    client = ClickHouse(ensure_running(home, idle_seconds=0.5))
    first = pid_of(home)

    assert client.read("SELECT sleep(2) AS x")["x"].tolist() == [0]

    assert pid_of(home) == first


def test_a_terminated_process_finishes_its_query_and_leaves_cleanly(home: Path) -> None:
    clients = [ClickHouse(ensure_running(home)) for _ in range(4)]
    for client in clients:
        client.ping()  # its connection stays open
    with pytest.raises(ClickHouseQueryError):
        clients[0].read("SELECT throwIf(number = 500000) FROM numbers(1000000)")
    process = pid_of(home)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(clients[0].read, "SELECT sleep(1) AS x")
        time.sleep(0.3)
        os.kill(process, signal.SIGTERM)
        assert answer.result()["x"].tolist() == [0]

    wait_until(lambda: owner(Home.of(home).lock) is None)
    assert "drained=True" in Home.of(home).log.read_text()
    child = next((c for c in lifecycle._children if c.pid == process), None)
    assert child is None or child.wait(20) == 0


def test_stopping_is_no_error_when_nothing_runs(home: Path) -> None:
    stop(home)
    ensure_running(home)
    stop(home)
    stop(home)

    assert running(home) is None
    assert not Home.of(home).endpoint.exists()


def test_a_process_whose_home_is_gone_ends(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ensure_running(home)
    process = pid_of(home)
    Home.of(home).endpoint.unlink()

    wait_until(lambda: owner(Home.of(home).lock) != process)


def test_a_folder_in_use_by_another_program_is_told() -> None:
    embedded_target()
    folder = Home.of(embedded_home()).database
    program = (
        "from pathlib import Path; from vk_alerts.clickhouse.embedded import engine; "
        "engine._LOCK_WAIT_SECONDS = 0.5; "
        f"engine.Engine(Path({str(folder)!r}), max_result_bytes=1)"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "EngineError" in ended.stderr
    assert "lock" in ended.stderr.lower()


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    Home.of(home).database.write_text("in the way")

    with pytest.raises(
        ClickHouseUnavailable, match=r"did not start: .*event=failed.*; see .*clickhouse\.log"
    ):
        ensure_running(home)


def test_without_chdb_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(
        ConfigurationError, match=r"pip install 'vk-alerts\[embedded\]', or set VK_ALERTS_CLICK"
    ):
        ensure_running(tmp_path)


def test_secrets_of_ours_do_not_reach_the_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ALERTS_TELEGRAM_TOKEN", "123:secret")
    ensure_running(home)

    environment = Path(f"/proc/{pid_of(home)}/environ")
    if environment.exists():
        assert b"123:secret" not in environment.read_bytes()


def test_queries_of_one_client_run_side_by_side() -> None:
    client = ClickHouse(embedded_target())
    started = time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(client.read, ["SELECT sleep(1) AS x"] * 4))

    assert [answer["x"].tolist() for answer in answers] == [[0]] * 4
    assert time.monotonic() - started < 3


def test_many_threads_read_and_write_without_mixing_anything_up() -> None:
    client = ClickHouse(embedded_target())
    spec = TableSpec("mixed", (Column("k", "UInt32"), Column("s", "String")), "ENGINE = MergeTree ORDER BY k")
    client.execute("DROP TABLE IF EXISTS mixed")
    client.execute(create_statement(spec))

    def work(k: int) -> bool:
        client.insert(spec, pd.DataFrame({"k": [k] * 10, "s": [f"text {k}"] * 10}))
        if k % 5 == 0:
            with pytest.raises(ClickHouseQueryError):
                client.read(f"SELECT throwIf(number = 100000, '{k}'), toString(number) FROM numbers(200000)")
        found = client.read(f"SELECT k, s, '{k}' AS own FROM mixed WHERE k = {k}")
        return found.to_dict("list") == {"k": [k] * 10, "s": [f"text {k}"] * 10, "own": [str(k)] * 10}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    assert len(client.read("SELECT * FROM mixed")) == 400


def test_nothing_of_a_failed_query_turns_up_in_the_next() -> None:
    client = ClickHouse(embedded_target())
    for _ in range(3):
        with pytest.raises(ClickHouseQueryError, match="code 395"):
            client.read("SELECT number, throwIf(number = 3000000) FROM numbers(4000000)")
        assert client.read("SELECT 42 AS x")["x"].tolist() == [42]


def test_a_long_insert_select_works() -> None:
    client = ClickHouse(embedded_target())
    client.execute("DROP TABLE IF EXISTS long")
    client.execute("CREATE TABLE long (x UInt64) ENGINE = MergeTree ORDER BY x")
    client.execute(
        "INSERT INTO long SELECT number + sleepEachRow(0.1) FROM numbers(20) SETTINGS max_block_size = 4, "
        "function_sleep_max_microseconds_per_block = 20000000"
    )

    assert client.read("SELECT sum(x) AS s FROM long")["s"].tolist() == [190]


def url_of(path: str = "/") -> str:
    target = embedded_target()
    return f"http://127.0.0.1:{target.port}{path}"


@pytest.fixture
def key() -> dict[str, str]:
    return {"X-ClickHouse-User": "default", "X-ClickHouse-Key": embedded_target().password}


@pytest.mark.parametrize("way", ["headers", "basic", "parameters"])
def test_credentials_are_taken_in_each_of_clickhouses_ways(way: str, key: dict[str, str]) -> None:
    token = key["X-ClickHouse-Key"]
    answer = {
        "headers": lambda: requests.get(url_of(), params={"query": "SELECT 1"}, headers=key, timeout=5),
        "basic": lambda: requests.post(url_of(), data="SELECT 1", auth=("default", token), timeout=5),
        "parameters": lambda: requests.post(
            url_of(), params={"user": "default", "password": token}, data="SELECT 1", timeout=5
        ),
    }[way]()

    assert (answer.status_code, answer.text) == (200, "1\n")


def test_the_protocol_is_clickhouses(key: dict[str, str]) -> None:
    def post(data: bytes, *, headers: dict[str, str] | None = None, **params: str) -> requests.Response:
        return requests.post(
            url_of(), params=params, data=data, headers={**key, **(headers or {})}, timeout=20
        )

    assert requests.get(url_of("/ping"), timeout=5).text == "Ok.\n"
    assert requests.get(url_of("/nothing"), headers=key, timeout=5).status_code == 404
    named = post(b"SELECT 1 AS x", default_format="JSONEachRow")
    assert (named.text, named.headers["X-ClickHouse-Format"]) == ('{"x":1}\n', "JSONEachRow")
    assert post(b"SELECT 1 FORMAT CSV").headers["X-ClickHouse-Format"] == "CSV"
    unknown = post(b"SELECT * FROM nowhere")
    assert (unknown.status_code, unknown.headers["X-ClickHouse-Exception-Code"]) == (404, "60")
    assert unknown.text.startswith("Code: 60. DB::Exception")
    assert post(b"SELECT 1", database="nowhere").headers["X-ClickHouse-Exception-Code"] == "81"
    assert post(b"SELECT currentDatabase()", database="system").text == "system\n"
    assert post(b"SELECT currentDatabase()").text == "default\n"
    assert post(b"SELECT getSetting('max_threads')", max_threads="1").text == "1\n"
    assert post(b"SELECT 1", no_such_setting="1").headers["X-ClickHouse-Exception-Code"] == "115"
    assert post(b"", query="SELECT 2").text == "2\n"
    assert post(b"CREATE OR REPLACE TABLE p (x UInt8, s String) ENGINE = Memory").text == ""
    assert post(b'1,"a"\n', query="INSERT INTO p (x, s) FORMAT CSV").status_code == 200
    assert post(b"INSERT INTO p (x, s) FORMAT CSV\r\n2,\xff\n").status_code == 200
    assert post(b"INSERT INTO p VALUES (3, 'FORMAT CSV')").status_code == 200
    assert post(b"INSERT INTO p SELECT 4, 'x' FORMAT Null").status_code == 200
    zipped = gzip.compress(b"INSERT INTO p FORMAT TabSeparated\n5\tz\n")
    assert post(zipped, headers={"Content-Encoding": "gzip"}).status_code == 200
    assert (
        post(b"SELECT x, hex(s) FROM p ORDER BY x").text
        == "1\t61\n2\tFF\n3\t464F524D415420435356\n4\t78\n5\t7A\n"
    )
    assert post(zipped[:20], headers={"Content-Encoding": "gzip"}).status_code == 400
    assert post(b"x", headers={"Content-Encoding": "br"}).status_code == 415
    pieces = requests.post(url_of(), data=iter([b"SELE", b"CT 6"]), headers=key, timeout=5)
    assert pieces.text == "6\n"
    big = requests.post(url_of(), data=b"", headers={**key, "Content-Length": str(1 << 40)}, timeout=5)
    assert (big.status_code, "send less at once" in big.text) == (413, True)


def test_a_refused_insert_leaves_nothing_behind(key: dict[str, str]) -> None:
    client = ClickHouse(embedded_target())
    client.execute("CREATE OR REPLACE TABLE half (x UInt32) ENGINE = MergeTree ORDER BY x")
    rows = b"".join(b"%d\n" % i for i in range(200_000)) + b"bad\n"

    answer = requests.post(url_of(), data=b"INSERT INTO half FORMAT CSV\n" + rows, headers=key, timeout=20)

    assert answer.status_code == 500
    assert client.read("SELECT count() AS n FROM half")["n"].tolist() == [0]


def test_several_statements_at_once_are_refused_as_by_a_server() -> None:
    client = ClickHouse(embedded_target())
    for several in ("SELECT 'a' AS x; SELECT 'b' AS x", "SELECT 1 AS x /* ; */; -- y\nDROP TABLE nothing"):
        with pytest.raises(
            ClickHouseQueryError, match=r"\(SYNTAX_ERROR, code 62\): Multi-statements are not"
        ):
            client.read(several)
        with pytest.raises(ClickHouseQueryError, match="Multi-statements"):
            client.execute(several)
    assert client.read("SELECT '; SELECT 2' AS x -- ; SELECT 3")["x"].tolist() == ["; SELECT 2"]


SMALL_SERVER = (
    "from vk_alerts.clickhouse.embedded import listener, server; "
    "listener.MAX_BODY_BYTES = 100_000; server.main()"
)


def test_too_large_an_insert_is_refused_in_one_line_and_the_process_goes_on(home: Path) -> None:
    home.mkdir()
    options = ["--home", str(home), "--idle-seconds", "60"]
    with subprocess.Popen([sys.executable, "-c", SMALL_SERVER, *options]) as process:
        wait_until(lambda: running(home))
        client = ClickHouse(ensure_running(home))
        client.execute(create_statement(SPEC))
        for rows in (20_000, 2_000_000):  # at once, and long after the answer has been sent
            with pytest.raises(ClickHouseQueryError) as caught:
                client.insert(SPEC, pd.DataFrame({"x": range(rows)}))
            told = str(caught.value)
            assert "bytes, more than the 100000 allowed; send less at once" in told
            assert "\n" not in told
        assert client.insert(SPEC, pd.DataFrame({"x": [7]})) == 1
        assert client.read("SELECT x FROM t")["x"].tolist() == [7]
        stop(home)
        assert process.wait(20) == 0


def test_too_large_a_result_is_refused() -> None:
    client = ClickHouse(embedded_target())
    # Reaching the cap itself takes a while and half a gigabyte.
    cap = client.read("SELECT toUInt64(getSetting('max_result_bytes')) AS x")["x"].tolist()

    assert cap == [MAX_RESULT_BYTES]
    with pytest.raises(ClickHouseQueryError, match="TOO_MANY_ROWS_OR_BYTES"):
        client.read(
            "SELECT repeat('x', 100000) FROM numbers(200) "
            "SETTINGS max_block_size = 10, max_result_bytes = 1000000"
        )
    assert client.read("SELECT 1 AS x")["x"].tolist() == [1]
