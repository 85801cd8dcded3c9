"""The embedded engine under ``kill -9``: what was acknowledged is there, once; nothing is there in part."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.embedded.ownership import owner
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.errors import ClickHouseUnavailable

pytest.importorskip("chdb", reason="the embedded engine is not installed")
pytestmark = [pytest.mark.server, pytest.mark.slow]
KILLS = 20
WRITERS = 3
ROWS = 50  # of one insert
DOUBT = "it may have been carried out all the same"
SPEC = TableSpec(
    "numbered",
    (Column("writer", "UInt8"), Column("number", "UInt32"), Column("row", "UInt8"), Column("text", "String")),
    "ENGINE = MergeTree ORDER BY (writer, number)",
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    stop(tmp_path / "home")


@dataclass
class Writer:
    """Inserts numbered rows until told to end, each number once, and remembers what was acknowledged."""

    home: Path
    key: int
    done: threading.Event
    acknowledged: list[int] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)

    def run(self) -> None:
        client = ClickHouse(ensure_running(self.home))
        number = 0
        while not self.done.is_set():
            number += 1
            rows = pd.DataFrame({"row": range(ROWS), "text": "x" * 100, "number": number, "writer": self.key})
            try:
                client.insert(SPEC, rows)
            except ClickHouseUnavailable as error:
                self.errors[number] = str(error)
            else:
                self.acknowledged.append(number)


@dataclass
class Reader:
    """Looks for inserts of which a part is visible."""

    home: Path
    done: threading.Event
    looks: int = 0
    partial: list[object] = field(default_factory=list)

    def run(self) -> None:
        client = ClickHouse(ensure_running(self.home))
        while not self.done.wait(0.02):
            try:
                self.partial += partial_inserts(client)
                self.looks += 1
            except ClickHouseUnavailable:
                continue


def partial_inserts(client: ClickHouse) -> list[object]:
    """Numbers with more or fewer rows than one insert has."""
    found = client.read(
        "SELECT writer, number, count() AS rows, uniqExact(row) AS distinct_rows FROM numbered "
        f"GROUP BY writer, number HAVING rows != {ROWS} OR distinct_rows != {ROWS}"
    )
    return found.to_numpy().tolist()


def test_no_acknowledged_insert_is_lost_over_twenty_kills(home: Path) -> None:
    chance = random.Random(20)
    ClickHouse(ensure_running(home)).execute(create_statement(SPEC))
    done = threading.Event()
    writers = [Writer(home, key, done) for key in range(WRITERS)]
    reader = Reader(home, done)
    killed = set()
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        ends = [pool.submit(each.run) for each in (*writers, reader)]
        try:
            for _ in range(KILLS):
                await_acknowledged(writers, ends, more=chance.randint(1, 12))
                killed.add(kill(home, after_seconds=chance.uniform(0.0, 0.05)))
        finally:
            done.set()
        for end in ends:
            end.result()

    client = ClickHouse(ensure_running(home))
    stored = client.read("SELECT DISTINCT writer, number FROM numbered")
    for writer in writers:
        present = set(stored.loc[stored["writer"] == writer.key, "number"])
        assert set(writer.acknowledged) <= present
        assert not {number for number, told in writer.errors.items() if DOUBT not in told} & present
    assert partial_inserts(client) == []
    assert reader.partial == []
    assert len(killed) == KILLS
    # They were busy between the kills, and hit by them.
    assert sum(len(writer.acknowledged) for writer in writers) > KILLS
    assert sum(DOUBT in told for writer in writers for told in writer.errors.values()) > KILLS
    assert reader.looks > 0


def await_acknowledged(writers: list[Writer], ends: "list[Future[None]]", *, more: int) -> None:
    """Waits until so many further inserts have been acknowledged: the slower the machine, the longer."""
    wanted = more + sum(len(writer.acknowledged) for writer in writers)
    while sum(len(writer.acknowledged) for writer in writers) < wanted:
        assert not any(end.done() for end in ends)
        time.sleep(0.005)


def kill(home: Path, *, after_seconds: float) -> int:
    """Ends the process at once, so many seconds from now."""
    time.sleep(after_seconds)
    endpoint = Endpoint.read(Home.of(home).endpoint)
    assert endpoint is not None
    os.kill(endpoint.pid, signal.SIGKILL)
    while owner(Home.of(home).lock) == endpoint.pid:
        time.sleep(0.01)
    return endpoint.pid
