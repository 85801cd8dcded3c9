"""What an answer of the Bot API, or its absence, means for a message."""

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import httpx
from telegram.error import TelegramError
from telegram.request import HTTPXRequest, RequestData

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class Outcome(Enum):
    """What to do about a message that was not confirmed."""

    NOT_SENT = auto()
    """It certainly did not arrive; try again later."""
    UNCERTAIN = auto()
    """It may have arrived."""
    SLOW_DOWN = auto()
    """Refused by the rate limit; the answer says for how long."""
    HALT = auto()
    """The bot itself is refused; no message of it will pass."""
    MIGRATED = auto()
    """The chat has another id now."""
    PLAIN_TEXT = auto()
    """The markup is refused; once more without it."""
    TOO_LONG = auto()
    """The text is refused; once more, shortened."""
    NO_PHOTO = auto()
    """The picture is refused; once more as text."""
    NOT_MODIFIED = auto()
    """An edit changes nothing: it is done."""
    GONE = auto()
    """The message to edit is not there any more, or cannot be edited; as a new one."""
    NO_TOPIC = auto()
    """The topic is gone or closed; once more without it."""
    NO_REPLY = auto()
    """The message to reply to is gone; once more without it."""
    REFUSED = auto()
    """Refused for good."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that is no success.

    Attributes:
        status: the HTTP status.
        description: the API's own words, or the status where the body is not the API's.
        is_from_api: whether the body is the Bot API's JSON; otherwise something in between has answered.
        retry_after: seconds to wait; None = not said.
        migrate_to: the chat's new id; None = not said.
    """

    status: int
    description: str
    is_from_api: bool
    retry_after: float | None = None
    migrate_to: int | None = None


# 400: the first row with a text that the description holds. Telegram has no codes finer than that.
_BAD_REQUESTS = (
    ("can't parse entities", Outcome.PLAIN_TEXT),
    ("can't find end", Outcome.PLAIN_TEXT),
    ("unsupported start tag", Outcome.PLAIN_TEXT),
    ("too long", Outcome.TOO_LONG),
    ("too_long", Outcome.TOO_LONG),
    ("chat not found", Outcome.REFUSED),
    ("not modified", Outcome.NOT_MODIFIED),
    ("message to edit not found", Outcome.GONE),
    ("message can't be edited", Outcome.GONE),
    ("in the message to edit", Outcome.GONE),
    ("message_id_invalid", Outcome.GONE),
    ("message thread not found", Outcome.NO_TOPIC),
    ("topic_", Outcome.NO_TOPIC),
    ("replied not found", Outcome.NO_REPLY),
    ("reply message not found", Outcome.NO_REPLY),
    ("photo", Outcome.NO_PHOTO),
    ("image", Outcome.NO_PHOTO),
    ("media", Outcome.NO_PHOTO),
    ("file", Outcome.NO_PHOTO),
)


def outcome_of(answer: Answer) -> Outcome:
    """What ``answer`` means for the message.

    Source: https://core.telegram.org/bots/api#making-requests and the design's table of errors.
    """
    if answer.migrate_to is not None:
        return Outcome.MIGRATED
    if answer.retry_after is not None or answer.status == 429:
        return Outcome.SLOW_DOWN
    if answer.status >= 500 or answer.status < 300:
        return Outcome.UNCERTAIN
    if answer.status == 413:
        return Outcome.NO_PHOTO
    if not answer.is_from_api:
        # A proxy or a captive portal refused to pass it on; Telegram never saw it.
        return Outcome.NOT_SENT
    if answer.status in (401, 404):
        return Outcome.HALT
    if answer.status == 400:
        description = answer.description.lower()
        return next((outcome for text, outcome in _BAD_REQUESTS if text in description), Outcome.REFUSED)
    return Outcome.REFUSED


class AnsweredError(TelegramError):
    """The server answered with something else than success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {answer.description}")
        self.answer = answer


class UnansweredError(TelegramError):
    """There was no whole answer; ``may_have_arrived`` says whether the request could have got through."""

    def __init__(self, reason: str, *, may_have_arrived: bool) -> None:
        super().__init__(reason)
        self.may_have_arrived = may_have_arrived


class PlainRequest(HTTPXRequest):
    """The library's HTTP client, with its mapping of errors replaced.

    The library puts permanent, ambiguous and harmless failures into one class (`BadRequest` and `TimedOut`
    are `NetworkError`), and takes a proxy's HTML for an answer of the API.

    Attributes:
        success: the last call's answer, should the library not understand it; None = it was no success.
    """

    success: dict[str, object] | None = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = HTTPXRequest.DEFAULT_NONE,
        write_timeout: Any = HTTPXRequest.DEFAULT_NONE,
        connect_timeout: Any = HTTPXRequest.DEFAULT_NONE,
        pool_timeout: Any = HTTPXRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body of a success.

        Raises:
            AnsweredError: the server answered with something else.
            UnansweredError: there was no whole answer.
        """
        self.success = None
        # Always from None: the cause holds the request.
        try:
            status, body = await super().do_request(
                url, method, request_data, read_timeout, write_timeout, connect_timeout, pool_timeout
            )
        except TelegramError as error:
            cause = error.__cause__
            reason = f"{type(cause).__name__}: {cause}".removesuffix(": ")
            raise UnansweredError(reason, may_have_arrived=not isinstance(cause, _NEVER_LEFT)) from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnansweredError(type(error).__name__, may_have_arrived=False) from None
        if 200 <= status < 300 and _is_success(body):
            self.success = _read(body)
            return status, body
        raise AnsweredError(_answer(status, body))


def _read(body: bytes) -> dict[str, object] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _is_success(body: bytes) -> bool:
    content = _read(body)
    return content is not None and content.get("ok") is True and "result" in content


def _answer(status: int, body: bytes) -> Answer:
    content = _read(body)
    if content is None or "ok" not in content:
        return Answer(status, f"HTTP {status}, not an answer of the Bot API", is_from_api=False)
    parameters = content.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    retry_after, migrate_to = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
    return Answer(
        status,
        str(content.get("description") or f"HTTP {status}"),
        is_from_api=True,
        retry_after=float(retry_after) if isinstance(retry_after, int | float) else None,
        migrate_to=migrate_to if isinstance(migrate_to, int) else None,
    )
