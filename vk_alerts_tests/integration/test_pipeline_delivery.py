"""From scores to what a chat shows: through the state database, the chart and a strict Bot API server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.clickhouse.target import Target
from vk_alerts.delivery.telegram import TelegramNotifier
from vk_alerts.pipeline import DeliveryReport, Stores, advance_incidents, deliver, post_of
from vk_alerts.pipeline.delivering import pictures
from vk_alerts.settings import TOKEN_VARIABLE
from vk_alerts.state.outbox import LEASE_SECONDS, RowState
from vk_alerts.state.tables import OUTBOX
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.bot_api import (
    TOKEN,
    BotApi,
    Fault,
    Way,
    api_error,
    bot_api,
    check_png,
    closed_port,
    web_page,
)
from vk_alerts_tests.integration.worlds import commit_scores, halved, live, quarter_hours, scored, stores_in

CHAT = "-1001"
T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LAST_DAY = quarter_hours(T0 - DAY, 96)
BAD, GOOD = quarter_hours(T0, 2), quarter_hours(T0 + 2 * STEP, 2)
OPEN_AT = window_end(BAD[-1]) + timedelta(seconds=90)
_OPEN_END_EDIT = [NotificationKind.OPEN, NotificationKind.RESOLVED, NotificationKind.UPDATE]
RESOLVED_AT = window_end(GOOD[-1]) + timedelta(seconds=90)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with bot_api() as server:
        yield server


@pytest.fixture
def telling(stores: Stores, database: Target, api: BotApi) -> Stores:
    """Stores that alert in the double's chat, with a quiet day of messages and yesterday's values."""
    opened = stores_in(
        database,
        stores.settings.home,
        telegram_is_set=True,
        telegram_chat=CHAT,
        telegram_api=api.root,
        dagster_url="https://dagster.example",
    )
    opened.incidents.begin_at(T0 - STEP)
    by = live(T0)
    rows = pd.DataFrame(
        {
            "metric": "messenger_users",
            "slice": "all",
            "window_start": [*quarter_hours(T0 - DAY, 96), *quarter_hours(T0 - 7 * DAY, 4)],
            "value": [1100.0] * 96 + [900.0] * 4,
            "numerator": [1100.0] * 96 + [900.0] * 4,
            "denominator": 1.0,
            "events": 1100,
        }
    )
    windows = list(rows["window_start"])
    opened.results.write_snapshots("messenger", rows, windows=windows, by=by)
    day = pd.DataFrame([scored(window, metric="messenger_users") for window in LAST_DAY])
    opened.results.write_scores(day, windows=LAST_DAY, by=by)
    return opened


def drop(stores: Stores) -> None:
    """Half of the users are missing in two windows, together with their messages."""
    for window in BAD:
        messages = halved(window, value=300.0, expected=500.0, score=5.0)
        now = window_end(window) + timedelta(seconds=90)
        commit_scores(stores, [halved(window, metric="messenger_users"), messages], now=now)
        advance_incidents(stores, now=now)


def recover(stores: Stores) -> None:
    for window in GOOD:
        now = window_end(window) + timedelta(seconds=90)
        messages = scored(window, value=500.0, expected=500.0)
        commit_scores(stores, [scored(window, metric="messenger_users"), messages], now=now)
        advance_incidents(stores, now=now)


def send(stores: Stores, now: datetime) -> DeliveryReport:
    return deliver(post_of(stores), TelegramNotifier(api_root=stores.settings.telegram_api), now=lambda: now)


def states(stores: Stores) -> list[RowState]:
    return [row.state for row in stores.outbox.rows()]


def problem(stores: Stores) -> str:
    return stores.outbox.rows()[-1].problem or ""


def test_a_drop_is_told_with_every_part_of_the_template_and_its_chart(telling: Stores, api: BotApi) -> None:
    drop(telling)
    report = send(telling, OPEN_AT)
    (message,) = api.accepted
    lines = message.shown.text.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    # The wording of the evidence in between is held by the tests of the renderer.
    assert lines[:2] == [
        "🔴 Messenger users ↓ 50% · all users · 15:15–15:30 MSK",
        "Metric Messenger users in slice all users. Current value 500. Deviation of more than 30%.",
    ]
    evidence = "\n".join(lines[2:-2])
    for part in ("1,000", "800–1,200", "1,100 (−54.5%)", "900 (−44.4%)", "2 windows in a row", "15:00"):
        assert part in evidence
    assert "• Messages sent · all users: 300 (−40%)" in lines
    assert lines[-2:] == [
        "Chart · Dashboard · Partition in Dagster",
        "@messenger_oncall #messenger_users #inc_" + telling.outbox.rows()[0].story.short_id,
    ]
    assert message.shown.links == [
        ("Chart", "https://bi.example.com/superset/messenger-realtime"),
        ("Dashboard", "https://bi.example.com/superset/dashboard/messenger"),
        (
            "Partition in Dagster",
            "https://dagster.example/assets/anomaly_scores?view=partitions&partition=2026-01-29-12%3A15",
        ),
    ]
    assert message.photo is not None
    check_png(message.photo)
    assert len(message.photo) < 100_000
    assert (message.chat, message.silent, message.reply_to) == (CHAT, False, None)
    assert (report.count(RowState.SENT), states(telling)) == (1, [RowState.SENT])


def test_the_recovery_replies_silently_to_its_opening(telling: Stores, api: BotApi) -> None:
    drop(telling)
    send(telling, OPEN_AT)
    recover(telling)
    send(telling, RESOLVED_AT)
    opening, end = api.accepted
    assert end.reply_to == opening.message_id
    assert (opening.silent, end.silent) == (False, True)
    first, *_ = end.shown.text.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert first == "🟢 Recovered: Messenger users · all users. Lasted 30 min, lowest −50%."
    assert end.photo is not None


def test_what_was_sent_is_never_sent_again(telling: Stores, api: BotApi) -> None:
    drop(telling)
    send(telling, OPEN_AT)
    assert send(telling, OPEN_AT + DAY).fates == ()
    assert len(api.accepted) == 1


def test_an_answer_of_500_before_acceptance_is_delivered_later_exactly_once(
    telling: Stores, api: BotApi
) -> None:
    drop(telling)
    api.before.append(web_page(500))
    first = send(telling, OPEN_AT)
    assert (api.accepted, first.count(RowState.READY)) == ([], 1)
    assert send(telling, OPEN_AT + timedelta(seconds=59)).fates == ()
    for minutes in (1, 2, 3):
        send(telling, OPEN_AT + timedelta(minutes=minutes))
    assert (len(api.accepted), states(telling)) == (1, [RowState.SENT])


@pytest.mark.parametrize("fault", [web_page(500), Fault(Way.RESET)])
def test_an_answer_lost_after_acceptance_is_repeated_once_at_most(
    telling: Stores, api: BotApi, fault: Fault
) -> None:
    drop(telling)
    api.after.extend([fault, fault, fault])
    for minutes in (0, 1, 2, 3):
        send(telling, OPEN_AT + timedelta(minutes=minutes))
    assert len(api.accepted) == 2
    assert states(telling) == [RowState.UNCERTAIN]


def test_telegram_out_of_reach_loses_nothing_however_long(
    telling: Stores, database: Target, api: BotApi
) -> None:
    drop(telling)
    cut_off = stores_in(
        database,
        telling.settings.home,
        telegram_is_set=True,
        telegram_chat=CHAT,
        telegram_api=f"http://127.0.0.1:{closed_port()}",
    )
    now = OPEN_AT
    for pause in (15, 30, 60):
        assert send(cut_off, now).count(RowState.READY) == 1
        assert send(cut_off, now + timedelta(seconds=pause - 1)).fates == ()
        now += timedelta(seconds=pause)
    with telling.outbox.engine.begin() as connection:
        connection.execute(sa.update(OUTBOX).values(attempts=50))
    send(cut_off, now)
    now += timedelta(minutes=10)  # never longer
    assert "cannot be reached" in problem(telling)
    api.before.append(web_page(502))  # the first sign of life is an error, and does not count for more
    send(telling, now)
    send(telling, now + timedelta(minutes=1))
    assert (len(api.accepted), states(telling)) == (1, [RowState.SENT])


def test_a_sender_that_died_is_followed_by_another_when_its_lease_ends(telling: Stores, api: BotApi) -> None:
    drop(telling)
    assert telling.outbox.claim_next(OPEN_AT.timestamp()) is not None  # … and never heard of again
    assert send(telling, OPEN_AT).fates == ()
    send(telling, OPEN_AT + timedelta(seconds=LEASE_SECONDS + 1))
    assert (len(api.accepted), states(telling)) == (1, [RowState.SENT])


def test_a_bot_that_was_kicked_leaves_the_message_dead_with_the_reason_and_detection_goes_on(
    telling: Stores, api: BotApi
) -> None:
    api.kicked.add(CHAT)
    drop(telling)
    report = send(telling, OPEN_AT)
    assert (report.count(RowState.DEAD), api.accepted) == (1, [])
    assert "kicked" in problem(telling)
    recover(telling)
    assert not telling.incidents.has_open_incidents()
    assert telling.incidents.watermark() == GOOD[-1]
    assert [row.kind for row in telling.outbox.rows()] == _OPEN_END_EDIT
    api.kicked.clear()
    send(telling, RESOLVED_AT)
    (end,) = api.accepted
    assert end.reply_to is None


def test_an_unknown_bot_keeps_the_queue(
    telling: Stores, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(telling)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN[:-1] + "X")
    send(telling, OPEN_AT)
    assert (api.accepted, states(telling)) == ([], [RowState.READY])
    assert TOKEN_VARIABLE in problem(telling)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    send(telling, OPEN_AT + timedelta(minutes=10))
    assert states(telling) == [RowState.SENT]


def test_a_rate_limit_is_obeyed_to_the_second(telling: Stores, api: BotApi) -> None:
    drop(telling)
    api.before.append(api_error(429, "Too Many Requests: retry after 37", retry_after=37))
    send(telling, OPEN_AT)
    assert send(telling, OPEN_AT + timedelta(seconds=36)).fates == ()
    send(telling, OPEN_AT + timedelta(seconds=37))
    assert len(api.accepted) == 1


def test_a_chart_that_cannot_be_drawn_does_not_hold_up_the_message(telling: Stores, api: BotApi) -> None:
    drop(telling)
    telling.events.execute("DROP TABLE metric_snapshots")
    send(telling, OPEN_AT)
    (message,) = api.accepted
    assert message.photo is None
    assert message.shown.text.startswith("🔴 Messenger users")
    assert states(telling) == [RowState.SENT]


def test_a_chart_that_takes_too_long_does_not_hold_up_the_message(
    telling: Stores, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(telling)
    monkeypatch.setattr(pictures, "CHART_DEADLINE_SECONDS", 0.0)
    send(telling, OPEN_AT)
    (message,) = api.accepted
    assert message.photo is None


def test_a_photo_that_telegram_refuses_is_left_out_and_this_is_noted(telling: Stores, api: BotApi) -> None:
    drop(telling)
    api.before.append(api_error(400, "Bad Request: IMAGE_PROCESS_FAILED"))
    send(telling, OPEN_AT)
    (message,) = api.accepted
    assert message.photo is None
    assert "without the photo" in problem(telling)


def test_a_message_that_went_out_is_kept_as_it_was_shown(telling: Stores, api: BotApi) -> None:
    drop(telling)
    send(telling, OPEN_AT)
    (row,) = telling.outbox.rows()
    assert row.message_id == str(api.accepted[0].message_id)
    assert row.caption is not None
    assert "<b>Messenger users</b>" in row.caption
