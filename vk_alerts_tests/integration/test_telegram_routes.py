"""From a story to the chats that get it: routes, topics, mentions, edits and replies, each chat by itself."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from vk_alerts.alerting.story import NotificationKind, Passed, Story
from vk_alerts.charts import sparkline
from vk_alerts.delivery.protocol import Button
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.metrics.routes import Route
from vk_alerts.pipeline.routing import addressed
from vk_alerts.pipeline.stores import Stores
from vk_alerts.state.outbox import NewRow, RowState
from vk_alerts_tests.integration.mailroom import CHAT, OPERATORS, PHOTO, START, Mailroom, mailroom, told
from vk_alerts_tests.unit.alerting.stories import story

OPEN, WORSE, RESOLVED, UPDATE, SUMMARY = (
    NotificationKind.OPEN,
    NotificationKind.WORSE,
    NotificationKind.RESOLVED,
    NotificationKind.UPDATE,
    NotificationKind.SUMMARY,
)
OTHER_PHOTO = sparkline(np.arange(9.0), np.arange(9.0), np.arange(9) < 2)
ROUTES = (
    Route(chat="-2", metric=("likes",), topic=7, mention="@likes_lead"),
    Route(chat="-3", severity="hard", mention="tg://user?id=42"),  # type: ignore[arg-type]
)


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Mailroom]:
    with mailroom(tmp_path, monkeypatch, caplog) as opened:
        opened.api.chats |= {"-2", "-3"}
        opened.api.topics["-2"] = {7}
        yield opened


def queue(room: Mailroom, about: Story, *, group: str = "a", routes: tuple[Route, ...] = ROUTES) -> list[str]:
    """Queues a story; returns where it goes."""
    catalog = load_catalog()
    catalog = catalog.model_copy(update={"system": catalog.system.model_copy(update={"routes": routes})})
    fields = dict.fromkeys(Stores.__dataclass_fields__)
    stores = Stores(
        **fields | {"settings": room.post.settings, "catalog": catalog, "outbox": room.post.outbox}
    )
    rows: list[NewRow] = addressed(stores, about, group=group, sequence=0, now=START)
    room.put(*rows)
    return [row.chat for row in rows]


def test_an_alert_reaches_each_chat_of_its_routes_with_topic_and_mention_of_its_own(room: Mailroom) -> None:
    assert queue(room, story(is_hard=True)) == ["-2", "-3"]
    room.drain()
    first, second = room.accepted
    assert (first.chat, first.topic, first.photo) == ("-2", 7, PHOTO)
    assert (second.chat, second.topic, second.photo) == ("-3", None, PHOTO)
    assert "@likes_lead #likes" in first.shown.text
    assert "@likes_owner" not in first.shown.text + second.shown.text
    assert ("owner", "tg://user?id=42") in second.shown.links
    assert not any(message.preview for message in room.accepted)


def test_each_chat_has_a_fate_of_its_own(room: Mailroom) -> None:
    room.api.kicked.add("-2")
    queue(room, story(is_hard=True))
    room.drain()
    assert room.states[:2] == [RowState.DEAD, RowState.SENT]
    assert sorted(message.chat for message in room.accepted) == [OPERATORS, "-3"]


def test_what_follows_goes_where_the_opening_went_and_what_gets_worse_reaches_more(room: Mailroom) -> None:
    assert queue(room, story(kind=OPEN)) == ["-2"]
    assert queue(room, story(kind=UPDATE, is_hard=True)) == ["-2"]
    assert queue(room, story(kind=WORSE, is_hard=True)) == ["-2", "-3"]
    assert queue(room, story(kind=RESOLVED)) == ["-2", "-3"]


def test_an_alert_that_no_route_takes_goes_to_the_default_chat(room: Mailroom) -> None:
    views = replace(story(), headline=replace(story().headline, metric="views"))
    assert queue(room, views) == [CHAT]
    assert queue(room, story(), routes=()) == [CHAT]


def test_what_tells_of_many_incidents_goes_along_every_route(room: Mailroom) -> None:
    passed = Passed("4F2A", "Likes", "all users", START - timedelta(hours=3), None, -0.3)
    views = replace(story().headline, metric="views")
    assert queue(room, story(kind=SUMMARY, headline=views, passed=(passed,))) == ["-2"]


def test_without_telegram_everything_goes_to_the_console(room: Mailroom) -> None:
    room.post = replace(room.post, settings=replace(room.post.settings, telegram_is_set=False))
    assert queue(room, story(is_hard=True)) == ["console"]


def test_an_edit_changes_text_and_picture_in_place_and_keeps_the_keyboard(room: Mailroom) -> None:
    keyboard = ((Button("✅ Беру", "take:a"), Button("📈", url="https://bi.example/c")),)
    room.post = replace(room.post, keyboard=lambda _row: keyboard)
    room.put(told())
    room.drain()
    (message,) = room.accepted
    buttons = message.markup
    assert buttons is not None
    assert [button["text"] for button in json.loads(buttons)["inline_keyboard"][0]] == ["✅ Беру", "📈"]
    room.post = replace(room.post, charts=lambda: lambda _story: OTHER_PHOTO)
    room = room.restarted()
    room.put(told("a", UPDATE))
    room.drain()
    assert [method for method, _ in room.api.calls] == ["sendPhoto", "editMessageMedia"]
    assert (message.edits, message.photo, message.markup) == (1, OTHER_PHOTO, buttons)
    assert "3\N{NO-BREAK SPACE}windows in a row" in message.shown.text


def test_an_edit_without_a_chart_changes_the_caption_only(room: Mailroom) -> None:
    room.put(told())
    room.drain()
    room.post = replace(room.post, charts=lambda: lambda _story: None)
    room.put(told("a", UPDATE))
    room.drain()
    (message,) = room.accepted
    assert [method for method, _ in room.api.calls] == ["sendPhoto", "editMessageCaption"]
    assert (message.edits, message.photo) == (1, PHOTO)


def test_an_edit_of_a_text_stays_a_text(room: Mailroom) -> None:
    charts = room.post.charts
    room.post = replace(room.post, charts=lambda: lambda _story: None)
    room.put(told())
    room.drain()
    room.post = replace(room.post, charts=charts)
    room.put(told("a", UPDATE))
    room.drain()
    (message,) = room.accepted
    assert [method for method, _ in room.api.calls] == ["sendMessage", "editMessageText"]
    assert (message.edits, message.photo, message.preview) == (1, None, False)


def test_an_edit_in_each_chat_changes_that_chats_message(room: Mailroom) -> None:
    room.put(told("a"), told("a", chat=OPERATORS))
    room.drain()
    room.put(told("a", UPDATE, chat=OPERATORS))
    room.drain()
    assert [(message.chat, message.edits) for message in room.accepted] == [(CHAT, 0), (OPERATORS, 1)]


def test_a_topic_of_a_chat_is_a_place_of_its_own(room: Mailroom) -> None:
    room.api.topics[CHAT] = {7, 8}
    room.put(replace(told("a"), topic=7), replace(told("a"), topic=8))
    room.drain()
    room.put(replace(told("a", RESOLVED), topic=8))
    room.drain()
    assert [(message.topic, message.reply_to) for message in room.accepted] == [
        (7, None),
        (8, None),
        (8, 102),
    ]
