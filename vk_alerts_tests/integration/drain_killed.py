"""Runs of delivery that end by SIGKILL at a named step; a program, so that real processes die.

Arguments: the server's root, then ``step=folder`` for each run. One process imports everything, and forks.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from vk_alerts.delivery.answers import PlainRequest
from vk_alerts.delivery.telegram import TelegramNotifier, TelegramSession
from vk_alerts.pipeline import Post, deliver
from vk_alerts.pipeline.delivering import drain
from vk_alerts.settings import Settings
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import OutboxRepository
from vk_alerts_tests.integration.mailroom import CHAT, PHOTO, START

SURVIVED = 3


def die(*_args: object, **_keywords: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def dying_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def and_then_die(*args: Any, **keywords: Any) -> NoReturn:
        function(*args, **keywords)
        die()

    return and_then_die


def dying_when_answered(do_request: Callable[..., Any]) -> Callable[..., Any]:
    async def and_then_die(*args: Any, **keywords: Any) -> NoReturn:
        await do_request(*args, **keywords)
        die()

    return and_then_die


# Where the run dies: whose attribute is replaced by what.
STEPS: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "before the sweep": (drain, "sweep", lambda _function: die),
    "after the sweep": (drain, "sweep", dying_after),
    "before the claim": (OutboxRepository, "claim_next", lambda _function: die),
    "after the claim": (OutboxRepository, "claim_next", dying_after),
    "while composing": (drain, "compose", lambda _function: die),
    "before the send": (TelegramSession, "send", lambda _function: die),
    "when answered": (PlainRequest, "do_request", dying_when_answered),
    "after the send": (TelegramSession, "send", dying_after),
    "before the receipt": (OutboxRepository, "settle", lambda _function: die),
    "after the receipt": (OutboxRepository, "settle", dying_after),
}


def run(root: str, step: str, folder: Path) -> None:
    """One run of delivery; it does not return."""
    owner, name, replaced = STEPS[step]
    setattr(owner, name, replaced(getattr(owner, name)))
    settings = Settings(home=folder, telegram_is_set=True, telegram_chat=CHAT, language="en")
    outbox = OutboxRepository(open_database(sqlite_url(folder / "state.db")))
    post = Post(settings, outbox, fallback_chat=None, charts=lambda: lambda _story: PHOTO)
    deliver(post, TelegramNotifier(api_root=root), now=lambda: START)


def main() -> None:
    root, *runs = sys.argv[1:]
    for step, _, folder in (one.partition("=") for one in runs):
        child = os.fork()
        if child == 0:
            try:
                run(root, step, Path(folder))
            finally:
                os._exit(SURVIVED)
        _, status = os.waitpid(child, 0)
        print(f"{step}: {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main()
