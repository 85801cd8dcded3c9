"""Which messages have buttons, what they carry, and that edits keep them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vk_alerts.alerting.story import Language, NotificationKind, Storm
from vk_alerts.errors import ConfigurationError
from vk_alerts.pipeline.delivering import preview
from vk_alerts.pipeline.delivering.keyboard import is_public, keyboard_of
from vk_alerts.pipeline.delivering.post import no_keyboard, open_post
from vk_alerts.settings import Settings, read_settings
from vk_alerts.state.outbox import OutboxRow, RowState
from vk_alerts_tests.integration.mailroom import CHAT, Mailroom, mailroom, told


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Mailroom]:
    with mailroom(tmp_path, monkeypatch, caplog) as opened:
        opened.post = replace(opened.post, keyboard=lambda row: keyboard_of(row, Language.RUSSIAN))
        yield opened


def buttons(markup: str | None) -> list[list[str]]:
    rows = json.loads(markup or '{"inline_keyboard": []}')["inline_keyboard"]
    return [[button.get("callback_data") or button["url"] for button in row] for row in rows]


def only_row(room: Mailroom, **changes: object) -> OutboxRow:
    room.put(told())
    return replace(room.rows[0], **changes)  # type: ignore[arg-type]


def test_an_alert_has_buttons_and_an_edit_keeps_them(room: Mailroom) -> None:
    room.put(told())
    room.drain()
    (message,) = room.accepted
    expected = [
        ["take:a", "hour:a", "night:a"],
        ["false:a", "correct:a"],
        ["https://bi.example/chart?metric=likes&os=Android"],
    ]
    assert buttons(message.markup) == expected
    room.put(told(kind=NotificationKind.UPDATE))
    room.drain()
    assert message.edits == 1
    assert buttons(message.markup) == expected


def test_what_does_not_begin_something_has_no_buttons(room: Mailroom) -> None:
    for kind in NotificationKind:
        begins = kind in (NotificationKind.OPEN, NotificationKind.NODATA)
        row = only_row(room, kind=kind)
        assert bool(keyboard_of(row, Language.ENGLISH)) is begins, kind


def test_a_storm_is_not_called_false_and_an_outage_is_only_taken(room: Mailroom) -> None:
    row = only_row(room)
    stormy = replace(row.story, storm=Storm(series=40, of=60, metrics=()), chart_url=None)
    labels = [[b.label for b in line] for line in keyboard_of(replace(row, story=stormy), Language.RUSSIAN)]
    assert labels == [["✅ Беру", "🔕 1ч", "🔕 до утра"]]
    outage = replace(row, kind=NotificationKind.NODATA, story=replace(row.story, chart_url=None))
    assert [[b.label for b in line] for line in keyboard_of(outage, Language.ENGLISH)] == [["✅ Take it"]]


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://bi.example.com/feed", True),
        ("http://10.1.2.3/feed", True),
        ("http://localhost:3000/", False),
        ("http://bi/feed", False),
        ("http://127.0.0.1:8088/", False),
        ("http://bi.localhost/", False),
        ("tg://user?id=1", False),
    ],
)
def test_only_addresses_that_lead_somewhere_on_a_phone_become_buttons(url: str, public: bool) -> None:
    assert is_public(url) is public


def test_a_preview_shows_what_waits_as_it_would_be_sent_and_leaves_it_there(room: Mailroom) -> None:
    room.put(told("a", hard=True), told("b", topic=7), told("c", kind=NotificationKind.UPDATE))
    first, second, edit = preview(room.post)
    assert [(one.row.group, one.row.topic, one.is_held) for one in (first, second)] == [
        ("a", None, False),
        ("b", 7, False),
    ]
    assert first.text.startswith("🔴 Likes ↓ 31%")
    assert (edit.row.group, edit.text) == ("c", "")
    assert first.due_at == room.now
    assert (room.states, room.api.calls) == ([RowState.READY] * 3, [])


def test_without_allowed_users_messages_have_no_buttons(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, telegram_is_set=True, telegram_chat=CHAT)
    assert open_post(settings).keyboard is no_keyboard
    assert open_post(replace(settings, telegram_users=("7",))).keyboard is not no_keyboard


def test_allowed_users_are_ids_and_names() -> None:
    assert read_settings({"VK_ALERTS_TELEGRAM_USERS": " 77, @Ann_1 ,"}).telegram_users == ("77", "@ann_1")
    with pytest.raises(ConfigurationError, match=r"^VK_ALERTS_TELEGRAM_USERS: 'ann!' is neither"):
        read_settings({"VK_ALERTS_TELEGRAM_USERS": "ann!"})
