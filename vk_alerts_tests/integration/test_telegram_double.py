"""The Bot API double refuses what Telegram refuses: only then do tests against it say something."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from vk_alerts_tests.integration.bot_api import TOKEN, BotApi, bot_api
from vk_alerts_tests.integration.telegram_html import BadHtmlError, parse_html

CHAT = "-1001"


@pytest.fixture
def api() -> Iterator[BotApi]:
    with bot_api() as server:
        yield server


def call(api: BotApi, method: str, token: str = TOKEN, **fields: Any) -> tuple[int, str]:
    """The status and the description, or the result as JSON."""
    with httpx.Client(trust_env=False) as client:
        answer = client.post(f"{api.root}/bot{token}/{method}", data=fields)
    content = answer.json()
    return answer.status_code, content.get("description") or json.dumps(content["result"])


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("sendMessage", {"chat_id": "-9", "text": "a"}, 400, "chat not found"),
    ("sendMessage", {"text": "a"}, 400, "chat_id is empty"),
    ("sendMessage", {"chat_id": CHAT, "text": " "}, 400, "text is empty"),
    ("sendMessage", {"chat_id": CHAT, "text": "😀" * 2049}, 400, "message is too long"),
    ("sendMessage", {"chat_id": CHAT, "text": "<b>a", "parse_mode": "HTML"}, 400, "can't parse entities"),
    ("sendMessage", {"chat_id": CHAT, "text": "a", "reply_parameters": '{"message_id": 5}'}, 400, "replied"),
    ("sendPhoto", {"chat_id": CHAT, "photo": "https//"}, 400, "wrong file identifier"),
    ("sendPhoto", {"chat_id": CHAT, "caption": "a" * 1025}, 400, "caption is too long"),
    ("editMessageCaption", {"chat_id": CHAT, "message_id": 1, "caption": "a"}, 400, "not found"),
    ("sendMessage", {"chat_id": CHAT, "text": "a", "message_thread_id": 7}, 400, "thread not found"),
    ("sendDocument", {"chat_id": CHAT}, 404, "method not found"),
]


@pytest.mark.parametrize(("method", "fields", "status", "description"), REFUSED)
def test_refusals(api: BotApi, method: str, fields: dict[str, Any], status: int, description: str) -> None:
    assert call(api, method, **fields)[0] == status
    assert description in call(api, method, **fields)[1]
    assert api.accepted == []


@pytest.mark.parametrize(("token", "status"), [("1:short", 404), (TOKEN[:-1] + "x", 401)])
def test_wrong_tokens(api: BotApi, token: str, status: int) -> None:
    assert call(api, "getMe", token=token)[0] == status
    assert api.calls == []


BUTTONS = [
    ({"text": "a", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
    ({"text": "a", "url": "http://localhost:3000/"}, "Wrong HTTP URL"),
]


@pytest.mark.parametrize(("button", "description"), BUTTONS)
def test_buttons(api: BotApi, button: dict[str, str], description: str) -> None:
    markup = json.dumps({"inline_keyboard": [[button]]})
    status, told = call(api, "sendMessage", chat_id=CHAT, text="a", reply_markup=markup)
    assert status == 400
    assert description in told


def test_an_edit_that_changes_nothing_is_refused_and_one_without_buttons_drops_them(api: BotApi) -> None:
    markup = json.dumps({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]})
    call(api, "sendMessage", chat_id=CHAT, text="a", reply_markup=markup)
    edit = {"chat_id": CHAT, "message_id": 101}
    assert "not modified" in call(api, "editMessageText", **edit, text="a", reply_markup=markup)[1]
    assert "no caption" in call(api, "editMessageCaption", **edit, caption="a")[1]
    assert call(api, "editMessageText", **edit, text="b")[0] == 200
    assert (api.accepted[0].markup, api.accepted[0].edits) == (None, 1)


def test_the_rate_limit_slides(api: BotApi) -> None:
    now = [0.0]
    api.clock, api.per_chat = (lambda: now[0]), (2, 60)
    statuses = []
    for now[0] in (0, 10, 20, 61, 62):
        statuses.append(call(api, "sendMessage", chat_id=CHAT, text="a")[0])
    assert statuses == [200, 200, 429, 200, 429]


BROKEN = [
    "a & b",
    "<b>a",
    "a</b>",
    "<b><i>a</b></i>",
    "<script>a</script>",
    "<a href=x>a</a>",
    "<b",
    "a < b",
    "&nbsp;",
]


@pytest.mark.parametrize("markup", BROKEN)
def test_broken_markup(markup: str) -> None:
    with pytest.raises(BadHtmlError):
        parse_html(markup)


def test_valid_markup() -> None:
    shown = parse_html('<b>a &lt;&#x27;</b> <a href="https://x.example/?a&amp;b">c</a> > \n')
    assert shown.text == "a <' c >"
    assert shown.bold == ["a <'"]
    assert shown.links == [("c", "https://x.example/?a&b")]
