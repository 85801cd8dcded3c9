"""The embedded engine takes what writes only where there is room for it."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("chdb", reason="the embedded engine is not installed")

from vk_alerts.clickhouse.embedded import engine
from vk_alerts.clickhouse.embedded.disk import DiskTrouble
from vk_alerts.clickhouse.embedded.engine import Engine, EngineError


class Answer:
    def bytes(self) -> bytes:
        return b""


class Connection:
    """Stands in for chDB, and remembers what ran."""

    ran: list[bytes | str]

    def query(self, sql: bytes | str, output_format: str = "") -> Answer:
        self.ran.append(sql)
        return Answer()

    def close(self) -> None:
        pass


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[bytes | str]:
    ran: list[bytes | str] = []
    monkeypatch.setattr(engine, "connect", lambda address: type("One", (Connection,), {"ran": ran})())
    return ran


def run(folder: Path, sql: bytes) -> None:
    Engine(folder, max_result_bytes=1).run(sql, database="default", output_format="TabSeparated", settings={})


@pytest.mark.parametrize(
    ("sql", "asks"),
    [
        (b"INSERT INTO t VALUES (1)", True),
        (b"insert into t select 1", True),
        (b"/* why */ INSERT INTO t VALUES (1)", True),
        (b"CREATE TABLE t (x UInt8) ENGINE = Memory", True),
        (b"ALTER TABLE t DELETE WHERE 1", True),
        (b"OPTIMIZE TABLE t", True),
        (b"SELECT 1", False),
        (b"WITH 1 AS x SELECT x", False),
        (b"TRUNCATE TABLE t", False),
        (b"DROP TABLE t", False),
    ],
)
def test_what_writes_asks_for_room_for_itself_and_what_makes_room_does_not(
    tmp_path: Path, ran: list[bytes | str], monkeypatch: pytest.MonkeyPatch, sql: bytes, asks: bool
) -> None:
    asked: list[tuple[Path, int]] = []
    monkeypatch.setattr(engine, "require_space", lambda folder, *, size: asked.append((folder, size)))

    run(tmp_path, sql)

    assert asked == ([(tmp_path, len(sql))] if asks else [])
    assert ran[0] == sql


def test_what_has_no_room_never_reaches_the_engine(
    tmp_path: Path, ran: list[bytes | str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, **_: Any) -> None:
        raise DiskTrouble("full")

    monkeypatch.setattr(engine, "require_space", refuse)

    with pytest.raises(EngineError, match=r"full \(NOT_ENOUGH_SPACE\)") as told:
        run(tmp_path, b"INSERT INTO t VALUES (1)")

    assert told.value.code == 243
    assert ran == []
