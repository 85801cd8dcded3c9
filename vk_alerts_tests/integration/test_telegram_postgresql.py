"""Delivery with PostgreSQL as the state database: the same promises, with rows locked instead of the file."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.delivery.telegram import TelegramNotifier
from vk_alerts.pipeline import deliver
from vk_alerts.state.database import open_database
from vk_alerts.state.outbox import LEASE_SECONDS, OutboxRepository, RowState
from vk_alerts_tests.integration.bot_api import api_error
from vk_alerts_tests.integration.mailroom import CHAT, OPERATORS, Mailroom, mailroom, many, told
from vk_alerts_tests.integration.postgresql_server import postgresql

pytestmark = pytest.mark.server


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Mailroom]:
    url = postgresql().new_database()
    with mailroom(tmp_path, monkeypatch, caplog, url=url) as opened:
        yield opened


def test_pauses_digests_replies_edits_and_recoveries_of_dead_senders(room: Mailroom) -> None:
    room.put(*many(8), told("b", chat=OPERATORS))
    assert room.post.outbox.claim_next(room.now.timestamp()) is not None  # … and never heard of again
    room.api.before.append(api_error(429, "Too Many Requests: retry after 30", retry_after=30))
    room.drain()
    assert [message.chat for message in room.accepted] == [OPERATORS]
    room.now += timedelta(seconds=LEASE_SECONDS + 1)
    room.drain()
    assert room.states.count(RowState.MERGED) == 1
    assert room.repeats.count(True) == 1
    room.put(told("b", NotificationKind.UPDATE, chat=OPERATORS))
    room.put(told("b", NotificationKind.RESOLVED, chat=OPERATORS))
    room.drain()
    opening, *_, end = room.accepted
    assert (opening.edits, end.reply_to) == (1, opening.message_id)
    assert {row.state for row in room.rows} == {RowState.SENT, RowState.MERGED}


def test_two_dispatchers_at_once_send_every_message_once(room: Mailroom) -> None:
    room.put(*many(6), *many(6, chat=OPERATORS))

    def dispatch(_number: int) -> int:
        outbox = OutboxRepository(open_database(room.url))
        post = replace(room.post, outbox=outbox)
        report = deliver(post, TelegramNotifier(api_root=room.api.root), now=lambda: room.now)
        outbox.engine.dispose()
        return len(report.fates)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(dispatch, range(2))) == 12
    assert len({(message.chat, message.shown.text) for message in room.accepted}) == 12
    assert (len(room.accepted), set(room.states)) == (12, {RowState.SENT})
    assert CHAT in {message.chat for message in room.accepted}
