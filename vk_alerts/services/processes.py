"""Processes that belong together: started with a log each, watched, and ended to the last child."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vk_alerts.errors import ConfigurationError, PipelineError

# Dagster's processes end their code servers and give up their leases in this time.
_PATIENCE_SECONDS = 15.0
_LOG_TAIL_LINES = 3


@dataclass(frozen=True, slots=True)
class Service:
    """A running process.

    Attributes:
        name: as people know it.
        process: the process, leader of a group of its own.
        log: file of its output.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def start_service(name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> Service:
    """Starts a command in a process group of its own, its output going to ``log``.

    The group keeps a terminal's Ctrl-C from reaching it before we end it in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    return Service(name, process, log)


def require_running(services: Sequence[Service]) -> None:
    """Raises PipelineError when one has ended by itself, naming it, its log and the log's last words."""
    for service in services:
        status = service.process.poll()
        if status is not None:
            words = " | ".join(_last_lines(service.log))
            raise PipelineError(f"{service.name} ended with status {status}: {words} (log: {service.log})")


def end_services(services: Sequence[Service]) -> None:
    """Asks all to end, waits, and kills what is left of their groups."""
    for service in services:
        with contextlib.suppress(ProcessLookupError):
            service.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for service in services:
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait()


def require_free_port(host: str, port: int) -> None:
    """Raises ConfigurationError when somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"--port {port}: cannot be used ({error.strerror}); choose another with --port"
            ) from error


def _last_lines(log: Path) -> list[str]:
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines if line.strip()][-_LOG_TAIL_LINES:]
