"""How a command ends: with status 0, or with one line on standard error that says what to do."""

import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click
from rich.console import Console

from vk_alerts.errors import ConfigurationError, VkAlertsError

BAD_USE, FAILED, INTERRUPTED = 2, 1, 130
PROGRESS = Console(stderr=True)
P = ParamSpec("P")


def _interrupt(_number: int, _frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does, so that it ends what it started."""
    raise KeyboardInterrupt


def plain_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Our errors end the command with one line on standard error: status 2 for bad input, 1 otherwise."""

    @wraps(command)
    def _wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("vk-alerts: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except VkAlertsError as error:
            click.echo(f"vk-alerts: {error}", err=True)
            sys.exit(BAD_USE if isinstance(error, ConfigurationError) else FAILED)

    return _wrapped
