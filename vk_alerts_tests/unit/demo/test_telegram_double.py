"""What a demo shows of the requests it made to Telegram's double."""

import io
import os

import pytest
from rich.console import Console

from vk_alerts.delivery.protocol import OutgoingMessage, Told
from vk_alerts.delivery.telegram import TelegramNotifier
from vk_alerts.demo.telegram_double import instead_of_telegram, show_requests
from vk_alerts.settings import TOKEN_VARIABLE, read_settings
from vk_alerts_tests.integration.mailroom import PHOTO


def test_every_request_is_a_line_and_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_ALERTS_TELEGRAM_CHAT", "-5")
    before = dict(os.environ)
    with instead_of_telegram() as api:
        settings = read_settings()
        chat = settings.telegram_chat
        assert (settings.telegram_is_set, chat, settings.telegram_api) == (True, "-1001", api.root)
        telegram = TelegramNotifier(api_root=settings.telegram_api)
        with telegram.session() as session:
            first = session.send(OutgoingMessage(chat or "", "🔴 <b>Likes</b> fell\nmore", PHOTO))
            told = Told(first.message_id, has_photo=True)
            session.send(OutgoingMessage(chat or "", "🟢 Likes", PHOTO, edits=told))
            session.send(OutgoingMessage(chat or "", "x" * 80, reply_to=first.message_id))
            session.send(OutgoingMessage(chat or "", "<b>broken"))
    assert dict(os.environ) == before
    shown = io.StringIO()
    show_requests(Console(file=shown, width=150), api)
    lines = [" ".join(line.split()) for line in shown.getvalue().splitlines()]
    size = f"{api.log[0].body_bytes / 1000:.1f}"
    assert f"1 sendPhoto -1001 {size} 200 🔴 Likes fell" in lines
    (edit,) = (line for line in lines if line.startswith("2 editMessageMedia -1001 "))
    assert edit.endswith("200 🟢 Likes")
    assert any(line.endswith("x" * 59 + "…") for line in lines)
    assert any("400 Bad Request: can't parse" in line for line in lines)
    assert lines[-1] == "In the chat: 3 messages; with a chart 1, replies 1, edits 1."
    assert os.environ.get(TOKEN_VARIABLE) is None
