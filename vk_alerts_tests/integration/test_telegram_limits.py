"""Limits of rate and of time: who waits, who goes first, what is told in one, and what outlives a restart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.errors import ConfigurationError
from vk_alerts.pipeline import drain_due
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.state.outbox import MOST_A_MINUTE, OutboxRepository, RowForm, RowState
from vk_alerts.state.sweeping import Limits
from vk_alerts_tests.integration.bot_api import api_error, closed_port
from vk_alerts_tests.integration.mailroom import CHAT, OPERATORS, START, Mailroom, mailroom, many, told

SENT, READY, EXPIRED, MERGED = RowState.SENT, RowState.READY, RowState.EXPIRED, RowState.MERGED
OPEN, RESOLVED, UPDATE, REMIND = (
    NotificationKind.OPEN,
    NotificationKind.RESOLVED,
    NotificationKind.UPDATE,
    NotificationKind.REMIND,
)
NO_DIGESTS = Limits(most_at_once=1000)


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Mailroom]:
    with mailroom(tmp_path, monkeypatch, caplog) as opened:
        yield opened


def unreachable(room: Mailroom) -> None:
    room.root = f"http://127.0.0.1:{closed_port()}"


def test_a_chat_that_is_slowed_down_is_left_alone_to_the_second_also_after_a_restart(room: Mailroom) -> None:
    room.put(told("a"), told("b"), told("c", chat=OPERATORS))
    room.api.before.append(api_error(429, "Too Many Requests: retry after 150", retry_after=150))
    room.drain()
    # The other chat goes on at once.
    assert [message.chat for message in room.accepted] == [OPERATORS]
    assert [row.attempts for row in room.rows] == [0, 0, 1]
    later = room.restarted()
    later.now += timedelta(seconds=149)
    calls = len(room.api.calls)
    assert later.drain().fates == ()
    assert len(room.api.calls) == calls
    ring = drain_due(later.post, now=later.now)
    assert not ring.rings
    assert ring.reason.startswith(f"messages that wait for their time: 2; chat {CHAT} is paused for 1 s: ")
    later.now += timedelta(seconds=1)
    assert drain_due(later.post, now=later.now).reason == "messages due: 2"
    later.drain()
    assert (later.states, later.repeats) == ([SENT] * 3, [False] * 3)


def test_fifty_alerts_pass_a_window_of_twenty_a_minute_without_a_single_refusal(room: Mailroom) -> None:
    room.api.per_chat = (20, 60)
    room.post = replace(room.post, limits=NO_DIGESTS)
    room.put(*many(50))
    sent = []
    for _ in range(4):
        room.drain()
        sent.append(len(room.accepted))
        room = room.restarted()
        room.now += timedelta(minutes=1)
    assert sent == [MOST_A_MINUTE, 2 * MOST_A_MINUTE, 3 * MOST_A_MINUTE, 50]
    assert len(room.api.calls) == 50
    assert (room.states, any(room.repeats)) == ([SENT] * 50, False)


def test_a_bot_shared_with_others_that_is_refused_loses_nothing_either(room: Mailroom) -> None:
    room.api.per_chat = (4, 60)  # the rest of the window is spent by others
    room.post = replace(room.post, limits=NO_DIGESTS)
    room.put(*many(10))
    room.drain_for(6)
    assert (room.states, room.repeats) == ([SENT] * 10, [False] * 10)


def test_of_many_at_once_the_most_urgent_are_told_one_by_one_and_all_others_in_digests(
    room: Mailroom,
) -> None:
    room.put(*many(49), told("hard", hard=True))
    room.drain()
    single = [message for message in room.accepted if message.photo]
    digests = [message for message in room.accepted if not message.photo]
    assert len(single) == 6
    assert "· hard ·" in single[0].shown.text
    heads = [message.shown.text.splitlines()[0] for message in digests]
    assert heads == ["📋 Also 30\N{NO-BREAK SPACE}messages", "📋 Also 14\N{NO-BREAK SPACE}messages"]
    everything = "\n".join(message.shown.text for message in room.accepted)
    assert all(f"g{number:03}" in everything for number in range(49))
    assert [room.states.count(state) for state in (SENT, MERGED)] == [6 + 2, 44]
    assert "@likes_owner" in digests[0].shown.text


def test_a_digest_takes_in_what_comes_while_it_waits(room: Mailroom) -> None:
    unreachable(room)
    room.put(*many(8))
    room.drain()
    room.put(told("late"))
    room.drain()
    room.root = ""
    room.now += timedelta(minutes=1)
    room.drain()
    (digest,) = (message for message in room.accepted if not message.photo)
    assert digest.shown.text.splitlines()[0] == "📋 Also 3\N{NO-BREAK SPACE}messages"
    assert room.states.count(MERGED) == 3


def test_what_follows_an_alert_of_a_digest_waits_for_the_digest_and_replies_to_it(room: Mailroom) -> None:
    room.put(*many(7))
    room.api.before.extend([None] * 6 + [api_error(429, "slow", retry_after=60)])
    room.drain()
    room.put(told("g006", RESOLVED))
    room.drain()
    assert len(room.accepted) == 6
    room.now += timedelta(minutes=1)
    room.drain()
    digest, end = room.accepted[6:]
    assert end.reply_to == digest.message_id


def test_the_urgent_go_first_then_recoveries_then_others_then_edits(room: Mailroom) -> None:
    room.put(told("edited"), told("over"))
    room.drain()
    room.put(
        told("edited", UPDATE),
        told("usual"),
        told("over", RESOLVED),
        told("escalated", NotificationKind.ESCALATE),
        told("hard", hard=True),
    )
    fates = room.drain().fates
    assert [fate.row.group for fate in fates] == ["escalated", "hard", "over", "usual", "edited"]


def test_a_recovery_waits_until_its_opening_is_there(room: Mailroom) -> None:
    room.put(told("a"), told("a", RESOLVED), told("b"))
    unreachable(room)
    room.drain()
    room.root = ""
    room.drain()  # the opening waits for its second attempt; others do not wait for it
    assert [message.shown.text.splitlines()[0][:1] for message in room.accepted] == ["🔴"]
    room.now += timedelta(seconds=15)
    room.drain()
    opening, end = room.accepted[1:]
    assert (end.reply_to, end.shown.text[0], room.states) == (opening.message_id, "🟢", [SENT] * 3)


def test_telegram_down_for_two_hours_is_told_in_one_message_and_nothing_is_lost(room: Mailroom) -> None:
    unreachable(room)
    for hour in range(2):
        at = START + timedelta(hours=hour)
        room.put(*(told(f"h{hour}{name}", at=at) for name in "abc"))
        room.put(told(f"h{hour}a", REMIND, at=at), told(f"h{hour}b", RESOLVED, at=at))
        room.drain()
        room.now += timedelta(hours=1)
    room.now += timedelta(minutes=1)
    room.drain()
    assert room.accepted == []
    room.root = ""
    room.now += timedelta(minutes=10)
    room.drain()
    missed = room.accepted[-1]
    younger = room.accepted[:-1]
    assert missed.shown.text.splitlines()[0] == (
        "📪 Missed while Telegram was unavailable: 4\N{NO-BREAK SPACE}messages"
    )
    for line in ("h0a", "h0b", "h0c"):
        assert line in missed.shown.text
    assert "🟢" in missed.shown.text
    # What is younger goes out by itself, the reminder and the recovery after their openings.
    assert len(younger) == 5
    assert room.states.count(EXPIRED) == 5  # one of them the reminder: nobody needs it any more
    assert [row.form for row in room.rows if row.state is SENT].count(RowForm.MISSED) == 1
    assert not any(room.repeats)


def test_what_may_have_arrived_before_an_outage_says_so_in_the_message_about_it(room: Mailroom) -> None:
    room.put(told("a"))
    room.api.after.append(api_error(500, "Internal Server Error"))
    room.drain()
    unreachable(room)
    room.now += timedelta(hours=2, minutes=1)
    room.drain()
    room.root = ""
    room.now += timedelta(minutes=10)
    room.drain()
    assert room.repeats == [False, True]
    assert room.accepted[1].shown.text.startswith("📪")


def test_an_edit_is_made_also_hours_later_and_only_the_newest(room: Mailroom) -> None:
    room.put(told("a"))
    room.drain()
    unreachable(room)
    for number in range(3):
        room.put(told("a", UPDATE, window=f"2026-01-31-11:{number}0"))
        room.drain()
    room.root = ""
    room.now += timedelta(hours=3)
    room.drain()
    assert (room.states, room.accepted[0].edits) == ([SENT, EXPIRED, EXPIRED, SENT], 1)


def test_a_burst_does_not_count_against_another_minute_or_another_chat(room: Mailroom) -> None:
    outbox = OutboxRepository(room.post.outbox.engine, most_a_minute=2)
    now = START.timestamp()
    room.put(*many(3), told("other", chat=OPERATORS))
    taken = [row.group for row in iter(lambda: outbox.claim_next(now), None) if row is not None]
    assert taken == ["g000", "g001", "other"]
    assert outbox.claim_next(now + 59) is None
    assert outbox.claim_next(now + 60) is not None


def test_nothing_to_send_is_told_as_the_reason(room: Mailroom) -> None:
    assert drain_due(room.post, now=room.now).reason == "nothing is unsent"
    unreachable(room)
    room.put(told())
    room.drain()
    assert drain_due(room.post, now=room.now).reason == "messages that wait for their time: 1"


def test_a_digest_of_good_news_only_makes_no_sound(room: Mailroom) -> None:
    room.put(*many(8, kind=RESOLVED), *many(8, chat=OPERATORS))
    room.drain()
    digests = {message.chat: message.silent for message in room.accepted if not message.photo}
    assert digests == {CHAT: True, OPERATORS: False}


@pytest.mark.parametrize("token", ["", "not a token at all"])
def test_no_run_is_started_without_a_token(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    room.put(told())
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    ring = drain_due(room.post, now=room.now)
    assert (ring.rings, ring.reason.split()[0]) == (False, TOKEN_VARIABLE)
    with pytest.raises(ConfigurationError, match=TOKEN_VARIABLE):
        room.drain()
    assert [(row.state, row.attempts) for row in room.rows] == [(READY, 0)]
