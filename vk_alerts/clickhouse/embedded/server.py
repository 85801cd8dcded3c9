"""The process that owns chDB and answers for it until nobody needs it.

Run as ``python -m vk_alerts.clickhouse.embedded.server --home …``; `ensure_running` does.
"""

import argparse
import logging
import os
import secrets
import signal
import threading
from pathlib import Path

from vk_alerts.clickhouse.embedded.clock import Clock
from vk_alerts.clickhouse.embedded.disk import DiskTrouble, require_files_of_any_size
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.embedded.engine import Engine, EngineError
from vk_alerts.clickhouse.embedded.listener import Server
from vk_alerts.clickhouse.embedded.ownership import StillOwned, owning

_LOG = logging.getLogger(__name__)
MAX_RESULT_BYTES = 1 << 29
_TICK_SECONDS = 0.5
_PREDECESSOR_SECONDS = 30.0


def serve(home: Path, *, idle_seconds: float) -> None:
    """Serve until told to stop, idle for so long, or forgotten: replaced by another, or the home is gone.

    Raises:
        StillOwned: another process serves the home.
        DiskTrouble: nothing could be stored.
        EngineError: the engine does not start.
    """
    files = Home.of(home)
    require_files_of_any_size()
    with owning(files.lock, wait_seconds=_PREDECESSOR_SECONDS):
        is_drained = _serve(files, idle_seconds)
        logging.shutdown()
        # Threads of kept connections are still there; destructors of the engine must not run under them.
        os._exit(0 if is_drained else 1)


def _serve(files: Home, idle_seconds: float) -> bool:
    """Serve to the end; whether all requests had ended by then."""
    wanted = threading.Event()
    engine = Engine(files.database, max_result_bytes=MAX_RESULT_BYTES)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wanted.set())
    clock = Clock()
    clock.wanted = wanted
    server = Server(engine, clock, secrets.token_urlsafe(24))
    endpoint = Endpoint(port=server.server_port, token=server.token, pid=os.getpid())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint.write(files.endpoint)
    _LOG.info("event=started pid=%d port=%d", endpoint.pid, endpoint.port)
    while not wanted.wait(_TICK_SECONDS):
        if clock.close_if_idle(idle_seconds) or Endpoint.read(files.endpoint) != endpoint:
            break
    # First nobody new finds us, then what runs ends, then the engine closes. Who still comes is told to go
    # elsewhere, where a successor waits for our lock.
    clock.refuse()
    if Endpoint.read(files.endpoint) == endpoint:
        files.endpoint.unlink(missing_ok=True)
    is_drained = clock.drained()
    if is_drained:
        engine.close()
    server.turn_away_the_rest()
    _LOG.info("event=stopped pid=%d drained=%s", endpoint.pid, is_drained)
    return is_drained


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(description="The embedded engine of vk-alerts, on a port of 127.0.0.1")
    parser.add_argument("--home", type=Path, required=True, help="the folder of the installation")
    parser.add_argument(
        "--idle-seconds", type=float, required=True, help="stop after so long without requests"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s level=%(levelname)s %(message)s")
    try:
        serve(arguments.home, idle_seconds=arguments.idle_seconds)
    except StillOwned as error:
        _LOG.error("event=failed reason=%s holds the engine's folder and does not end", error)
    except (EngineError, DiskTrouble, OSError) as error:
        _LOG.error("event=failed reason=%s", " ".join(str(error).split())[:300])
    raise SystemExit(1)


if __name__ == "__main__":
    main()
