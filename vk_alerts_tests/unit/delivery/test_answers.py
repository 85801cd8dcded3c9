"""The table of the Bot API's answers, and the secrecy of the token."""

import copy
import pickle

import pytest

from vk_alerts.delivery.answers import Answer, Outcome, outcome_of
from vk_alerts.delivery.secret import DUMMY, Token, token_from
from vk_alerts.errors import ConfigurationError

ANSWERS = [
    (400, "Bad Request: can't parse entities: Unsupported start tag", Outcome.PLAIN_TEXT),
    (400, "Bad Request: message caption is too long", Outcome.TOO_LONG),
    (400, "Bad Request: message is too long", Outcome.TOO_LONG),
    (400, "Bad Request: MEDIA_CAPTION_TOO_LONG", Outcome.TOO_LONG),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", Outcome.NO_PHOTO),
    (400, "Bad Request: message is not modified: …", Outcome.NOT_MODIFIED),
    (400, "Bad Request: message to edit not found", Outcome.GONE),
    (400, "Bad Request: message can't be edited", Outcome.GONE),
    (400, "Bad Request: message thread not found", Outcome.NO_TOPIC),
    (400, "Bad Request: TOPIC_CLOSED", Outcome.NO_TOPIC),
    (400, "Bad Request: message to be replied not found", Outcome.NO_REPLY),
    (400, "Bad Request: IMAGE_PROCESS_FAILED", Outcome.NO_PHOTO),
    (400, "Bad Request: not enough rights to send photos to the chat", Outcome.NO_PHOTO),
    (400, "Bad Request: chat not found", Outcome.REFUSED),
    (400, "Bad Request: something new", Outcome.REFUSED),
    (401, "Unauthorized", Outcome.HALT),
    (403, "Forbidden: bot was kicked from the group chat", Outcome.REFUSED),
    (404, "Not Found", Outcome.HALT),
    (409, "Conflict", Outcome.REFUSED),
    (413, "Request Entity Too Large", Outcome.NO_PHOTO),
    (429, "Too Many Requests", Outcome.SLOW_DOWN),
    (500, "Internal Server Error", Outcome.UNCERTAIN),
    (504, "Gateway Timeout", Outcome.UNCERTAIN),
]


@pytest.mark.parametrize(("status", "description", "outcome"), ANSWERS)
def test_what_an_answer_of_the_api_means(status: int, description: str, outcome: Outcome) -> None:
    assert outcome_of(Answer(status, description, is_from_api=True)) is outcome


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 407])
def test_a_refusal_by_something_in_between_never_reached_telegram(status: int) -> None:
    assert outcome_of(Answer(status, "", is_from_api=False)) is Outcome.NOT_SENT


def test_parameters_go_before_the_status() -> None:
    assert outcome_of(Answer(400, "", is_from_api=True, migrate_to=-1)) is Outcome.MIGRATED
    assert outcome_of(Answer(400, "", is_from_api=True, retry_after=5.0)) is Outcome.SLOW_DOWN


SECRET = f"{123456789}:AAF-a_token_that_nobody_should_see_1"


def test_a_token_is_not_shown_copied_or_pickled() -> None:
    token = Token(SECRET)
    assert SECRET not in f"{token!r} {token} {[token]}"
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="name of its environment variable"):
            copied(token)


def test_a_token_is_taken_out_of_texts_in_both_spellings() -> None:
    encoded = SECRET.replace(":", "%3A")
    assert Token(SECRET).redact(f"<{SECRET}> <{encoded}>") == f"<{DUMMY}> <{DUMMY}>"


def test_white_space_around_a_token_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT", f"\t{SECRET}\r\n")
    assert token_from("BOT").reveal() == SECRET


def test_an_unset_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOT", raising=False)
    with pytest.raises(ConfigurationError, match="BOT is not set"):
        token_from("BOT")
