"""Channels besides Telegram, by Apprise, against a real HTTP target on loopback."""

import base64
import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from vk_alerts.delivery.channels import Channels
from vk_alerts.delivery.protocol import OutgoingMessage, Told
from vk_alerts.delivery.secondary import AppriseNotifier, variable_of
from vk_alerts.delivery.telegram import TelegramNotifier
from vk_alerts.errors import DeliveryError, DeliveryRefused, DeliverySlowedDown, DeliveryUncertain
from vk_alerts.metrics.routes import Route
from vk_alerts.pipeline import deliver
from vk_alerts.resources import notifier_for
from vk_alerts.settings import Settings
from vk_alerts.state.outbox import RowState
from vk_alerts_tests.integration.bot_api import closed_port
from vk_alerts_tests.integration.mailroom import CHAT, PHOTO, mailroom, told

# Apprise loads all of its services at once, and one of them what Python will drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MAIL = "apprise:ops_mail"
VARIABLE = "VK_ALERTS_APPRISE_OPS_MAIL"
SECRET = "hook-3f9c2d"
TEXT = '🔴 <b>Likes ↓ 31%</b>\n<a href="https://bi.example/c?a=1&amp;b=2">Chart</a> @owner'


@dataclass
class Target:
    """A service that takes JSON."""

    url: str = ""
    status: int = 200
    taken: list[dict[str, object]] = field(default_factory=list)


@contextmanager
def target() -> Iterator[Target]:
    state = Target()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if state.status == 200:
                state.taken.append(json.loads(body))
            self.send_response(state.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"json://user:{SECRET}@127.0.0.1:{server.server_port}/{SECRET}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Target]:
    caplog.set_level(logging.DEBUG)
    with target() as opened:
        monkeypatch.setenv(VARIABLE, opened.url)
        yield opened
    logged = io.StringIO()
    for record in caplog.records:
        logged.write(logging.Formatter("%(name)s %(message)s %(args)s").format(record))
    assert SECRET not in logged.getvalue()


def failure() -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        AppriseNotifier().send(OutgoingMessage(MAIL, TEXT))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_a_message_is_plain_text_with_its_first_line_as_title_and_the_chart(mail: Target) -> None:
    receipt = AppriseNotifier().send(OutgoingMessage(MAIL, TEXT, PHOTO))
    (taken,) = mail.taken
    assert (taken["title"], taken["message"]) == (
        "🔴 Likes ↓ 31%",
        "Chart: https://bi.example/c?a=1&b=2 @owner",
    )
    (chart,) = taken["attachments"]  # type: ignore[misc]
    assert (chart["filename"], chart["mimetype"]) == ("chart.png", "image/png")
    assert base64.b64decode(chart["base64"]) == PHOTO
    assert receipt.note == ""


def test_an_edit_leaves_the_message_as_it_was_and_says_so(mail: Target) -> None:
    message = OutgoingMessage(MAIL, TEXT, edits=Told("sent", has_photo=True))
    assert "cannot edit" in AppriseNotifier().send(message).note
    assert mail.taken == []


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (403, DeliveryRefused, "the service answers 403; check VK_ALERTS_APPRISE_OPS_MAIL"),
        (404, DeliveryRefused, "the service answers 404"),
        (429, DeliverySlowedDown, "it asks to slow down"),
        (500, DeliveryUncertain, "the service answers 500"),
    ],
)
def test_how_sure_a_failure_is(mail: Target, status: int, error: type[DeliveryError], said: str) -> None:
    mail.status = status
    found = failure()
    assert type(found) is error
    assert said in str(found)


def test_a_service_that_cannot_be_reached_is_left_alone_for_a_while(
    mail: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"json://user:{SECRET}@127.0.0.1:{closed_port()}/{SECRET}")
    found = failure()
    assert isinstance(found, DeliverySlowedDown)
    assert found.after_seconds == 60


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "VK_ALERTS_APPRISE_OPS_MAIL is not set; put the channel's Apprise URL there"),
        (f"nonsense-{SECRET}", "VK_ALERTS_APPRISE_OPS_MAIL holds no URL that Apprise knows"),
    ],
)
def test_a_channel_that_is_set_up_wrongly_is_refused_with_its_variable(
    mail: Target, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv(VARIABLE, url)
    found = failure()
    assert isinstance(found, DeliveryRefused)
    assert said in str(found)


def test_a_channel_that_fails_holds_up_nobody_and_is_tried_again(
    mail: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with mailroom(tmp_path, monkeypatch, caplog) as room:
        channels = Channels(TelegramNotifier(api_root=room.api.root), AppriseNotifier())
        mail.status = 429
        room.put(told(chat=MAIL), told(chat=CHAT))
        deliver(room.post, channels, now=lambda: room.now)
        assert (room.states, mail.taken) == ([RowState.READY, RowState.SENT], [])
        mail.status = 200
        room.now = room.now.replace(minute=room.now.minute + 2)
        deliver(room.post, channels, now=lambda: room.now)
        assert room.states == [RowState.SENT, RowState.SENT]
        assert len(mail.taken) == 1
        assert SECRET not in repr(room.rows)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


def test_a_route_names_the_channel_and_the_environment_its_url() -> None:
    assert Route(chat=MAIL).chat == MAIL
    assert variable_of(MAIL) == VARIABLE
    with pytest.raises(ValueError, match="chat"):
        Route(chat="mailto://user:password@example.org")


def test_with_a_token_both_ways_are_there(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, telegram_is_set=True, telegram_chat=CHAT)
    assert isinstance(notifier_for(settings), Channels)
