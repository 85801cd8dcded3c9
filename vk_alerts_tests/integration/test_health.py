"""The watcher's own checks: on real stores, as Dagster runs them, and the sign of life they give."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vk_alerts.delivery.heartbeat import beat
from vk_alerts.errors import DeliveryPostponed
from vk_alerts_tests.integration.bot_api import closed_port
from vk_alerts_tests.integration.dagster_runs import Dagster, due, resources_at
from vk_alerts_tests.integration.worlds import LIVE

# A clock's moments are no whole seconds.
NOW = due(LIVE) + timedelta(microseconds=1)


@contextmanager
def watcher(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server that notes who asks for what."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ping/s3cret", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_beat_asks_for_the_url() -> None:
    with watcher() as (url, asked):
        beat(url)
    assert asked == ["/ping/s3cret"]


def test_a_beat_that_fails_is_told_without_the_url() -> None:
    with watcher(status=404) as (url, _), pytest.raises(DeliveryPostponed, match="answers 404") as refused:
        beat(url)
    with pytest.raises(DeliveryPostponed, match="cannot be reached") as unreachable:
        beat(f"http://127.0.0.1:{closed_port()}/ping/s3cret")
    assert "s3cret" not in f"{refused.value}{unreachable.value}"


@pytest.mark.slow
def test_checks_tell_how_the_watcher_is_and_a_beat_only_that_it_lives(
    dagster_on_history: Dagster, monkeypatch: pytest.MonkeyPatch
) -> None:
    dagster = dagster_on_history
    job = dagster.defs.resolve_job_def("check_health")
    with watcher() as (url, asked):
        monkeypatch.setenv("VK_ALERTS_HEARTBEAT_URL", url)

        def passed() -> dict[str, bool]:
            done = job.execute_in_process(instance=dagster.instance, resources=resources_at(NOW))
            return {one.check_name: one.passed for one in done.get_asset_check_evaluations()}

        assert passed() == {
            "scores_are_fresh": False,
            "sources_are_on_time": True,
            "series_are_judged": False,
            "messages_are_sent": True,
            "thresholds_are_recent": True,
        }
        assert asked == []
        dagster.check(LIVE)
        assert all(passed().values())
        assert asked == ["/ping/s3cret"]
