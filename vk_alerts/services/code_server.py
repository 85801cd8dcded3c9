"""Dagster's code server: one process holds the definitions, for the webserver and the daemon alike."""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._grpc.client import DagsterGrpcClient

from vk_alerts.errors import PipelineError
from vk_alerts.instance import MODULE
from vk_alerts.services.processes import Program, Service, require_running

CODE_SERVER = "code server"
_PROCESS = "vk_alerts.services.code_process"
_START_DEADLINE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class CodeServer:
    """Where the definitions are served.

    Attributes:
        program: what serves them.
        workspace: file that tells Dagster's processes where.
        socket: where it listens: a file only we can reach, since whoever reaches it may run code.
    """

    program: Program
    workspace: Path
    socket: Path

    def wait(self, services: Sequence[Service]) -> None:
        """Returns once it answers.

        Raises:
            PipelineError: it has ended, or does not answer in time.
        """
        deadline = time.monotonic() + _START_DEADLINE_SECONDS
        while time.monotonic() < deadline:
            require_running(services)
            if self.socket.exists() and self._answers():
                return
            time.sleep(_PAUSE_SECONDS)
        raise PipelineError(
            f"code server: no answer in {_START_DEADLINE_SECONDS:g} s; its log: {self.program.log}"
        )

    def _answers(self) -> bool:
        try:
            DagsterGrpcClient(socket=str(self.socket)).ping("vk-alerts up")
        except DagsterUserCodeUnreachableError:
            return False
        return True


@contextmanager
def code_server(logs: Path) -> Iterator[CodeServer]:
    """A code server that can be started; its socket lies in a folder of its own that is gone afterwards."""
    # Not under the home: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="vk-alerts-") as folder:
        socket = Path(folder) / "code.sock"
        workspace = Path(folder) / "workspace.yaml"
        # The name it would have without a server of its own: schedules and sensors are known by it.
        location = {"socket": str(socket), "location_name": MODULE}
        workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": location}]}), "utf-8")
        command = (
            *(sys.executable, "-m", _PROCESS, "-m", MODULE, "-s", str(socket)),
            *("--use-python-environment-entry-point", "--log-level", "warning"),
        )
        yield CodeServer(Program(CODE_SERVER, command, logs / "code-server.log", socket), workspace, socket)
