"""A message is in the outbox once, and in the hands of one sender at a time."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.promises import Promise
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.errors import ConfigurationError, StateError
from vk_alerts.metrics.routes import Destination
from vk_alerts.state.chats import ChatRepository
from vk_alerts.state.database import open_database, sqlite_url
from vk_alerts.state.outbox import (
    LEASE_SECONDS,
    NewRow,
    OutboxRepository,
    OutboxRow,
    RowForm,
    RowState,
    insert_rows,
)
from vk_alerts.state.sweeping import Limits, sweep
from vk_alerts.state.tables import OUTBOX
from vk_alerts_tests.integration.mailroom import empty_outbox
from vk_alerts_tests.unit.alerting.stories import stories, story

OPEN, RESOLVED, UPDATE = NotificationKind.OPEN, NotificationKind.RESOLVED, NotificationKind.UPDATE
NOW = datetime(2026, 1, 29, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def outbox(tmp_path: Path) -> OutboxRepository:
    shutil.copy(empty_outbox(), tmp_path / "state.db")
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


def test_a_fate_is_recorded_once_and_nothing_is_due_after_it(outbox: OutboxRepository) -> None:
    put(outbox, [message("a")])
    row = claimed(outbox)
    assert outbox.settle(row, RowState.SENT, message_id="7")
    assert not outbox.settle(row, RowState.DEAD, problem="told twice")
    assert not outbox.postpone(row, due_at=NOW, problem="told twice")
    assert states(outbox) == [RowState.SENT]
    assert outbox.due(NOW + LEASE_SECONDS + 1) == 0


@pytest.mark.parametrize(
    ("kind", "form", "promise"),
    [
        (OPEN, RowForm.STORY, Promise.AT_LEAST_ONCE),
        (NotificationKind.REMIND, RowForm.STORY, Promise.AT_MOST_ONCE),
        (UPDATE, RowForm.STORY, Promise.IDEMPOTENT),
        (NotificationKind.DIGEST, RowForm.DIGEST, Promise.AT_LEAST_ONCE),
        (NotificationKind.DIGEST, RowForm.MISSED, Promise.AT_LEAST_ONCE),
        (NotificationKind.DIGEST, RowForm.NOTICE, Promise.AT_MOST_ONCE),
    ],
)
def test_a_message_about_others_must_not_get_lost(
    outbox: OutboxRepository, kind: NotificationKind, form: RowForm, promise: Promise
) -> None:
    put(outbox, [replace(message("a", kind), form=form)])
    assert [row.promise for row in outbox.rows()] == [promise]


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


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        pytest.param({}, "a:open:0:-1001", id="an opening once, whatever its window"),
        pytest.param({"kind": RESOLVED}, "a:resolved:0:-1001", id="its end, too"),
        pytest.param({"kind": UPDATE}, "a:update:0:-1001:2026-01-31-11:15", id="all else once in a window"),
        pytest.param({"sequence": 2}, "a:open:2:-1001", id="each opening for itself"),
        pytest.param({"topic": 0}, "a:open:0:-1001/0", id="and each topic of a chat"),
        pytest.param({"key": "digest:7"}, "digest:7", id="or what it says itself"),
    ],
)
def test_what_makes_a_message_the_same_one(changes: dict[str, object], key: str) -> None:
    assert replace(message("a"), **changes).unique_key == key  # type: ignore[arg-type]


def test_of_one_message_put_in_twice_the_first_holds(outbox: OutboxRepository) -> None:
    put(outbox, [message("a", due_at=NOW), message("a", due_at=NOW + 60)])
    put(outbox, [message("a", due_at=NOW + 120)])
    assert [row.created_at for row in outbox.rows()] == [NOW]


def sent(outbox: OutboxRepository, *rows: NewRow) -> list[OutboxRow]:
    """Puts messages in and lets them arrive; their numbers at Telegram are the outbox's."""
    before = {row.id for row in outbox.rows()}
    put(outbox, rows)
    fresh = [row.id for row in outbox.rows() if row.id not in before]
    with outbox.engine.begin() as connection:
        for number in fresh:
            found = {"state": RowState.SENT.value, "message_id": str(number)}
            connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id == number).values(found))
    return [row for row in outbox.rows() if row.id in fresh]


@pytest.mark.parametrize(
    ("other", "is_it"),
    [
        pytest.param({"kind": UPDATE}, True, id="an edit of the group's message"),
        pytest.param({"kind": NotificationKind.NODATA}, True, id="an outage"),
        pytest.param({"kind": NotificationKind.WORSE}, False, id="not a reply"),
        pytest.param({"group": "b"}, False, id="nor another group"),
        pytest.param({"chat": "-1002"}, False, id="nor another chat"),
        pytest.param({"topic": 7}, False, id="nor another topic"),
        pytest.param({"sequence": 2}, False, id="nor a later opening"),
    ],
)
@pytest.mark.parametrize("topic", [None, 5])
def test_the_message_to_reply_to_is_of_the_group_in_its_place(
    outbox: OutboxRepository, topic: int | None, other: dict[str, object], *, is_it: bool
) -> None:
    mine = replace(message("a"), topic=topic, sequence=1)
    first, second = sent(outbox, mine, replace(mine, window="2026-01-31-11:30", **{"sequence": 1} | other))  # type: ignore[arg-type]
    (end,) = sent(outbox, replace(mine, kind=RESOLVED))
    found = outbox.told_message(end)
    assert found is not None
    assert found.id == (second if is_it else first).id
    assert outbox.told_message(first) is None  # what comes later is nothing to reply to


def test_where_a_group_was_told_is_each_place_once_as_it_was_first_told(outbox: OutboxRepository) -> None:
    sent(
        outbox,
        replace(message("a", chat="-1002"), topic=7, mention="@first"),
        message("a"),
        replace(message("a", RESOLVED, chat="-1002"), topic=7, mention="@later"),
        replace(message("a", chat="-1003"), heading="not delivered elsewhere"),
        replace(message("a", chat="-1004"), form=RowForm.DIGEST),
        message("b", chat="-1005"),
    )
    assert outbox.destinations_of("a") == [
        Destination("-1002", 7, "@first"),
        Destination("-1001", None, None),
    ]


@pytest.mark.parametrize(
    ("changes", "has"),
    [
        pytest.param({}, True, id="the same"),
        pytest.param({"topic": 7}, True, id="in whatever topic"),
        pytest.param({"group": "b"}, False, id="another group"),
        pytest.param({"kind": RESOLVED}, False, id="another kind"),
        pytest.param({"sequence": 1}, False, id="another opening"),
        pytest.param({"window": "2026-01-31-11:30"}, False, id="another window"),
        pytest.param({"chat": "-1003"}, False, id="another chat"),
        pytest.param({"form": RowForm.DIGEST}, False, id="another form"),
    ],
)
def test_a_chat_has_been_told_by_a_row_of_its_own(
    outbox: OutboxRepository, changes: dict[str, object], *, has: bool
) -> None:
    (row,) = sent(outbox, message("a"))
    sent(outbox, replace(message("a", chat="-1002"), **changes))  # type: ignore[arg-type]
    assert outbox.has_told(row, "-1002") is has


@pytest.mark.parametrize(("moved_to", "goes_to"), [("-1002001", "-1002001"), (None, "-1001")])
def test_the_new_id_of_a_chat_is_remembered_with_the_fate_that_told_it(
    outbox: OutboxRepository, moved_to: str | None, goes_to: str
) -> None:
    put(outbox, [message("a")])
    assert outbox.settle(claimed(outbox), RowState.DEAD, moved_to=moved_to)
    assert ChatRepository(outbox.engine).current_id("-1001") == goes_to


def test_what_a_row_tells_instead_comes_most_urgent_first_and_passes_to_its_heir(
    outbox: OutboxRepository,
) -> None:
    put(outbox, [replace(message("digest"), priority=0)])
    others = sent(
        outbox, *(replace(message(name), priority=order) for name, order in (("a", 2), ("b", 1), ("c", 1)))
    )
    (digest,) = (row for row in outbox.rows() if row.group == "digest")
    with outbox.engine.begin() as connection:
        ids = [row.id for row in others]
        connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(told_by=digest.id))
    (untold,) = sent(outbox, message("x"))
    assert [row.group for row in outbox.told_in(digest)] == ["b", "c", "a"]
    claim = claimed(outbox)
    assert outbox.settle(claim, RowState.DEAD, moved_to=None, replacement=message("digest", chat="-1002"))
    (heir,) = (row for row in outbox.rows() if row.chat == "-1002")
    assert [row.group for row in outbox.told_in(heir)] == ["b", "c", "a"]
    assert outbox.told_in(digest) == []
    assert outbox.told_in(untold) == []


def test_a_row_put_in_that_is_told_by_another_replies_to_that(outbox: OutboxRepository) -> None:
    merged, digest = sent(outbox, message("a"), message("digest"))
    with outbox.engine.begin() as connection:
        row = sa.update(OUTBOX).where(OUTBOX.c.id == merged.id)
        connection.execute(row.values(told_by=digest.id, state=RowState.MERGED.value))
    (end,) = sent(outbox, message("a", RESOLVED))
    found = outbox.told_message(end)
    assert found is not None
    assert found.id == digest.id


def test_how_much_waits_and_since_which_window(outbox: OutboxRepository) -> None:
    assert (outbox.waiting(), outbox.oldest_waiting()) == (0, None)
    sent(outbox, replace(message("gone"), window="2026-01-01-00:00"))
    put(outbox, [message("b"), replace(message("a"), window="2026-01-30-00:00")])
    assert (outbox.waiting(), outbox.oldest_waiting()) == (2, "2026-01-30-00:00")
    claimed(outbox)
    assert outbox.waiting() == 2  # what is on its way has no fate yet


@pytest.mark.parametrize(
    ("options", "attempts", "uncertain"),
    [({}, 1, 0), ({"is_spent": False}, 0, 0), ({"may_have_arrived": True}, 1, 1)],
)
def test_a_message_given_back_counts_the_attempts_that_were_some(
    outbox: OutboxRepository, options: dict[str, bool], attempts: int, uncertain: int
) -> None:
    put(outbox, [message("a"), message("b")])
    assert outbox.postpone(claimed(outbox), due_at=NOW, problem="no network", **options)
    first, second = outbox.rows()
    assert (first.attempts, first.uncertain_attempts, first.claim) == (attempts, uncertain, None)
    assert (second.attempts, second.problem) == (0, None)
