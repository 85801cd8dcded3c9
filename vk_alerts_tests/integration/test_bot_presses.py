"""What a press of a button leads to: once, by those who may, below messages of the incident, and audited."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.tolerance import FACTOR, LASTS
from vk_alerts.state.actions import ActionKind, ActionRepository
from vk_alerts.state.tables import BOTS, OUTBOX, SILENCES
from vk_alerts.state.tolerances import ToleranceRepository
from vk_alerts_tests.integration.bot_room import STRANGER, BotRoom, bot_room, incident


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[BotRoom]:
    with bot_room(tmp_path, monkeypatch, caplog) as opened:
        yield opened


def test_who_takes_an_incident_is_known_to_the_rules_the_chat_and_the_audit(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    room.work()
    assert ActionRepository(room.engine).taken_by(["a"]) == {"a": "@ann"}
    assert room.toasts == ["✅ @ann is on it: there will be no reminders."]
    assert room.notes == room.toasts
    note = room.mail.accepted[-1]
    assert (note.reply_to, note.silent) == (room.message, True)
    (action,) = room.actions
    assert (action.kind, action.by, action.at, action.detail) == (
        ActionKind.TAKE,
        "@ann",
        room.mail.now.timestamp(),
        "id 7",
    )


def test_taking_twice_changes_nothing_and_somebody_else_takes_over(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    room.press("take:a")
    room.press("take:a", user=8, name="Bob")
    room.work()
    assert room.toasts[1:] == ["You are on it already.", "✅ @Bob is on it now (it was @ann)."]
    assert len(room.notes) == len(room.actions) == 2
    assert ActionRepository(room.engine).taken_by(["a"]) == {"a": "@Bob"}


@pytest.mark.parametrize("data", ["take:a", "hour:a", "night:a", "false:a", "correct:a"])
def test_a_stranger_is_refused_politely_and_nothing_happens(room: BotRoom, data: str) -> None:
    room.happens()
    room.press(data, user=STRANGER, name="ann_2")
    room.work()
    assert room.toasts[0].startswith("Sorry, these buttons and commands are for those on duty.")
    assert (room.actions, room.silences, room.notes) == ([], [], [])


@pytest.mark.parametrize(
    ("press", "toast"),
    [
        ({"data": "take:a", "message": 9999}, "Nothing is known about this message"),
        ({"data": "take:a", "chat": "-1009"}, "Nothing is known about this message"),
        ({"data": "take:b"}, "Nothing is known about this message"),
        ({"data": "drop:a"}, "This button does not work any more."),
    ],
)
def test_a_press_that_is_not_below_a_message_of_the_incident_does_nothing(
    room: BotRoom, press: dict[str, object], toast: str
) -> None:
    room.happens()
    room.press(**press)  # type: ignore[arg-type]
    room.work()
    assert room.toasts[0].startswith(toast)
    assert (room.actions, room.silences, room.notes) == ([], [], [])


def test_an_hour_of_silence_is_about_the_slice_in_every_metric_that_is_off(room: BotRoom) -> None:
    part = incident("likes", "os=Android,source=ads")
    room.happens(incident(), incident("views"), part, incident("ctr", "gender=male"))
    room.press("hour:a")
    room.press("hour:a")
    room.work()
    assert room.silences == [
        ("likes", "os=Android", 60),
        ("views", "os=Android", 60),
        ("ctr", "gender=male", 60),
    ]
    assert room.toasts[0].startswith("🔕 @ann: silence until 15:31 MSK — Likes · Android; Views · Android;")
    assert room.toasts[1] == "Silent until 15:31 MSK already."
    assert [action.kind for action in room.actions] == [ActionKind.MUTE]


def test_where_everybody_is_concerned_all_slices_are_silent(room: BotRoom) -> None:
    gone = incident("views", "os=iOS", phase=Phase.CLOSED)
    room.happens(incident("likes", "all"), incident("ctr", "os=iOS"), gone)
    room.press("night:a")
    room.work()
    # 14:31 in Moscow: until nine the next morning.
    minutes = (18 * 60) + 29 - 0.5
    assert room.silences == [("likes", None, minutes), ("ctr", None, minutes)]
    assert "01.02 09:00 MSK — Likes, all slices; CTR, all slices." in room.notes[0]


def test_false_widens_the_headlines_band_for_a_week_once_and_says_so(room: BotRoom) -> None:
    room.happens(incident(), incident("views"))
    room.press("false:a")
    room.press("false:a", user=8, name="bob")
    room.work()
    now = room.mail.now.timestamp()
    (tolerance,) = ToleranceRepository(room.engine).between(now, now + 1)
    assert (tolerance.metric, tolerance.slice_key, tolerance.factor) == ("likes", "os=Android", FACTOR)
    assert (tolerance.starts, tolerance.ends) == (now, now + LASTS.total_seconds())
    (note,) = room.notes
    assert note == (
        "👎 @ann: false. The threshold of “Likes · Android” is 1.25 times higher for new windows "
        "(×1.25 in all) until 07.02 14:31 MSK."
    )
    assert room.toasts[1] == "Called false already: @ann."


def test_correct_is_a_label_and_takes_back_what_false_has_widened(room: BotRoom) -> None:
    room.happens()
    room.press("false:a")
    room.work()
    room.mail.now += timedelta(minutes=20)
    room.press("correct:a")
    room.press("correct:a")
    room.work()
    now = room.mail.now.timestamp()
    assert ToleranceRepository(room.engine).between(now, now + 1) == []
    # A window of before is judged as it was, however often it is computed.
    assert len(ToleranceRepository(room.engine).between(now - 600, now - 599)) == 1
    assert room.notes[1:] == [
        "👍 @ann: correct. It is a label for backtests. The threshold of “Likes · Android” is what it was."
    ]
    assert [action.kind for action in room.actions] == [ActionKind.FALSE, ActionKind.CORRECT]


def test_a_source_without_events_can_be_taken_and_neither_muted_nor_called_false(room: BotRoom) -> None:
    since = incident().first_bad
    outage = Outage(SourceState("feed", "feed_actions", None, 0), since, windows=2, is_late=False, last=since)
    room.happens(outage=outage)
    for action in ("hour", "night", "false", "take"):
        room.press(f"{action}:a")
    room.work()
    assert room.silences == []
    assert [action.kind for action in room.actions] == [ActionKind.TAKE]


def test_a_late_answer_is_swallowed_and_the_press_counts(room: BotRoom) -> None:
    room.happens()
    room.press("take:a")
    room.mail.api.pressed.clear()
    room.work()
    assert room.toasts == []
    assert ActionRepository(room.engine).taken_by(["a"]) == {"a": "@ann"}


def test_a_press_that_comes_again_after_a_crash_before_it_was_confirmed_counts_once(room: BotRoom) -> None:
    room.happens()
    room.press("hour:a")
    update = room.mail.api.updates[-1]
    room.work()
    # The database was written, how far the bot had read was not.
    with room.engine.begin() as connection:
        connection.execute(sa.update(BOTS).values(next_update=None))
    room.mail.api.updates.append(update)
    # And the silence was ended in between, so that only the key says that it was done.
    with room.engine.begin() as connection:
        connection.execute(sa.update(SILENCES).values(expired_at=SILENCES.c.starts))
    room.work()
    assert (len(room.actions), room.silences, len(room.notes)) == (1, [], 1)


def test_a_chat_that_is_set_up_by_its_public_name_is_known_by_that(room: BotRoom) -> None:
    room.happens()
    with room.engine.begin() as connection:
        connection.execute(sa.update(OUTBOX).values(chat="@likes"))
    assert room.desk.groups.has_message("a", {"-100777", "@likes"}, str(room.message))
    assert not room.desk.groups.has_message("a", {"-100777"}, str(room.message))
