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

from vk_alerts import errors
from vk_alerts.errors import ConfigurationError, PipelineError

# Dagster's processes end their code servers and give up their leases in this time.
_PATIENCE_SECONDS = 15.0
_LOG_TAIL_LINES = 3
_TRACEBACK_LINES = 200
_OUR_ERRORS = f"{errors.__name__}."


@dataclass(frozen=True, slots=True)
class Program:
    """What a service runs.

    Attributes:
        name: as people know it.
        command: the program and its arguments.
        log: file of its output.
        socket: file that it listens on, removed before each start: a killed process leaves it behind.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    socket: Path | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A running program.

    Attributes:
        program: what it runs.
        process: the process, leader of a group of its own.
    """

    program: Program
    process: subprocess.Popen[bytes]


def start_service(program: Program, environment: Mapping[str, str]) -> Service:
    """Starts a program in a process group of its own, its output going to its log.

    The group keeps a terminal's Ctrl-C from reaching it before we end it in order.
    """
    program.log.parent.mkdir(parents=True, exist_ok=True)
    if program.socket is not None:
        program.socket.unlink(missing_ok=True)
    with program.log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            list(program.command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    return Service(program, process)


def require_running(services: Sequence[Service]) -> None:
    """Raises PipelineError when one has ended by itself, naming it, its log and the log's last words."""
    for service in services:
        status = service.process.poll()
        if status is not None:
            log = service.program.log
            words = last_words(log)
            raise PipelineError(f"{service.program.name} ended with status {status}: {words} (log: {log})")


def end_services(services: Sequence[Service]) -> None:
    """Asks all to end, the last started first, waits, and kills what is left of their groups."""
    for service in reversed(services):
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


def last_words(log: Path) -> str:
    """What a log ends with: an error of ours where there is one, since it says what to do; else its tail."""
    try:
        lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines()]
    except OSError:
        return "nothing"
    told = [line for line in lines if line]
    ours = [line.partition(": ")[2] for line in told[-_TRACEBACK_LINES:] if line.startswith(_OUR_ERRORS)]
    return ours[-1] if ours else " | ".join(told[-_LOG_TAIL_LINES:])
