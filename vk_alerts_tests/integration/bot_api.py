"""The Bot API double of the package, as tests use it."""

import socket

from vk_alerts.delivery.double import (
    TOKEN,
    Accepted,
    BotApi,
    Call,
    Fault,
    Way,
    api_error,
    bot_api,
    web_page,
)
from vk_alerts.delivery.double.forms import check_png

__all__ = [
    "TOKEN",
    "Accepted",
    "BotApi",
    "Call",
    "Fault",
    "Way",
    "api_error",
    "bot_api",
    "check_png",
    "closed_port",
    "web_page",
]


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
