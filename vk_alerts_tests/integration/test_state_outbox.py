"""A message is in the outbox once, and in the hands of one sender at a time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.errors import ConfigurationError, StateError
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import LEASE_SECONDS, NewRow, OutboxRepository, OutboxRow, RowState, insert_rows
from vk_alerts.state.sweeping import Limits, sweep
from vk_alerts.state.tables import OUTBOX
from vk_alerts_tests.unit.alerting.stories import stories, story

OPEN, RESOLVED, UPDATE = NotificationKind.OPEN, NotificationKind.RESOLVED, NotificationKind.UPDATE
NOW = datetime(2026, 1, 29, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def outbox(tmp_path: Path) -> OutboxRepository:
    return OutboxRepository(open_database(sqlite_url(tmp_path / "state.db")))


def message(group: str, kind: NotificationKind = OPEN, *, chat: str = "-1001", due_at: float = NOW) -> NewRow:
    return NewRow(
        group=group,
        sequence=0,
        kind=kind,
        chat=chat,
        window="2026-01-31-11:15",
        story=story(kind=kind),
        due_at=due_at,
    )


def put(outbox: OutboxRepository, rows: Sequence[NewRow]) -> None:
    with outbox.engine.begin() as connection:
        insert_rows(connection, rows)


def claimed(outbox: OutboxRepository, now: float = NOW) -> OutboxRow:
    sweep(outbox.engine, now, Limits())
    row = outbox.claim_next(now)
    assert row is not None
    return row


def states(outbox: OutboxRepository) -> list[RowState]:
    return [row.state for row in outbox.rows()]


def test_a_story_comes_back_as_it_was_put_in(outbox: OutboxRepository) -> None:
    told = list(stories().values())
    rows = [
        NewRow(group=str(number), sequence=0, kind=one.kind, chat="c", window="w", story=one, due_at=NOW)
        for number, one in enumerate(told)
    ]
    put(outbox, rows)
    assert [row.story for row in outbox.rows()] == told


def test_the_same_message_is_in_the_outbox_once(outbox: OutboxRepository) -> None:
    put(outbox, [message("a"), message("b")])
    put(outbox, [message("b"), message("c"), message("c", RESOLVED), message("c", chat="-1002")])
    assert [(row.group, row.kind, row.chat) for row in outbox.rows()] == [
        ("a", OPEN, "-1001"),
        ("b", OPEN, "-1001"),
        ("c", OPEN, "-1001"),
        ("c", RESOLVED, "-1001"),
        ("c", OPEN, "-1002"),
    ]


def test_the_database_itself_refuses_a_second_row_of_a_key(outbox: OutboxRepository) -> None:
    put(outbox, [message("a")])
    with outbox.engine.begin() as connection:
        row = dict(connection.execute(sa.select(OUTBOX)).mappings().one())
    del row["id"]
    with pytest.raises(sa.exc.IntegrityError), outbox.engine.begin() as connection:
        connection.execute(sa.insert(OUTBOX), row)


def test_two_senders_never_hold_the_same_message(outbox: OutboxRepository, tmp_path: Path) -> None:
    put(outbox, [message(f"{number:02}", chat=f"-{number % 2}") for number in range(24)])
    senders, barrier = 4, Barrier(4)

    def send(_number: int) -> list[int]:
        mine = OutboxRepository(open_database(sqlite_url(tmp_path / "state.db")))
        barrier.wait()
        taken = []
        while (row := mine.claim_next(NOW)) is not None:
            taken.append(row.id)
            assert mine.settle(row, RowState.SENT, message_id="1")
        return taken

    with ThreadPoolExecutor(senders) as pool:
        taken = [row for rows in pool.map(send, range(senders)) for row in rows]
    assert sorted(taken) == sorted(row.id for row in outbox.rows())
    assert {row.attempts for row in outbox.rows()} == {1}


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(outbox: OutboxRepository) -> None:
    put(outbox, [message("a")])
    first = claimed(outbox)
    assert (first.state, first.attempts) == (RowState.SENDING, 1)
    assert outbox.claim_next(NOW + LEASE_SECONDS) is None
    assert outbox.due(NOW + LEASE_SECONDS) == 0
    assert outbox.due(NOW + LEASE_SECONDS + 1) == 1
    second = claimed(outbox, NOW + LEASE_SECONDS + 1)
    assert (second.id, second.attempts) == (first.id, 2)
    assert second.claim != first.claim


def test_who_has_lost_the_claim_records_nothing(outbox: OutboxRepository) -> None:
    put(outbox, [message("a")])
    first = claimed(outbox)
    second = claimed(outbox, NOW + LEASE_SECONDS + 1)
    assert not outbox.settle(first, RowState.DEAD, problem="late")
    assert not outbox.postpone(first, due_at=NOW, problem="late")
    assert outbox.settle(second, RowState.SENT, message_id="7")
    assert not outbox.settle(first, RowState.DEAD, problem="later still")
    (row,) = outbox.rows()
    assert (row.state, row.message_id, row.problem) == (RowState.SENT, "7", None)


def test_a_message_given_back_comes_when_it_is_due_and_not_before(outbox: OutboxRepository) -> None:
    put(outbox, [message("a")])
    assert outbox.postpone(claimed(outbox), due_at=NOW + 30, problem="no network")
    assert outbox.claim_next(NOW + 29) is None
    assert outbox.due(NOW + 29) == 0
    assert outbox.due(NOW + 30) == 1
    again = claimed(outbox, NOW + 30)
    assert (again.attempts, again.problem) == (2, "no network")


def test_messages_as_urgent_as_each_other_go_in_the_order_in_which_they_came(
    outbox: OutboxRepository,
) -> None:
    put(outbox, [message("b"), message("later", due_at=NOW + 60), message("a")])
    assert [claimed(outbox).group, claimed(outbox).group] == ["b", "a"]
    assert outbox.claim_next(NOW) is None


def test_an_end_waits_until_the_fate_of_its_opening_is_known(outbox: OutboxRepository) -> None:
    put(outbox, [message("a"), message("a", RESOLVED), message("b"), message("a", chat="-1002")])
    opening = claimed(outbox)
    assert claimed(outbox).group == "b"  # the end of a waits, others go on
    assert claimed(outbox).chat == "-1002"
    assert outbox.claim_next(NOW) is None
    outbox.postpone(opening, due_at=NOW + 60, problem="no network")
    assert outbox.claim_next(NOW) is None
    outbox.settle(claimed(outbox, NOW + 60), RowState.SENT, message_id="42")
    end = claimed(outbox, NOW + 60)
    assert (end.group, end.kind) == ("a", RESOLVED)
    found = outbox.told_message(end)
    assert found is not None
    assert found.message_id == "42"


def test_each_opening_of_a_group_has_its_own_message_to_edit(outbox: OutboxRepository) -> None:
    put(outbox, [message("a"), replace(message("a"), sequence=1)])
    for number in ("41", "42"):
        outbox.settle(claimed(outbox), RowState.SENT, message_id=number)
    edit = message("a", UPDATE)
    put(outbox, [replace(edit, sequence=1), edit])
    edited = {}
    for _ in range(2):
        row = claimed(outbox)
        told = outbox.told_message(row)
        edited[row.sequence] = told and told.message_id
        outbox.settle(row, RowState.SENT)
    assert edited == {0: "41", 1: "42"}


def test_an_edit_of_the_first_message_does_not_hide_the_newest_one(outbox: OutboxRepository) -> None:
    first, again = message("a"), replace(message("a"), sequence=1)
    edit, end = message("a", UPDATE), replace(message("a", RESOLVED), sequence=1)
    put(outbox, [first, again, edit])
    for number in ("41", "42", "41"):  # an edit has the message's own number
        outbox.settle(claimed(outbox), RowState.SENT, message_id=number)
    put(outbox, [end])
    told = outbox.told_message(claimed(outbox))
    assert told is not None
    assert (told.message_id, told.sequence) == ("42", 1)


@pytest.mark.parametrize("fate", [RowState.DEAD, RowState.UNCERTAIN])
def test_an_end_goes_out_also_when_its_opening_did_not_arrive(
    outbox: OutboxRepository, fate: RowState
) -> None:
    put(outbox, [message("a"), message("a", RESOLVED)])
    outbox.settle(claimed(outbox), fate, problem="kicked")
    end = claimed(outbox)
    assert end.kind is RESOLVED
    assert outbox.told_message(end) is None


def test_final_states_are_final(outbox: OutboxRepository) -> None:
    put(outbox, [message(name) for name in "abc"])
    for fate in (RowState.SENT, RowState.DEAD, RowState.UNCERTAIN):
        outbox.settle(claimed(outbox), fate)
    assert outbox.claim_next(NOW + 10 * LEASE_SECONDS) is None
    assert states(outbox) == [RowState.SENT, RowState.DEAD, RowState.UNCERTAIN]


@pytest.mark.parametrize(
    "url", ["", "state.db", "nothing://x", "oracle+nonsense:///x", "postgresql+nonsense://u:s3cret@h/d"]
)
def test_a_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="VK_ALERTS_STATE_URL") as caught:
        open_database(url)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_cannot_be_opened_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    with pytest.raises(StateError) as caught:
        open_database(sqlite_url(tmp_path / "state.db"))
    assert "state.db" in str(caught.value)
    assert "\n" not in str(caught.value)
