"""What people say, as the state database keeps it: silences, actions, events. On SQLite and PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from vk_alerts.errors import StateError
from vk_alerts.state.actions import Action, ActionKind, ActionRepository
from vk_alerts.state.database import open_database, sqlite_url, transaction
from vk_alerts.state.events import EventRepository
from vk_alerts.state.silences import SilenceRepository
from vk_alerts_tests.integration.postgresql_server import postgresql

NOW = 1_769_868_900.0
HOUR = 3600.0
UGLY = 'O\'Brien \\ "quoted"; DROP TABLE silences; -- 🔴 Ѳ'


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    is_file = request.param == "sqlite"
    opened = open_database(sqlite_url(tmp_path / "state.db") if is_file else postgresql().new_database())
    yield opened
    opened.dispose()


def test_a_silence_holds_from_its_start_to_its_end_or_until_it_is_ended(engine: sa.Engine) -> None:
    silences = SilenceRepository(engine)
    common = {"metric": "likes", "slice_key": None, "by": UGLY, "comment": UGLY, "now": NOW}
    first = silences.add(**common, starts=NOW, ends=NOW + HOUR)
    second = silences.add(**common, starts=NOW + HOUR, ends=NOW + 2 * HOUR)
    assert (first.by, first.comment, first.metric, first.slice_key) == (UGLY, UGLY, "likes", None)
    assert silences.holding(NOW - 1) == []
    assert silences.holding(NOW) == [first]
    assert silences.holding(NOW + HOUR - 1) == [first]
    assert silences.holding(NOW + HOUR) == [second]
    ended = silences.expire(first.id, now=NOW + 60)
    assert ended is not None
    assert ended.expired_at == NOW + 60
    assert silences.holding(NOW + 60) == []
    assert silences.since(NOW) == [ended, second]
    assert silences.since(NOW + 60) == [second]


def test_a_silence_that_was_ended_or_is_over_is_not_ended_again(engine: sa.Engine) -> None:
    silences = SilenceRepository(engine)
    common = {"metric": None, "slice_key": "os=iOS", "by": "ann", "comment": "", "now": NOW}
    ended, over = (silences.add(**common, starts=NOW, ends=NOW + HOUR) for _ in range(2))
    silences.expire(ended.id, now=NOW + 60)
    again, late = silences.expire(ended.id, now=NOW + 120), silences.expire(over.id, now=NOW + HOUR)
    assert again is not None
    assert late is not None
    assert (again.expired_at, late.expired_at) == (NOW + 60, None)
    assert silences.expire(99, now=NOW) is None


def test_whoever_took_an_incident_last_is_at_work_on_it(engine: sa.Engine) -> None:
    actions = ActionRepository(engine)
    for offset, subject, kind, by in (
        (3, "a", ActionKind.TAKE, "bob"),
        (1, "a", ActionKind.TAKE, "ann"),
        (1, "b", ActionKind.TAKE, "ann"),
        (2, "b", ActionKind.RELEASE, "ann"),
        (1, "c", ActionKind.FALSE, "ann"),
    ):
        assert actions.add(Action(subject, kind, by=by, at=NOW + offset, detail=UGLY))
    assert actions.taken_by(["a", "b", "c", "d"]) == {"a": "bob"}
    assert [action.by for action in actions.of(["a"])["a"]] == ["ann", "bob"]
    assert actions.of(["c"])["c"][0].detail == UGLY
    assert actions.of([]) == {}


def test_one_press_of_a_button_reported_by_eight_at_once_is_one_action(engine: sa.Engine) -> None:
    actions = ActionRepository(engine)
    action = Action("a", ActionKind.TAKE, by="ann", at=NOW)
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda _: actions.add(action, key="press 1"), range(8)))
    assert sorted(written) == [False] * 7 + [True]
    assert actions.of(["a"]) == {"a": [action]}


def test_events_are_found_by_time_and_by_what_they_concern_newest_first(engine: sa.Engine) -> None:
    events = EventRepository(engine)
    everywhere = events.add(UGLY, at=NOW, by="ann", now=NOW, url="https://example.org/8.42")
    likes = events.add("likes", at=NOW + 60, by="ann", now=NOW, metric="likes", source="feed")
    views = events.add("views", at=NOW + 120, by="ann", now=NOW, metric="views", source="feed")
    other = events.add("messenger", at=NOW + 180, by="ann", now=NOW, source="messenger")
    assert events.between(NOW, NOW + HOUR) == [other, views, likes, everywhere]
    assert events.between(NOW, NOW + HOUR, metric="likes", source="feed") == [likes, everywhere]
    assert events.between(NOW + 1, NOW + 60) == []
    assert (everywhere.text, everywhere.url) == (UGLY, "https://example.org/8.42")


def test_all_of_it_can_be_read_within_somebody_elses_transaction(engine: sa.Engine) -> None:
    silences, actions, events = SilenceRepository(engine), ActionRepository(engine), EventRepository(engine)
    silence = silences.add(
        metric=None, slice_key=None, starts=NOW, ends=NOW + HOUR, by="ann", comment="", now=NOW
    )
    event = events.add("deploy", at=NOW, by="ann", now=NOW)
    actions.add(Action("a", ActionKind.TAKE, by="ann", at=NOW))
    with transaction(engine) as connection:
        assert silences.holding(NOW, connection=connection) == [silence]
        assert events.between(NOW, NOW + 1, connection=connection) == [event]
        assert actions.taken_by(["a"], connection=connection) == {"a": "ann"}


def test_a_database_that_fails_is_one_line(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE actions")
    with pytest.raises(StateError, match=r"^state database .*actions.*; check VK_ALERTS_STATE_URL$"):
        ActionRepository(engine).add(Action("a", ActionKind.TAKE, by="ann", at=NOW), key="press")
