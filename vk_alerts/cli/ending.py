"""How a command ends: with status 0, or with one line on standard error that says what to do."""

import signal
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click
from rich.console import Console

from vk_alerts.errors import ConfigurationError, VkAlertsError

BAD_USE, FAILED, INTERRUPTED = 2, 1, 130
ANOMALOUS = 10
"""A check found something."""
NOT_DUE = 75
"""Try again later: what sysexits.h calls EX_TEMPFAIL."""
STATUSES = """\b
Status of a command:
  0    done, nothing is amiss
  1    failed: one line on standard error says why, and what mends it
  2    wrong use: an option, or a variable of the environment
  10   check: something is anomalous
  75   check: the window is not due yet, or a source is late; try again
  130  interrupted by Ctrl-C or SIGTERM
"""
PROGRESS = Console(stderr=True)
P = ParamSpec("P")


def _interrupt(_number: int, _frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does, so that it ends what it started."""
    raise KeyboardInterrupt


def plain_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Errors end the command with one line on standard error: status 2 for bad input, 1 otherwise.

    What we have not foreseen does, too; ``vk-alerts --debug`` shows the traceback of either.
    """

    @wraps(command)
    def _wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            click.echo("vk-alerts: interrupted", err=True)
            sys.exit(INTERRUPTED)
        except VkAlertsError as error:
            _tell(str(error))
            sys.exit(BAD_USE if isinstance(error, ConfigurationError) else FAILED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - nobody but us is helped by a traceback
            told = " ".join(str(error).split()) or "no message"
            _tell(
                f"unforeseen {type(error).__name__}: {told[:300]}; "
                "'vk-alerts --debug …' shows where, for a report of the fault"
            )
            sys.exit(FAILED)

    return _wrapped


def _tell(line: str) -> None:
    context = click.get_current_context(silent=True)
    if context is not None and context.find_root().params.get("debug"):
        traceback.print_exc()
    click.echo(f"vk-alerts: {line}", err=True)
