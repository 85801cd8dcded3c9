"""The health endpoint over real HTTP on loopback: what it answers, and how often it looks."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from vk_alerts.errors import ClickHouseUnavailable, ConfigurationError
from vk_alerts.pipeline.health import Check, CheckResult
from vk_alerts.services.health_endpoint import Look, Pulse, health_server, look_at_stores

FRESH = CheckResult(
    Check.SCORES_FRESH, passed=True, reason="0 windows behind", figures={"windows behind": 0.0}
)
STALE = CheckResult(Check.SCORES_FRESH, passed=False, reason="9 windows behind; see whether the daemon runs")
SENT = CheckResult(Check.MESSAGES_SENT, passed=True, reason="no message waits")


@contextmanager
def endpoint(look: Look) -> Iterator[str]:
    with health_server("127.0.0.1", 0, Pulse(look)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("results", "status", "word", "reason"),
    [
        ([FRESH, SENT], 200, "ok", "alerts would come"),
        ([STALE, SENT], 503, "failing", "9 windows behind; see whether the daemon runs"),
    ],
)
def test_it_answers_whether_alerts_would_come_and_why_not(
    results: Sequence[CheckResult], status: int, word: str, reason: str
) -> None:
    with endpoint(lambda: results) as address:
        code, told = ask(f"{address}/health")
    assert (code, told["status"], told["reason"]) == (status, word, reason)
    assert told["checks"][results[0].check.value]["passed"] is results[0].passed


def test_a_store_that_cannot_be_used_is_a_503_with_its_one_line() -> None:
    def look() -> list[CheckResult]:
        raise ClickHouseUnavailable("ClickHouse cannot be reached; start it")

    with endpoint(look) as address:
        code, told = ask(f"{address}/health?from=balancer")
    assert (code, told["reason"], told["checks"]) == (503, "ClickHouse cannot be reached; start it", {})


def test_however_often_it_is_asked_it_looks_once_in_a_while() -> None:
    looked: list[int] = []

    def look() -> list[CheckResult]:
        looked.append(1)
        return [FRESH, SENT]

    pulse = Pulse(look)
    assert [pulse.answer()[0] for _ in range(50)] == [HTTPStatus.OK] * 50
    assert len(looked) == 1


def test_another_path_is_not_found_and_a_taken_port_is_told() -> None:
    with endpoint(lambda: [FRESH]) as address:
        assert ask(f"{address}/")[0] == 404
        port = int(address.rpartition(":")[2])
        with pytest.raises(ConfigurationError, match="choose another --port"):
            health_server("127.0.0.1", port, Pulse(lambda: [FRESH]))


def test_whatever_fails_in_the_checks_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    def _breaks() -> list[CheckResult]:
        raise RuntimeError("with a secret in it")

    with endpoint(_breaks) as address:
        code, told = ask(f"{address}/health")
    assert (code, told["reason"]) == (503, "the checks failed: RuntimeError")
    assert capsys.readouterr().err == ""


def test_asking_starts_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path / "home"))
    with pytest.raises(ClickHouseUnavailable, match="start 'vk-alerts up'"):
        look_at_stores()
    assert not (tmp_path / "home").exists()
