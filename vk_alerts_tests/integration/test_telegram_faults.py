"""Every fault of network, server and chat: nothing is lost, and there is at most one repeat, which says so.

Asserted are what chats show, where rows stand, and (by `mailroom`) that the token is nowhere.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.delivery.secret import SecretTransport
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.state.outbox import RowState
from vk_alerts_tests.integration.bot_api import TOKEN, Fault, Way, api_error, closed_port, web_page
from vk_alerts_tests.integration.mailroom import CHAT, OPERATORS, Mailroom, mailroom, told

SENT, DEAD, EXPIRED, READY = RowState.SENT, RowState.DEAD, RowState.EXPIRED, RowState.READY
RESOLVED, UPDATE, REMIND = NotificationKind.RESOLVED, NotificationKind.UPDATE, NotificationKind.REMIND


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Mailroom]:
    with mailroom(tmp_path, monkeypatch, caplog) as opened:
        yield opened


def _refused(_room: Mailroom, _patch: pytest.MonkeyPatch, _stack: ExitStack) -> str:
    return f"http://127.0.0.1:{closed_port()}"


def _unknown_host(_room: Mailroom, _patch: pytest.MonkeyPatch, _stack: ExitStack) -> str:
    return "http://telegram.invalid"


def _no_handshake(room: Mailroom, _patch: pytest.MonkeyPatch, _stack: ExitStack) -> str:
    return room.api.root.replace("http:", "https:")


def _dead_proxy(_room: Mailroom, patch: pytest.MonkeyPatch, _stack: ExitStack) -> str:
    patch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    return "http://telegram.invalid"


def _silent_host(_room: Mailroom, patch: pytest.MonkeyPatch, stack: ExitStack) -> str:
    """A listener whose queue is full: a new connection is neither taken nor refused."""
    patch.setattr("vk_alerts.delivery.telegram._CONNECT_SECONDS", 0.2)
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _no_free_connection(room: Mailroom, patch: pytest.MonkeyPatch, _stack: ExitStack) -> str:
    """A pool in which there is never room for one more."""

    def full(token: str, root: str) -> SecretTransport:
        transport = SecretTransport(token, root)
        transport._wire._pool._max_connections = 0
        return transport

    patch.setattr("vk_alerts.delivery.telegram.SecretTransport", full)
    return room.api.root


OUT_OF_REACH = [_refused, _unknown_host, _no_handshake, _dead_proxy, _silent_host, _no_free_connection]


@pytest.mark.parametrize("out_of_reach", OUT_OF_REACH)
def test_what_never_left_is_sent_later_without_a_mark(
    room: Mailroom,
    monkeypatch: pytest.MonkeyPatch,
    out_of_reach: Callable[[Mailroom, pytest.MonkeyPatch, ExitStack], str],
) -> None:
    room.put(told("a"), told("b"))
    with ExitStack() as stack, monkeypatch.context() as patch:
        room.root = out_of_reach(room, patch, stack)
        report = room.drain()
    # One look is enough: the other message does not wait for a second timeout.
    assert (len(report.fates), room.accepted, room.states) == (1, [], [READY, READY])
    assert report.ended.startswith("out of reach: Telegram cannot be reached")
    room.root = ""
    room.now += timedelta(minutes=1)
    room.drain()
    assert (room.repeats, room.states) == ([False, False], [SENT, SENT])


NOT_PASSED_ON = [web_page(403, "by the proxy"), web_page(404), web_page(407), web_page(429), web_page(302)]


@pytest.mark.parametrize("page", NOT_PASSED_ON, ids=lambda page: page.status)
def test_what_a_proxy_kept_back_is_sent_later_without_a_mark(room: Mailroom, page: Fault) -> None:
    room.put(told())
    room.api.before.append(page)
    room.drain_for(2)
    assert (room.repeats, room.states) == ([False], [SENT])


AMBIGUOUS = {
    "reset": Fault(Way.RESET),
    "closed": Fault(Way.CLOSE),
    "half a body": Fault(Way.HALF, body=b'{"ok": true, "re'),
    "rubbish": Fault(Way.ANSWER, 200, b"<html>welcome</html>", "text/html"),
    "no result": Fault(Way.ANSWER, 200, b'{"ok": true}'),
    "500": api_error(500, "Internal Server Error"),
    "502": web_page(502),
    "503": web_page(503),
    "read timeout": Fault(Way.HANG),
    "trickle": Fault(Way.TRICKLE, body=b"{"),
}


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_lost_answer_leads_to_one_marked_repeat_at_most(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, fault: Fault, accepted: bool
) -> None:
    monkeypatch.setattr("vk_alerts.delivery.telegram._READ_SECONDS", 0.2)
    room.put(told())
    (room.api.after if accepted else room.api.before).append(fault)
    room.deadline = timedelta(seconds=0.5)
    room.drain()
    room.deadline = timedelta(seconds=20)
    assert (len(room.accepted), room.states) == (int(accepted), [READY])
    room.now += timedelta(seconds=59)
    room.drain()
    assert len(room.accepted) == int(accepted)
    room.now += timedelta(seconds=1)
    room.drain_for(5)
    # One message is there for certain; where there are two, the second one says what it may be.
    assert room.repeats == ([False, True] if accepted else [True])
    assert room.states == [SENT]


def test_an_answer_that_is_lost_twice_ends_in_uncertainty_not_in_a_third_message(room: Mailroom) -> None:
    room.put(told())
    room.api.after.extend([web_page(502)] * 3)
    room.drain_for(10)
    assert (room.repeats, room.states) == ([False, True], [RowState.UNCERTAIN])


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
def test_a_reminder_whose_answer_is_lost_is_not_repeated(room: Mailroom, accepted: bool) -> None:
    room.put(told("a", REMIND))
    (room.api.after if accepted else room.api.before).append(web_page(502))
    room.drain_for(5)
    assert (len(room.accepted), room.states) == (int(accepted), [RowState.UNCERTAIN])


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
def test_an_edit_whose_answer_is_lost_is_made_again_and_changes_nothing_then(
    room: Mailroom, accepted: bool
) -> None:
    room.put(told())
    room.drain()
    room.put(told("a", UPDATE))
    (room.api.after if accepted else room.api.before).append(web_page(502))
    room.drain_for(3)
    (message,) = room.accepted
    assert (room.states, room.repeats, message.edits) == ([SENT, SENT], [False], 1)


def test_a_server_that_loses_every_answer_is_left_alone_until_the_next_run(room: Mailroom) -> None:
    room.put(*(told(name, at=room.now) for name in "abcde"))
    room.api.before.extend([web_page(502)] * 3)
    report = room.drain()
    assert (len(report.fates), report.ended) == (3, "3 answers were lost one after the other")
    room.drain_for(3)
    assert room.states == [SENT] * 5
    assert sorted(room.repeats) == [False, False, True, True, True]


REFUSED_AS_PUT = {
    "markup": (api_error(400, "Bad Request: can't parse entities: Unsupported start tag"), "as plain text"),
    "length": (api_error(400, "Bad Request: message caption is too long"), "shortened"),
    "picture": (api_error(400, "Bad Request: IMAGE_PROCESS_FAILED"), "without the photo"),
    "size": (api_error(413, "Request Entity Too Large"), "without the photo"),
}


@pytest.mark.parametrize(("fault", "note"), REFUSED_AS_PUT.values(), ids=REFUSED_AS_PUT)
def test_what_is_refused_as_it_was_put_is_put_otherwise_at_once(
    room: Mailroom, fault: Fault, note: str
) -> None:
    room.put(told())
    room.api.before.append(fault)
    room.drain()
    (message,) = room.accepted
    assert "Likes" in message.shown.text
    assert (message.photo is None) == (note == "without the photo")
    assert (room.repeats, room.states) == ([False], [SENT])
    assert room.problem().startswith(note)


@pytest.mark.parametrize("how", ["kicked", "not found", "blocked"])
def test_what_a_chat_does_not_take_goes_to_the_operators_once_and_says_why(room: Mailroom, how: str) -> None:
    if how == "kicked":
        room.api.kicked.add(CHAT)
    elif how == "not found":
        room.api.chats.discard(CHAT)
    else:
        room.api.before.append(api_error(403, "Forbidden: bot was blocked by the user"))
    room.put(told("a"), told("b", chat=OPERATORS))
    room.drain_for(3)
    second, first = sorted(room.texts(OPERATORS))
    assert second.startswith(f"⚠️ Chat {CHAT} does not take messages (")
    assert how in second
    assert "Meant for it:\n🔴 Likes" in second
    assert "⚠️" not in first
    assert room.states == [DEAD, SENT, SENT]
    assert how in (room.rows[0].problem or "")


def test_a_recovery_follows_its_opening_to_the_operators_and_replies_to_it(room: Mailroom) -> None:
    room.api.kicked.add(CHAT)
    room.put(told("a"), told("a", RESOLVED))
    room.drain_for(3)
    opening, end = room.accepted
    assert (opening.chat, end.chat, end.reply_to) == (OPERATORS, OPERATORS, opening.message_id)
    assert room.states == [DEAD, DEAD, SENT, SENT]


def test_operators_who_get_the_alert_anyway_are_told_once_a_day_that_a_chat_is_lost(room: Mailroom) -> None:
    room.api.kicked.add(CHAT)
    for name in "abc":
        room.put(told(name), told(name, chat=OPERATORS))
    room.drain_for(3)
    notices = [text for text in room.texts(OPERATORS) if text.startswith("⚠️")]
    assert (len(room.accepted), len(notices)) == (4, 1)
    assert notices[0].endswith("Check that the bot is in the chat and may write there.")


def test_operators_who_are_lost_themselves_leave_the_message_dead_and_the_rest_goes_on(
    room: Mailroom,
) -> None:
    room.api.kicked |= {CHAT, OPERATORS}
    room.api.chats.add("-5")
    room.put(told("a"), told("a", chat="-5"))
    room.drain_for(3)
    assert room.states == [DEAD, SENT, DEAD]
    assert [message.chat for message in room.accepted] == ["-5"]


def test_a_chat_that_moved_is_written_to_at_its_new_place_for_good(room: Mailroom) -> None:
    room.api.migrated["-5"] = CHAT
    room.put(told("a", chat="-5"))
    room.drain()
    later = room.restarted()
    later.put(told("a", RESOLVED, chat="-5"))
    later.drain()
    opening, end = room.accepted
    assert (opening.chat, end.chat, end.reply_to) == (CHAT, CHAT, opening.message_id)
    # The old id is asked once only.
    assert [fields["chat_id"] for _, fields in room.api.calls] == ["-5", CHAT, CHAT]
    assert later.states == [SENT, SENT]
    assert later.post.chats.current_id("-5") == CHAT


@pytest.mark.parametrize("status", [401, 404])
def test_a_bot_that_is_not_known_keeps_its_queue_and_spends_no_attempts(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    room.put(told("a"), told("b", chat=OPERATORS))
    answer = api_error(status, "Unauthorized" if status == 401 else "Not Found")
    room.api.before.extend([answer] * 3)
    for _ in range(3):
        assert len(room.drain().fates) == 1  # nothing is sent to anybody after the first refusal
        assert room.drain().fates == ()
        room.now += timedelta(minutes=1)
    assert (room.accepted, room.states, [row.attempts for row in room.rows]) == ([], [READY, READY], [0, 0])
    (pause,) = room.post.chats.pauses((room.now - timedelta(minutes=1)).timestamp())
    assert TOKEN_VARIABLE in pause.reason
    room.drain()
    assert (room.repeats, room.states) == ([False, False], [SENT, SENT])


def test_a_wrong_token_is_not_shown_either(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.put(told())
    wrong = TOKEN[:-1] + "X"
    monkeypatch.setenv(TOKEN_VARIABLE, wrong)
    room.drain()
    assert wrong.partition(":")[2] not in room.written.getvalue()
    assert wrong.partition(":")[2] not in repr(room.rows)


def test_a_recovery_whose_opening_was_deleted_goes_out_without_being_a_reply(room: Mailroom) -> None:
    room.put(told())
    room.drain()
    room.api.delete(101)
    room.put(told("a", RESOLVED))
    room.drain()
    (end,) = room.accepted
    assert (end.reply_to, end.silent, room.states) == (None, True, [SENT, SENT])


def test_a_message_for_a_deleted_topic_goes_to_the_chat_itself(room: Mailroom) -> None:
    room.api.topics[CHAT] = {7}
    room.put(replace(told("a"), topic=7), replace(told("b"), topic=8))
    room.drain()
    assert [message.topic for message in room.accepted] == [7, None]
    assert room.states == [SENT, SENT]
    assert room.problem().startswith("without the topic")


def test_an_edit_that_changes_nothing_is_done(room: Mailroom) -> None:
    opening = told()
    room.put(opening)
    room.drain()
    # The very same text and picture.
    room.put(replace(opening, kind=UPDATE))
    room.drain()
    (message,) = room.accepted
    assert (message.edits, room.states, room.rows[1].message_id) == (0, [SENT, SENT], "101")


def test_an_edit_of_a_message_that_is_gone_is_a_new_message_which_later_edits_change(room: Mailroom) -> None:
    room.put(told())
    room.drain()
    room.api.delete(101)
    room.put(told("a", UPDATE, window="2026-01-31-11:30"))
    room.drain()
    room.put(told("a", UPDATE, window="2026-01-31-11:45"))
    room.put(told("a", RESOLVED))
    room.drain()
    edited, end = room.accepted
    assert (edited.silent, end.reply_to, room.states) == (True, edited.message_id, [SENT] * 4)
    assert room.rows[2].message_id == str(edited.message_id)


def test_an_edit_without_a_message_to_change_is_dropped(room: Mailroom) -> None:
    room.api.kicked.add(CHAT)
    room.put(told("a"), told("a", UPDATE))
    room.drain_for(3)
    assert len(room.accepted) == 1
    assert room.states == [DEAD, EXPIRED, SENT]
