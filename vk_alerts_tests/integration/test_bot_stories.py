"""From a bad window to a press and what people hear after it: fold, outbox, bot and rules together."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.clickhouse.target import Target
from vk_alerts.pipeline import Stores, advance_incidents, deliver, post_of
from vk_alerts.resources import notifier_for
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.bot_room import ANN, BotRoom, bot_room
from vk_alerts_tests.integration.mailroom import CHAT
from vk_alerts_tests.integration.worlds import commit_scores, halved, quarter_hours, stores_in

pytestmark = pytest.mark.slow
T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[BotRoom]:
    with bot_room(tmp_path, monkeypatch, caplog) as opened:
        yield opened


@pytest.fixture
def stores(room: BotRoom, database: Target, tmp_path: Path) -> Stores:
    """Stores on the bot's own state database."""
    opened = stores_in(
        database,
        tmp_path,
        telegram_is_set=True,
        telegram_chat=CHAT,
        telegram_api=room.mail.api.root,
        telegram_users=(str(ANN),),
    )
    opened.incidents.begin_at(T0 - STEP)
    return opened


def bad(room: BotRoom, stores: Stores, first: int, count: int) -> None:
    """So many windows without half of the messages, from number ``first`` on."""
    for window in quarter_hours(T0 + first * STEP, count):
        room.mail.now = window_end(window) + timedelta(seconds=90)
        commit_scores(stores, [halved(window)], now=room.mail.now)
        advance_incidents(stores, now=room.mail.now)
        post = replace(post_of(stores), charts=room.mail.post.charts)
        deliver(post, notifier_for(stores.settings), now=lambda: room.mail.now)


def kinds(stores: Stores) -> list[NotificationKind]:
    return [row.kind for row in stores.outbox.rows()]


def press(room: BotRoom, stores: Stores, action: str) -> None:
    room.press(f"{action}:{stores.outbox.rows()[0].group}")
    room.work()
    assert len(room.actions) == 1


def test_nobody_is_reminded_of_what_somebody_has_taken(room: BotRoom, stores: Stores) -> None:
    bad(room, stores, 0, 2)
    assert kinds(stores) == [NotificationKind.OPEN]
    press(room, stores, "take")
    bad(room, stores, 2, 5)
    assert NotificationKind.REMIND not in kinds(stores)


def test_a_muted_incident_is_told_again_once_the_silence_is_over_and_it_still_lasts(
    room: BotRoom, stores: Stores
) -> None:
    bad(room, stores, 0, 2)
    press(room, stores, "hour")
    bad(room, stores, 2, 3)
    assert kinds(stores) == [NotificationKind.OPEN]
    bad(room, stores, 5, 2)
    # The message from before the silence is edited, too: whoever reads it sees how it stands now.
    assert kinds(stores) == [NotificationKind.OPEN, NotificationKind.OPEN, NotificationKind.UPDATE]
