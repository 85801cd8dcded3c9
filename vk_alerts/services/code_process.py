"""The process that `code_server` starts: Dagster's own, whose runs are copies of a process that is warm.

Dagster starts an interpreter for each run, and what that imports takes 2–4 s, twice on the way of an alert.
"""

import multiprocessing
import multiprocessing.forkserver
import sys
from typing import Any

from dagster._cli.api import grpc_command
from dagster._grpc import server
from dagster._grpc.server import DagsterApiServer

_WARM = "vk_alerts.services.warmth"


class WarmApiServer(DagsterApiServer):
    """Dagster's code server, with runs forked from a warm process instead of spawned."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_WARM])
        multiprocessing.forkserver.ensure_running()
        self._mp_ctx: Any = context


def main() -> None:
    """Runs ``dagster api grpc`` with the arguments of the process."""
    setattr(server, "DagsterApiServer", WarmApiServer)  # noqa: B010 - a class is not to be replaced
    grpc_command(sys.argv[1:], prog_name="vk-alerts code server")


if __name__ == "__main__":
    main()
