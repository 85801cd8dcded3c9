"""How far a source's events reach, and that a tick of the schedule waits for them."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from vk_alerts.clickhouse.target import Target
from vk_alerts.pipeline import Stores, watermarks
from vk_alerts.pipeline.completeness import LONGEST_WAIT
from vk_alerts.resources import AlertingResource, ClockResource
from vk_alerts.schedules import build_schedule
from vk_alerts.windows import STEP, window_end, window_key
from vk_alerts_tests.integration.dagster_runs import Dagster, due
from vk_alerts_tests.integration.worlds import END, LIVE, url_of


def test_a_watermark_is_the_newest_event_that_is_not_of_the_future(stores_with_history: Stores) -> None:
    reached = watermarks(stores_with_history, END)
    assert all(newest is not None and END - STEP < newest < END for newest in reached.values())
    noon = LIVE + timedelta(minutes=40)
    early = watermarks(stores_with_history, noon)
    assert all(
        newest is not None and noon - timedelta(minutes=5) < newest <= noon for newest in early.values()
    )


def test_a_source_without_recent_events_has_no_watermark(stores_with_history: Stores) -> None:
    assert watermarks(stores_with_history, END + timedelta(days=3)) == {"feed": None, "messenger": None}


@pytest.mark.slow
def test_a_tick_waits_for_events_and_asks_when_they_are_there_or_the_wait_is_over(
    dagster: Dagster, database: Target, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VK_ALERTS_CLICKHOUSE_URL", url_of(database))
    window = datetime(2026, 1, 29, 12, tzinfo=UTC)

    def tick(now: datetime) -> tuple[list[str | None], str]:
        resources = {"clock": ClockResource(fixed_at=now.isoformat()), "alerting": AlertingResource()}
        with dg.build_schedule_context(
            dagster.instance,
            scheduled_execution_time=now,
            resources=resources,
            repository_def=dagster.defs.get_repository_def(),
        ) as context:
            ticked = build_schedule(window).evaluate_tick(context)
        return [request.partition_key for request in ticked.run_requests or []], ticked.skip_message or ""

    assert tick(due(window)) == ([], f"{window_key(window)} waits for feed: it has no events")
    over = window_end(window) + LONGEST_WAIT
    assert tick(over) == ([window_key(window)], "")
    for table in ("feed_actions", "message_actions"):
        stores.events.execute(f"INSERT INTO {table} (time) VALUES ({int(window_end(window).timestamp())})")
    assert tick(due(window)) == ([window_key(window)], "")
