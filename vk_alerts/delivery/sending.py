"""Sends one message in as many ways as it takes, and says honestly how it went."""

import asyncio
from datetime import timedelta
from typing import NoReturn

from telegram import Bot, Message
from telegram.error import TelegramError

from vk_alerts.delivery.answers import (
    Answer,
    AnsweredError,
    Outcome,
    PlainRequest,
    UnansweredError,
    outcome_of,
)
from vk_alerts.delivery.attempts import Attempt, first_attempt, next_attempt
from vk_alerts.delivery.calls import put
from vk_alerts.delivery.protocol import OutgoingMessage, Receipt
from vk_alerts.errors import (
    DeliveryHalted,
    DeliveryPostponed,
    DeliveryRefused,
    DeliverySlowedDown,
    DeliveryUncertain,
)

NOT_SENT_PAUSE_SECONDS = 15.0
# Where the server asks to slow down without saying for how long.
SLOW_DOWN_PAUSE_SECONDS = 30.0
# Whether a refused bot is known again is asked this often.
HALT_PAUSE_SECONDS = 60.0


async def deliver_one(
    bot: Bot, message: OutgoingMessage, *, deadline: timedelta, token_variable: str
) -> Receipt:
    """Delivers one message; see `Session.send` for what it raises.

    Args:
        bot: a bot whose connections are open.
        message: the message.
        deadline: for all attempts together.
        token_variable: the variable that is named when the bot is refused.
    """
    seconds = deadline.total_seconds()
    attempt = first_attempt(message)
    tried: set[tuple[Outcome, object]] = set()
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    answer = await _put_anew(bot, message, attempt)
                except AnsweredError as error:
                    found = outcome_of(error.answer)
                    if found is Outcome.NOT_MODIFIED and attempt.edits is not None:
                        return _receipt(message, attempt, True)
                    # The same refusal of the same picture will not change; nor will any other one.
                    step = (found, attempt.photo if found is Outcome.NO_PHOTO else None)
                    following = None if step in tried else next_attempt(attempt, found, error.answer)
                    if following is None:
                        _give_up(message.chat, found, error.answer, token_variable)
                    tried.add(step)
                    attempt = following
                else:
                    return _receipt(message, attempt, answer)
    except TimeoutError:
        raise DeliveryUncertain(f"chat {message.chat}: no answer within {seconds:g} s") from None
    except UnansweredError as error:
        if error.may_have_arrived:
            raise DeliveryUncertain(f"chat {message.chat}: sent, no answer ({error.message})") from None
        raise DeliveryPostponed(
            f"Telegram cannot be reached ({error.message})", after_seconds=NOT_SENT_PAUSE_SECONDS
        ) from None
    except (TelegramError, KeyError, TypeError, ValueError, AttributeError):
        return _not_understood(bot, message, attempt)


async def _put_anew(bot: Bot, message: OutgoingMessage, attempt: Attempt) -> Message | bool:
    if isinstance(bot.request, PlainRequest):
        bot.request.success = None  # another message's is no receipt for this one
    return await put(bot, attempt, silent=message.silent, keyboard=message.keyboard)


def _receipt(message: OutgoingMessage, attempt: Attempt, answer: Message | bool) -> Receipt:
    moved = attempt.chat if attempt.chat != message.chat else None
    if isinstance(answer, Message):
        photo = answer.photo[-1].file_id if answer.photo else _unknown_id(attempt)
        return Receipt(str(answer.message_id), migrated_to=moved, note=attempt.note, photo_id=photo)
    if attempt.edits is None:
        raise TypeError("a new message has no number")
    return Receipt(attempt.edits.message_id, migrated_to=moved, note=attempt.note)


def _not_understood(bot: Bot, message: OutgoingMessage, attempt: Attempt) -> Receipt:
    """A receipt where the server said "ok" and which message it is, whatever else it said."""
    success = bot.request.success if isinstance(bot.request, PlainRequest) else None
    if success is not None and attempt.edits is not None:
        return _receipt(message, attempt, True)
    result = (success or {}).get("result")
    number = result.get("message_id") if isinstance(result, dict) else None
    if type(number) is not int:  # True is an int, too
        raise DeliveryUncertain(f"chat {message.chat}: the answer cannot be understood") from None
    moved = attempt.chat if attempt.chat != message.chat else None
    return Receipt(str(number), migrated_to=moved, note=attempt.note, photo_id=_unknown_id(attempt))


def _unknown_id(attempt: Attempt) -> str | None:
    """A server that does not tell of the picture has it all the same."""
    return None if attempt.photo is None else ""


def _give_up(chat: str, found: Outcome, answer: Answer, token_variable: str) -> NoReturn:
    said = f"chat {chat}: {answer.description}"
    match found:
        case Outcome.UNCERTAIN:
            raise DeliveryUncertain(said) from None
        case Outcome.SLOW_DOWN:
            pause = SLOW_DOWN_PAUSE_SECONDS if answer.retry_after is None else answer.retry_after
            raise DeliverySlowedDown(said, after_seconds=pause) from None
        case Outcome.HALT:
            raise DeliveryHalted(
                f"Telegram does not know the bot ({answer.status}: {answer.description}): "
                f"put a valid token into {token_variable}; messages are kept",
                after_seconds=HALT_PAUSE_SECONDS,
            ) from None
        case Outcome.NOT_SENT:
            raise DeliveryPostponed(
                f"Telegram was not reached: something in between answered {answer.description}",
                after_seconds=NOT_SENT_PAUSE_SECONDS,
            ) from None
        case _:
            raise DeliveryRefused(f"{said}; check that the bot is in the chat and may write there") from None
