"""Questions to the Bot API that send no alert: what its refusals and its silence mean."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

from telegram import Bot
from telegram.error import TelegramError

from vk_alerts.delivery.answers import AnsweredError, Outcome, PlainRequest, UnansweredError, outcome_of
from vk_alerts.delivery.secret import DUMMY, SecretTransport, token_from
from vk_alerts.delivery.telegram import API_ROOT
from vk_alerts.errors import (
    BotConflict,
    DeliveryError,
    DeliveryHalted,
    DeliveryPostponed,
    DeliveryRefused,
    DeliverySlowedDown,
)

T = TypeVar("T")
_SECONDS = 10.0
_CONFLICT = 409
_CONFLICT_PAUSE_SECONDS = 30.0


@asynccontextmanager
async def connected(token_variable: str, api_root: str | None) -> AsyncIterator[Bot]:
    """A bot with open connections, for the time of the block and within one event loop.

    The library never holds the token: the transport puts it in on the way out.

    Raises:
        ConfigurationError: the variable holds no token.
    """
    root = (api_root or API_ROOT).rstrip("/")
    request = PlainRequest(
        connect_timeout=_SECONDS,
        read_timeout=_SECONDS,
        httpx_kwargs={"transport": SecretTransport(token_from(token_variable), root)},
    )
    try:
        yield Bot(DUMMY, f"{root}/bot", request=request, get_updates_request=request)
    finally:
        await request.shutdown()


async def asked(question: Awaitable[T], remedy: str, *, token_variable: str) -> T:
    """The answer to a question.

    Args:
        question: a call of the library's bot.
        remedy: what to do when the answer is a refusal.
        token_variable: named when the bot itself is refused.

    Raises:
        DeliveryPostponed: the Bot API cannot be reached now, or asks to come again later.
        DeliveryHalted: it does not know the bot.
        BotConflict: another program asks for this bot's updates, or they go to a webhook.
        DeliveryRefused: it refuses the question.
    """
    try:
        return await question
    except AnsweredError as error:
        raise _meaning(error, remedy, token_variable) from None
    except UnansweredError as error:
        raise DeliveryPostponed(
            f"Telegram cannot be reached ({error.message}); "
            "check the network, a proxy or VK_ALERTS_TELEGRAM_API"
        ) from None
    except (TelegramError, KeyError, TypeError, ValueError, AttributeError):
        raise DeliveryRefused(
            "what answers is not the Bot API; check VK_ALERTS_TELEGRAM_API, without /bot at its end"
        ) from None


def _meaning(error: AnsweredError, remedy: str, token_variable: str) -> DeliveryError:
    answer = error.answer
    said = f"Telegram answers {answer.status}: {answer.description}"
    if answer.status == _CONFLICT and answer.is_from_api:
        return BotConflict(
            f"{said}; let only one program ask for this bot's updates", after_seconds=_CONFLICT_PAUSE_SECONDS
        )
    match outcome_of(answer):
        case Outcome.HALT:
            return DeliveryHalted(f"{said}; put a valid token into {token_variable}")
        case Outcome.SLOW_DOWN:
            return DeliverySlowedDown(f"{said}; try again later", after_seconds=answer.retry_after or 0.0)
        case Outcome.NOT_SENT | Outcome.UNCERTAIN:
            return DeliveryPostponed(f"{said}; try again later, or check what lies in between")
        case _:
            return DeliveryRefused(f"{said}; {remedy}")
