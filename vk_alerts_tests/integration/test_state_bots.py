"""The bot's lease and what people do, in both databases: one holder, each deed once, all or nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.tolerance import Tolerance
from vk_alerts.errors import StateError
from vk_alerts.state.actions import Action, ActionKind, ActionRepository
from vk_alerts.state.bots import LEASE_SECONDS, BotRepository
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.deeds import Deed, Hush, do
from vk_alerts.state.groups import GroupRepository
from vk_alerts.state.silences import SilenceRepository
from vk_alerts.state.tolerances import ToleranceRepository
from vk_alerts_tests.integration.postgresql_server import postgresql

NOW = 1_000_000.0
WIDER = Tolerance("likes", "all", 1.25, NOW, NOW + 1000, "@ann", "4f2a")
FALSE = Action("4f2a", ActionKind.FALSE, "@ann", NOW)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    is_file = request.param == "sqlite"
    opened = open_database(sqlite_url(tmp_path / "state.db") if is_file else postgresql().new_database())
    yield opened
    opened.dispose()


def test_of_many_processes_that_begin_at_once_one_holds_the_lease(engine: sa.Engine) -> None:
    bots = BotRepository(engine, "1")
    with ThreadPoolExecutor(4) as pool:
        held = list(pool.map(lambda name: bots.lease(name, now=NOW), "abcd"))
    assert sum(held) == 1
    holder = "abcd"[held.index(True)]
    assert bots.lease(holder, now=NOW + 1)
    assert not bots.lease("e", now=NOW + LEASE_SECONDS)
    bots.release(holder)
    assert bots.lease("e", now=NOW + 2)


def test_bots_do_not_know_of_one_another(engine: sa.Engine) -> None:
    first, second = BotRepository(engine, "1"), BotRepository(engine, "2")
    assert first.lease("a", now=NOW)
    assert second.lease("b", now=NOW)
    assert first.advance("a", 2**40, now=NOW)
    assert (first.next_update(), second.next_update()) == (2**40, None)


def test_a_deed_is_done_once_with_all_that_follows_from_it(engine: sa.Engine) -> None:
    deed = Deed("bot 1 update 5", FALSE, (Hush("likes", None, NOW + 60, "why"),), WIDER)
    assert [do(engine, deed), do(engine, deed)] == [True, False]
    assert ActionRepository(engine).of(["4f2a"]) == {"4f2a": [FALSE]}
    assert len(SilenceRepository(engine).holding(NOW)) == 1
    assert ToleranceRepository(engine).between(NOW, NOW + 1) == [WIDER]


def test_what_a_later_word_takes_back_ends_for_new_windows_only(engine: sa.Engine) -> None:
    do(engine, Deed("1", FALSE, tolerance=WIDER))
    correct = Action("4f2a", ActionKind.CORRECT, "@bob", NOW + 100)
    do(engine, Deed("2", correct, ends_tolerances=True))
    assert ToleranceRepository(engine).between(NOW + 100, NOW + 101) == []
    assert len(ToleranceRepository(engine).between(NOW + 99, NOW + 100)) == 1
    assert GroupRepository(engine).confirmed() == []


def test_a_deed_that_cannot_be_written_as_a_whole_leaves_nothing(engine: sa.Engine) -> None:
    impossible = Deed("1", FALSE, (Hush("likes", None, NOW, None),))  # type: ignore[arg-type]
    with pytest.raises(StateError):
        do(engine, impossible)
    assert ActionRepository(engine).of(["4f2a"]) == {}
