"""What the bot answers to commands: from the state database alone, and from the newest scores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.tolerance import Tolerance
from vk_alerts.alerting.verdicts import DecidedBy
from vk_alerts.clickhouse.target import Target
from vk_alerts.evaluation.labels import Label, confirmed_labels
from vk_alerts.materialization import score_metadata
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline import ScoreReport
from vk_alerts.pipeline.thresholds import Thresholds, read_thresholds
from vk_alerts.state.database import transaction
from vk_alerts.state.incidents import IncidentRepository
from vk_alerts.state.tolerances import add_tolerance
from vk_alerts.windows import STEP
from vk_alerts_tests.integration.bot_api import check_png
from vk_alerts_tests.integration.bot_room import ANN, STRANGER, BotRoom, bot_room, incident
from vk_alerts_tests.integration.worlds import commit_scores, scored, stores_in
from vk_alerts_tests.unit.alerting.stories import WINDOW

NO_SCORES = ScoreReport(0, 0, 0, 0, None, "", "", None, DecidedBy.OWN, 0, 0.0, 0.0)


@pytest.fixture
def room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[BotRoom]:
    with bot_room(tmp_path, monkeypatch, caplog) as opened:
        yield opened


def asked(room: BotRoom, text: str) -> str:
    before = len(room.mail.accepted)
    room.say(text)
    room.work()
    texts = [message.shown.text for message in room.mail.accepted[before:]]
    return "\n".join(texts).replace("\N{NO-BREAK SPACE}", " ")


def test_status_tells_how_the_watcher_is_without_clickhouse(room: BotRoom) -> None:
    assert asked(room, "/status").splitlines() == [
        "No window has been judged yet.",
        "Open incidents: 0",
        "Messages waiting to be sent: 0",
    ]
    room.happens()
    IncidentRepository(room.engine).begin_at(WINDOW)
    room.press("hour:a")
    room.work()
    assert asked(room, "/status@double_bot").splitlines() == [
        "Newest window: 14:30 MSK (2 min ago)",
        "Open incidents: 1",
        "Messages waiting to be sent: 0",
        "🔕 Likes · Android until 15:31 MSK (@ann)",
    ]


def test_incidents_are_a_line_each_with_who_is_on_it(room: BotRoom) -> None:
    assert asked(room, "/incidents") == "🟢 All is normal now."
    room.happens(incident(), incident("views"), incident("ctr", phase=Phase.CLOSED))
    room.press("take:a")
    room.work()
    assert asked(room, "/incidents") == (
        "🔴 #inc_A Likes · Android −31% (+1) · since 14:00 MSK · @ann is on it"
    )


def test_mute_silences_what_is_named_and_says_until_when(room: BotRoom) -> None:
    assert asked(room, "/mute likes") == "🔕 @ann: silence until 15:31 MSK — Likes, all slices."
    assert asked(room, "/mute likes os=Android") == "Silent until 15:31 MSK already."
    told = asked(room, "/mute Пользователи ленты os=iOS 1,5")
    assert told == "🔕 @ann: silence until 16:01 MSK — Feed users · iOS."
    assert room.silences == [("likes", None, 60), ("feed_users", "os=iOS", 90)]
    assert [(action.by, action.detail) for action in room.actions] == [
        ("@ann", "id 7; likes * for 1 h"),
        ("@ann", "id 7; feed_users os=iOS for 1.5 h"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/mute", "Which metric? There are: feed_users, views,"),
        ("/mute likes 0", "Hours are from 0.25 to 168."),
        ("/mute likes 999", "Hours are from 0.25 to 168."),
        ("/mute likes planet=Mars", "No such slice — planet=Mars: os, gender"),
        ("/why likes", "⚠️ That failed: ClickHouse clickhouse.example:8123: nobody answers"),
        ("/chart <b>", "Which metric?"),
        ("/mute likes <b>", "⚠️ That failed: ClickHouse"),
        ("/help", "Commands:\n/status"),
        ("/nonsense@double_bot", "There is no such command.\nCommands:"),
    ],
)
def test_what_cannot_be_answered_is_told_with_what_can(room: BotRoom, text: str, told: str) -> None:
    assert asked(room, text).startswith(told)
    assert room.silences == []


def test_a_stranger_gets_no_answer_but_a_polite_one(room: BotRoom) -> None:
    room.say("/status", user=STRANGER, name="eve")
    room.say("/mute likes", user=STRANGER, name="eve")
    room.work()
    assert [note[:43] for note in room.notes] == ["Sorry, these buttons and commands are for th"[:43]] * 2
    assert room.silences == []


def test_what_is_not_said_to_the_bot_is_left_alone(room: BotRoom) -> None:
    for text in ("hello", "/nonsense", "/status@another_bot", "what is /status?"):
        room.say(text)
    room.work()
    assert room.mail.accepted == []


def test_an_answer_goes_to_the_one_who_asked_in_private(room: BotRoom) -> None:
    room.mail.api.chats.add(str(ANN))
    room.say("/nonsense", chat=str(ANN))
    room.work()
    assert [message.chat for message in room.mail.accepted] == [str(ANN)]


def test_what_was_called_correct_is_a_label_until_it_is_called_false(room: BotRoom) -> None:
    room.happens(incident(), incident("views", first_bad=WINDOW - 3 * STEP))
    room.press("correct:a")
    room.work()
    assert confirmed_labels(room.desk.groups.confirmed()) == [
        Label(WINDOW - 3 * STEP, WINDOW + STEP, "likes", "os=Android", "feed")
    ]
    room.press("false:a")
    room.work()
    assert room.desk.groups.confirmed() == []


def test_a_widened_series_has_a_higher_threshold_in_its_windows_and_no_other_series_has() -> None:
    factors = {("likes", "all"): np.array([1.0, 1.25])}
    thresholds = Thresholds(np.zeros(2, dtype=np.int64), ({("likes", "os=iOS"): 4.0},), factors)
    likes = load_catalog(None).metric("likes")
    start = likes.threshold
    assert thresholds.of(likes, ["all", "os=iOS"]).tolist() == [[start, 1.25 * start], [4.0, 4.0]]


def test_why_and_chart_show_the_newest_scores_and_what_was_widened(
    room: BotRoom, database: Target, tmp_path: Path
) -> None:
    stores = stores_in(database, tmp_path)
    room.desk = replace(room.desk, stores=lambda: stores)
    now = room.mail.now
    with transaction(room.engine) as connection:
        since = WINDOW.timestamp()
        add_tolerance(connection, Tolerance("messages", "all", 1.25, since, since + 7 * 86_400, "@ann", "a"))
    factors = read_thresholds(stores, [WINDOW - STEP, WINDOW]).factors
    assert {series: list(values) for series, values in factors.items()} == {("messages", "all"): [1.0, 1.25]}
    by_android = scored(WINDOW, slice_key="os=Android", value=520.0)
    commit_scores(stores, [scored(WINDOW, value=510.0, score=9.0), by_android], now=now)
    told = asked(room, "/why Messages sent").splitlines()
    assert told[0] == "Messages sent · all users · 14:15–14:30 MSK"
    assert told[1].startswith("Value 510 · Expected")
    assert told[2].startswith("Score 9.0 with a threshold of 4.5: ")
    assert told[3] == "The threshold is 1.25 times higher until 07.02 14:15 MSK (@ann)"
    assert asked(room, "/why messages android").startswith("Messages sent · Android ·")
    assert asked(room, "/why messages web").startswith("No such slice — web: os=Android, …")
    assert "was not judged" in asked(room, "/chart messages os=web")
    assert asked(room, "/chart messages") == "Messages sent · all users"
    check_png(room.mail.accepted[-1].photo or b"")
    figures = score_metadata(stores, NO_SCORES, WINDOW + STEP)
    assert figures["thresholds raised after false alerts"].value == (
        "- messages · all: ×1.25 until 2026-02-07 11:15 UTC, by @ann"
    )
    assert "thresholds raised after false alerts" not in score_metadata(stores, NO_SCORES, WINDOW)
    room.mail.now += timedelta(days=2)
    assert asked(room, "/why messages") == "No window has been judged yet."
