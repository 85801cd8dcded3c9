"""Senders that die, come late or together; disks that fill; charts that fail: nothing is lost or doubled."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.delivery.protocol import OutgoingMessage
from vk_alerts.delivery.telegram import TelegramNotifier
from vk_alerts.errors import StateError
from vk_alerts.pipeline import deliver
from vk_alerts.pipeline.delivering import composing, pictures
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import LEASE_SECONDS, OutboxRepository, RowState
from vk_alerts.state.sweeping import Limits, sweep
from vk_alerts_tests.integration.bot_api import Fault, Way
from vk_alerts_tests.integration.drain_killed import STEPS
from vk_alerts_tests.integration.mailroom import (
    CHAT,
    OPERATORS,
    PHOTO,
    Mailroom,
    empty_outbox,
    mailroom,
    many,
    told,
)

SENT, SENDING = RowState.SENT, RowState.SENDING
RESOLVED = NotificationKind.RESOLVED
LEASE = timedelta(seconds=LEASE_SECONDS + 1)


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Mailroom]:
    with mailroom(tmp_path, monkeypatch, caplog) as opened:
        yield opened


# What chats show in the end: for each message, whether it says that it may be a repeat.
NOT_TAKEN, TAKEN, ACCEPTED, RECORDED = [False], [True], [False, True], [False]
OUTCOMES = {
    "before the sweep": NOT_TAKEN,
    "after the sweep": NOT_TAKEN,
    "before the claim": NOT_TAKEN,
    "after the claim": TAKEN,
    "while composing": TAKEN,
    "before the send": TAKEN,
    "when answered": ACCEPTED,
    "after the send": ACCEPTED,
    "before the receipt": ACCEPTED,
    "after the receipt": RECORDED,
}


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_step_loses_nothing_and_repeats_at_most_once_with_a_mark(
    room: Mailroom,
) -> None:
    assert OUTCOMES.keys() == STEPS.keys()
    folders = {step: room.folder / step.replace(" ", "-") for step in STEPS}
    rooms: dict[str, Mailroom] = {}
    for number, (step, folder) in enumerate(folders.items()):
        folder.mkdir()
        shutil.copy(empty_outbox(), folder / "state.db")
        url = sqlite_url(folder / "state.db")
        outbox = OutboxRepository(open_database(url))
        rooms[step] = replace(room, folder=folder, url=url, post=replace(room.post, outbox=outbox))
        room.api.chats.add(f"-2{number}")
        rooms[step].put(told("a", chat=f"-2{number}"))
        outbox.engine.dispose()
    runs = [f"{step}={folder}" for step, folder in folders.items()]
    program = [sys.executable, "-m", "vk_alerts_tests.integration.drain_killed", room.api.root, *runs]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.splitlines() == [f"{step}: {-signal.SIGKILL}" for step in STEPS]
    room.written.write(done.stdout + done.stderr)
    for number, (step, killed) in enumerate(rooms.items()):
        killed.drain()  # at once: what the dead run holds is not touched
        killed.now += LEASE
        killed.drain()
        shown = [
            "May be a repeat" in message.shown.text
            for message in room.accepted
            if message.chat == f"-2{number}"
        ]
        assert (step, shown, killed.states) == (step, OUTCOMES[step], [SENT])
        killed.post.outbox.engine.dispose()


@pytest.mark.parametrize(
    ("kind", "state", "count"),
    [
        (NotificationKind.OPEN, SENT, 1),
        (NotificationKind.REMIND, RowState.UNCERTAIN, 0),
    ],
)
def test_a_reminder_whose_sender_died_is_not_repeated_and_an_opening_is(
    room: Mailroom, kind: NotificationKind, state: RowState, count: int
) -> None:
    room.put(told("a", kind))
    assert room.post.outbox.claim_next(room.now.timestamp()) is not None  # … and never heard of again
    room.now += timedelta(seconds=LEASE_SECONDS)
    room.drain()
    assert room.states == [SENDING]
    room.now += timedelta(seconds=1)
    room.drain()
    assert (room.states, room.repeats) == ([state], [True] * count)


def test_two_senders_who_die_over_the_same_message_leave_it_uncertain(room: Mailroom) -> None:
    room.put(told())
    for _ in range(2):
        assert room.post.outbox.claim_next(room.now.timestamp()) is not None
        room.now += LEASE
        sweep(room.post.outbox.engine, room.now.timestamp(), Limits())
    assert (room.states, room.accepted) == ([RowState.UNCERTAIN], [])


def test_a_sender_who_comes_back_after_its_lease_changes_nothing_that_is_recorded(room: Mailroom) -> None:
    room.put(told())
    late = room.post.outbox.claim_next(room.now.timestamp())
    assert late is not None
    room.now += LEASE
    room.drain()  # somebody else has sent it in the meantime, and says that it may be a repeat
    receipt = TelegramNotifier(api_root=room.api.root).send(OutgoingMessage(CHAT, "поздно"))
    assert not room.post.outbox.settle(late, SENT, message_id=receipt.message_id)
    assert not room.post.outbox.postpone(late, due_at=0, problem="late")
    (row,) = room.rows
    assert (row.state, row.message_id, room.repeats) == (SENT, "101", [True, False])


def test_two_dispatchers_at_once_send_every_message_once(room: Mailroom) -> None:
    room.post = replace(room.post, limits=Limits(most_at_once=100))
    room.put(*many(8), *many(8, chat=OPERATORS))
    barrier = Barrier(2)

    def dispatch(_number: int) -> int:
        outbox = OutboxRepository(open_database(room.url))
        barrier.wait()
        notifier = TelegramNotifier(api_root=room.api.root)
        report = deliver(replace(room.post, outbox=outbox), notifier, now=lambda: room.now)
        outbox.engine.dispose()
        return len(report.fates)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(dispatch, range(2))) == 16
    assert len({(message.chat, message.shown.text) for message in room.accepted}) == 16
    assert (len(room.accepted), set(room.states), any(room.repeats)) == (16, {SENT}, False)


def test_two_runs_in_one_process_and_a_producer_that_runs_twice_send_once(room: Mailroom) -> None:
    for _ in range(2):
        room.put(told("a"), told("b"))
        room.drain()
    assert (len(room.accepted), room.states) == (2, [SENT, SENT])


@contextmanager
def full_disk(engine: sa.Engine) -> Iterator[None]:
    """The database's file cannot grow any more."""
    engine.dispose()

    def stay_as_you_are(connection: object, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    sa.event.listen(engine, "connect", stay_as_you_are)
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", stay_as_you_are)
        engine.dispose()


def test_a_full_disk_keeps_what_is_queued_and_repeats_at_most_what_was_accepted(room: Mailroom) -> None:
    # The texts, which are kept with the receipts, do not all fit into the file; the claims before them do.
    room.put(*many(5))
    with full_disk(room.post.outbox.engine), pytest.raises(StateError, match="full") as caught:
        room.drain()
    assert "\n" not in str(caught.value)
    assert room.states.count(SENDING) == 1
    recorded = room.states.count(SENT)
    assert len(room.accepted) == recorded + 1
    room.now += LEASE
    room.drain()
    assert (room.states, len(room.accepted), room.repeats.count(True)) == ([SENT] * 5, 6, 1)


def test_a_full_disk_queues_all_of_a_windows_messages_or_none(room: Mailroom) -> None:
    with full_disk(room.post.outbox.engine), pytest.raises(sa.exc.OperationalError, match="full"):
        room.put(*many(50))
    assert room.rows == []
    room.put(*many(2))
    room.drain()
    assert room.states == [SENT, SENT]


def _unreachable() -> object:
    raise ConnectionError("ClickHouse is down")


def test_a_chart_that_fails_is_left_out_and_asked_for_once(room: Mailroom) -> None:
    asked: list[str] = []

    def broken(about: Story) -> bytes:
        asked.append(about.short_id)
        raise RuntimeError("no font")

    room.post = replace(room.post, charts=lambda: broken)
    room.put(told("a"), told("a", chat=OPERATORS), told("b"))
    room.drain()
    assert (room.states, [message.photo for message in room.accepted]) == ([SENT] * 3, [None] * 3)
    assert asked == ["A", "B"]


def test_without_clickhouse_messages_go_out_without_charts(room: Mailroom) -> None:
    room.post = replace(room.post, charts=_unreachable)  # type: ignore[arg-type]
    room.put(told("a"), told("b"))
    room.drain()
    assert (room.states, [message.photo for message in room.accepted]) == ([SENT, SENT], [None, None])


def test_a_chart_that_takes_too_long_is_left_out(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "CHART_DEADLINE_SECONDS", 0.05)
    sent = Event()
    room.post = replace(room.post, charts=lambda: lambda _story: sent.wait(60) and PHOTO)
    room.put(told("a"))
    room.drain()
    sent.set()
    assert (room.states, room.accepted[0].photo) == ([SENT], None)


def test_a_story_is_drawn_once_and_uploaded_once_for_all_its_chats(room: Mailroom) -> None:
    drawn: list[str] = []

    def draw(about: Story) -> bytes:
        drawn.append(about.short_id)
        return PHOTO

    room.api.chats |= {"-2", "-3"}
    room.post = replace(room.post, charts=lambda: draw)
    room.put(*(told("a", chat=chat) for chat in (CHAT, "-2", "-3")))
    room.drain()
    uploads = [fields["photo"] for _, fields in room.api.calls]
    assert [isinstance(photo, str) and not photo.startswith("attach") for photo in uploads] == [
        False,
        True,
        True,
    ]
    assert drawn == ["A"]
    assert [message.photo for message in room.accepted] == [PHOTO] * 3


def test_a_picture_that_the_server_has_forgotten_is_uploaded_again(room: Mailroom) -> None:
    room.put(told("a"), told("a", chat=OPERATORS))
    notifier = TelegramNotifier(api_root=room.api.root)
    receipt = notifier.send(OutgoingMessage(CHAT, "раз", PHOTO))
    room.api.files.clear()
    notifier.send(OutgoingMessage(OPERATORS, "два", PHOTO, photo_id=receipt.photo_id))
    assert [message.photo for message in room.accepted] == [PHOTO, PHOTO]
    assert len(room.api.calls) == 3


def test_a_text_that_cannot_be_rendered_goes_out_in_the_plainest_words(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_keywords: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(composing, "caption", broken)
    room.put(told("a"), told("b<>", RESOLVED))
    room.drain()
    assert [message.shown.text for message in room.accepted] == [
        "🟢 Likes · b<> · 2026-01-31 11:15 UTC #inc_B<>",
        "🔴 Likes · a · 2026-01-31 11:15 UTC #inc_A",
    ]
    assert room.states == [SENT, SENT]


def test_a_server_that_tells_nothing_of_the_picture_has_it_all_the_same(room: Mailroom) -> None:
    answer = {"message_id": 7, "date": 0, "chat": {"id": -1001, "type": "group"}}
    room.put(told("a"))
    room.api.after.append(Fault(Way.ANSWER, 200, json.dumps({"ok": True, "result": answer}).encode()))
    room.drain()
    assert (room.rows[0].message_id, room.rows[0].photo_id, room.states) == ("7", "", [SENT])
    room.put(told("a", NotificationKind.UPDATE))
    room.drain()
    assert room.api.calls[1][0] == "editMessageMedia"
