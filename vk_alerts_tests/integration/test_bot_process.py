"""The process that listens: one at a time, nothing twice over restarts, and how it bears what goes wrong."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from vk_alerts.bot import Waits, attend
from vk_alerts.cli import main
from vk_alerts.errors import DeliveryHalted
from vk_alerts.state.bots import LEASE_SECONDS, BotRepository
from vk_alerts_tests.integration.bot_api import TOKEN, Fault, Way, api_error, bot_api, web_page
from vk_alerts_tests.integration.bot_room import BotRoom, bot_room


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[BotRoom]:
    with bot_room(tmp_path, monkeypatch, caplog) as opened:
        yield opened


def polls(room: BotRoom) -> list[str | None]:
    return [fields.get("offset") for method, fields in room.mail.api.calls if method == "getUpdates"]


def test_each_process_goes_on_where_the_one_before_ended(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    room.work()
    room.press("hour:a")
    room.work()
    room.work()
    assert len(room.actions) == 2
    first = 700_001
    assert polls(room) == [None, str(first + 1), str(first + 2)]


def test_only_presses_and_messages_are_asked_for(room: BotRoom) -> None:
    room.work()
    asked = [fields for method, fields in room.mail.api.calls if method == "getUpdates"]
    assert [fields["allowed_updates"] for fields in asked] == ['["message", "callback_query"]']


def test_while_another_process_holds_the_lease_nothing_is_read(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    bots = BotRepository(room.engine, "1")
    assert bots.lease("other", now=room.mail.now.timestamp())
    room.work(rounds=3)
    assert room.said == ["another 'vk-alerts bot' is at work on this database: waiting for it to end"]
    assert (room.actions, polls(room)) == ([], [])
    # The other one was killed: its lease runs out.
    room.mail.now += timedelta(seconds=LEASE_SECONDS)
    room.work()
    assert len(room.actions) == 1
    assert bots.next_update() == 700_002


def test_a_process_that_ends_lets_the_next_one_begin_at_once(room: BotRoom) -> None:
    room.work()
    assert BotRepository(room.engine, "1").lease("next", now=room.mail.now.timestamp())


def test_a_lease_that_was_lost_advances_nothing(room: BotRoom) -> None:
    bots, now = BotRepository(room.engine, "1"), room.mail.now.timestamp()
    assert bots.lease("first", now=now)
    assert bots.lease("second", now=now + LEASE_SECONDS)
    assert not bots.advance("first", 5, now=now + LEASE_SECONDS)
    assert bots.advance("second", 7, now=now + LEASE_SECONDS)
    assert bots.next_update() == 7


FAULTS = {
    "reset": Fault(Way.RESET),
    "closed": Fault(Way.CLOSE),
    "half a body": Fault(Way.HALF, body=b"{"),
    "a bad gateway": api_error(502, "Bad Gateway"),
    "a proxy's page": web_page(403),
    "rubbish": Fault(Way.ANSWER, body=b"rubbish"),
    "slow down": api_error(429, "Too Many Requests: retry after 0", retry_after=0),
    "no list": Fault(Way.ANSWER, body=b'{"ok": true, "result": 7}'),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_goes_wrong_on_the_way_is_told_once_and_tried_again(room: BotRoom, fault: Fault) -> None:
    room.happens()
    room.press("take:a")
    room.mail.api.before.extend([fault, fault, None, fault])
    room.work(rounds=4)
    assert len(room.actions) == 1
    assert len(room.said) == 2
    assert room.said[1] == "@double_bot listens to 2 users"


def test_another_program_that_polls_is_told_and_waited_for(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    conflict = api_error(409, "Conflict: terminated by other getUpdates request; only one bot instance")
    room.mail.api.before.extend([None, conflict])
    room.work(rounds=2)
    # It says that it listens before it asks: an answer may take as long as a poll.
    listens = "@double_bot listens to 2 users"
    assert [text.partition(": ")[0] for text in room.said] == [
        listens,
        "another program reads what people do to this bot",
        listens,
    ]
    assert "Telegram answers 409" in room.said[1]
    assert len(room.actions) == 1


def test_a_bot_that_is_not_known_any_more_ends_the_process(room: BotRoom) -> None:
    room.mail.api.before.extend([None, api_error(401, "Unauthorized")])
    with pytest.raises(DeliveryHalted, match="put a valid token into VK_ALERTS_TELEGRAM_TOKEN"):
        room.work()


def test_a_press_whose_note_does_not_arrive_counts_all_the_same(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    room.mail.api.kicked.add("-1001")
    room.work()
    assert len(room.actions) == 1
    assert BotRepository(room.engine, "1").next_update() == 700_002


def test_a_process_that_is_told_to_end_does_not_wait_for_the_poll(room: BotRoom) -> None:
    async def ended() -> None:
        stopping = asyncio.Event()

        def say(text: str) -> None:
            room.said.append(text)

        waits = Waits(poll=timedelta(hours=1))
        task = asyncio.ensure_future(
            attend(room.desk, stopping=stopping, clock=lambda: room.mail.now, say=say, waits=waits)
        )
        while not room.mail.api.polling.is_set() and not task.done():
            await asyncio.sleep(0)
        stopping.set()
        await task

    asyncio.run(ended())
    assert BotRepository(room.engine, "1").lease("next", now=room.mail.now.timestamp())


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("VK_ALERTS_TELEGRAM_USERS", "VK_ALERTS_TELEGRAM_USERS is not set: nobody may press a button"),
        ("VK_ALERTS_TELEGRAM_TOKEN", "VK_ALERTS_TELEGRAM_TOKEN is not set"),
    ],
)
def test_what_is_not_set_up_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, told: str
) -> None:
    for name, value in process_environment(tmp_path, "http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    result = CliRunner().invoke(main, ["bot"])
    assert result.exit_code == 2
    assert told in result.output


def process_environment(home: Path, root: str) -> dict[str, str]:
    return {
        "VK_ALERTS_TELEGRAM_TOKEN": TOKEN,
        "VK_ALERTS_TELEGRAM_CHAT": "-1001",
        "VK_ALERTS_TELEGRAM_USERS": "7",
        "VK_ALERTS_TELEGRAM_API": root,
        "VK_ALERTS_HOME": str(home),
    }


@pytest.mark.slow
def test_the_command_answers_and_ends_with_status_0_when_it_is_told_to(tmp_path: Path) -> None:
    from vk_alerts.delivery.double.people import say

    with bot_api() as api:
        environment = os.environ | process_environment(tmp_path, api.root) | {"NO_PROXY": "*"}
        say(api, 7, "-1001", "/status")
        with subprocess.Popen(
            [sys.executable, "-c", "from vk_alerts.cli import main; main()", "bot"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "@double_bot listens to 1 users\n"
            # The second poll confirms what the first one brought.
            while len(api.updates) and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
        assert (process.returncode, rest) == (0, "The bot has ended.\n")
    assert TOKEN not in rest
