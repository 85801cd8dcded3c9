"""The daily sign of life on real stores: yesterday's figures, once in the outbox, sent at most once."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from vk_alerts.alerting.promises import Promise
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.pipeline import is_told, post_of, tell_alive
from vk_alerts.pipeline.liveliness import day_bounds
from vk_alerts.schedules import build_morning_schedule
from vk_alerts.state.actions import Action, ActionKind
from vk_alerts.state.database import transaction
from vk_alerts.state.foldings import Folding, note_folding
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.dagster_runs import resources_at
from vk_alerts_tests.integration.worlds import commit_scores, halved, stores_in

# The local day of Moscow begins at 21:00 UTC.
WINDOW = datetime(2026, 3, 4, 20, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 5, 7, 4, tzinfo=UTC)


def test_yesterdays_figures_are_told_once_to_the_operators_chat(database: Target, tmp_path: Path) -> None:
    stores = stores_in(database, tmp_path, telegram_is_set=True, telegram_chat="-1001")
    judged = [
        halved(WINDOW, score=9.0),
        halved(WINDOW + STEP),
        halved(WINDOW + STEP, slice_key="os=iOS", score=None),
    ]
    today = halved(WINDOW + 2 * STEP)
    commit_scores(stores, [*judged, today], now=MORNING)
    with transaction(stores.outbox.engine) as connection:
        for window, minutes in ((WINDOW, 2), (WINDOW + STEP, 7), (WINDOW + 2 * STEP, 60)):
            at = window_end(window) + timedelta(minutes=minutes)
            note_folding(connection, Folding(window, 1, Origin.LIVE, at.timestamp()))
    for days in (0, 1):  # the second one is today's
        at = (WINDOW + timedelta(days=days)).timestamp()
        stores.actions.add(Action("g", ActionKind.FALSE, "@ann", at), key=f"press {days}")
    post = post_of(stores)
    assert not is_told(post, now=MORNING)
    figures = tell_alive(stores, now=MORNING)
    tell_alive(stores, now=MORNING + timedelta(hours=1))
    assert is_told(post, now=MORNING)
    assert not is_told(post, now=MORNING + timedelta(days=1))
    (row,) = stores.outbox.rows()
    assert (row.chat, row.promise) == ("-1001", Promise.AT_MOST_ONCE)
    assert "windows 2 of 96, alerts 0, called false 1, the slowest window 23:45: 7.0 min" in (
        row.heading or ""
    )
    assert (figures.day, figures.series, figures.silent) == (date(2026, 3, 4), 2, 1)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_the_clock_says(day: str, hours: int) -> None:
    start, end = day_bounds(date.fromisoformat(day), "Europe/Berlin")
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "hour", "told"),
    [
        (MORNING, 10, "requested"),
        (MORNING - timedelta(hours=1), 10, "it is told from 10:00 on"),
        (MORNING + timedelta(hours=9), 10, "requested"),
        (MORNING, None, "it is never told"),
    ],
)
def test_it_is_due_from_its_local_hour_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime, hour: int | None, told: str
) -> None:
    monkeypatch.setenv("VK_ALERTS_HOME", str(tmp_path))
    monkeypatch.delenv("VK_ALERTS_STATE_URL", raising=False)
    schedule = build_morning_schedule("Europe/Moscow", hour=hour)
    with dg.build_schedule_context(resources=resources_at(now)) as context:
        ticked = schedule.evaluate_tick(context)
    assert (ticked.skip_message or "requested") == told
    assert bool(ticked.run_requests) is (told == "requested")
