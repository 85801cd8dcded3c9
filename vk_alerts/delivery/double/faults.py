"""How the double fails: on the wire, as the API, or as something in between."""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Way(Enum):
    """How a fault shows on the wire."""

    ANSWER = auto()
    """A whole answer, with the fault's status and body."""
    RESET = auto()
    """The connection is reset."""
    CLOSE = auto()
    """The connection is closed without an answer."""
    HALF = auto()
    """The head says more than the body then holds."""
    HANG = auto()
    """No answer as long as the server lives."""
    TRICKLE = auto()
    """The answer comes byte by byte, without an end: no read ever times out."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure.

    Attributes:
        way: how it shows.
        status: of the answer.
        body: of the answer.
        content_type: of the body.
    """

    way: Way
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"


class RefusalError(Exception):
    """The API refuses a call; ``fault`` is its answer."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.fault = api_error(status, description, **parameters)


def api_error(status: int, description: str, **parameters: Any) -> Fault:
    """A refusal as the Bot API words it."""
    content: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        content["parameters"] = parameters
    return Fault(Way.ANSWER, status, json.dumps(content).encode())


def web_page(status: int, text: str = "") -> Fault:
    """What a proxy or a captive portal answers."""
    page = f"<html><body><h1>{status}</h1>{text}</body></html>"
    return Fault(Way.ANSWER, status, page.encode(), "text/html")
