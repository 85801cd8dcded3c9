"""Reruns and late rows on every engine: what is noticed, what is compared, what is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.clickhouse.versions import SCORES_ASSET
from vk_alerts.pipeline import (
    HistoryReport,
    Stores,
    advance_incidents,
    copy_history,
    deliver,
    late_rows,
    post_of,
    take_snapshots,
)
from vk_alerts.resources import notifier_for
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.contract_backends import ENGINES, with_event_tables
from vk_alerts_tests.integration.worlds import commit_scores, halved, live, quarter_hours, scored, stores_in

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.server if name == "server" else ()) for name in ENGINES]
)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """The stores of an installation without a single event."""
    target = with_event_tables(request.param)
    opened = stores_in(target, tmp_path, clickhouse_url=target.url_with_password())
    yield opened
    opened.events.execute(f"DROP DATABASE {target.database}")


def after(window: datetime) -> datetime:
    return window_end(window) + timedelta(minutes=2)


def send(stores: Stores, window: datetime, messages: int) -> None:
    """So many messages in a window."""
    stores.events.execute(
        "INSERT INTO message_actions (user_id, reciever_id, time) "
        f"SELECT number, 1, toDateTime({int(window.timestamp())}) FROM numbers({messages})"
    )


def measure(stores: Stores, window: datetime) -> None:
    """Snapshots of a window, and a score."""
    for source in stores.catalog.sources:
        take_snapshots(stores, source.name, window, window + STEP, by=live(after(window)))
    commit_scores(stores, [scored(window)], now=after(window))


def test_a_live_window_with_other_events_than_its_snapshot_is_noticed_until_it_is_computed_again(
    stores: Stores,
) -> None:
    old, empty, full, unscored = quarter_hours(T0, 4)
    now = after(unscored)
    send(stores, full, 100)
    for window in (empty, full):
        measure(stores, window)
    for source in stores.catalog.sources:
        take_snapshots(stores, source.name, old, old + STEP, by=live(now))
    assert late_rows(stores, now=now) == []
    for window in (old, empty, full, unscored):
        send(stores, window, 7)
    first, second = late_rows(stores, now=now)
    assert (first.window, first.events) == (empty, (("messenger", 0, 7),))
    assert (second.window, second.events) == (full, (("messenger", 100, 107),))
    assert second.key == "2026-01-29-12:30:messenger=107"
    assert second.reason == "window 2026-01-29-12:30: messenger has 107 events, its snapshot 100"
    for window in (empty, full):
        measure(stores, window)
    assert late_rows(stores, now=now) == []
    # What is no longer live is the past: nobody asks for it.
    send(stores, full, 1)
    assert late_rows(stores, now=now + timedelta(hours=1)) == []


def test_a_window_that_is_computed_again_is_found_compared_and_taken_back(stores: Stores) -> None:
    windows = quarter_hours(T0, 3)
    stores.incidents.begin_at(T0 - STEP)
    slices = [f"os={name}" for name in ("iOS", "it's", "a,b\\")]
    for window in windows:
        rows = [halved(window), *(scored(window, slice_key=key) for key in slices)]
        commit_scores(stores, rows, now=after(window))
        advance_incidents(stores, now=after(window))
    before = {c.window: c.version for c in stores.results.commits(SCORES_ASSET, T0, windows[-1] + STEP)}
    rows = [scored(windows[1]), *(scored(windows[1], slice_key=key) for key in slices[:2])]
    commit_scores(stores, rows, now=after(windows[-1]))
    (again,) = stores.results.recommitted(SCORES_ASSET, T0, windows[-1] + STEP, since=before[windows[-1]])
    assert (again.window, again.rows) == (windows[1], 3)
    frame = stores.results.score_versions(T0, windows[-1] + STEP, [before[windows[1]], again.version])
    assert sorted(frame["version"].tolist()) == [before[windows[1]]] * 4 + [again.version] * 3
    some = stores.results.scores_of(
        T0, windows[-1] + STEP, [("messages", slices[1]), ("messages", slices[2])]
    )
    assert sorted(some["slice"]) == sorted([slices[1]] * 3 + [slices[2]] * 2)

    report = advance_incidents(stores, now=after(windows[-1])).corrections
    assert (report.windows, report.revisions) == ((windows[1],), 2)
    # Bad, good, bad: nothing that would have opened.
    assert [row.kind for row in stores.outbox.rows()] == [
        NotificationKind.OPEN,
        NotificationKind.UPDATE,
        NotificationKind.CORRECTION,
    ]


def test_incidents_and_messages_are_copied_once_and_read_as_they_stand(stores: Stores) -> None:
    windows = quarter_hours(T0, 5)
    stores.incidents.begin_at(T0 - STEP)

    def play(window: datetime, rows: list[dict[str, object]]) -> HistoryReport:
        commit_scores(stores, rows, now=after(window))
        advance_incidents(stores, now=after(window))
        deliver(post_of(stores), notifier_for(stores.settings), now=lambda: after(window))
        return copy_history(stores, now=after(window))

    ugly = 'os=it\'s \\\\ "a"\n🔴'
    copied = [play(window, [halved(window, slice_key=ugly)]) for window in windows[:3]]
    assert [(one.incidents, one.messages, one.problem) for one in copied] == [
        (0, 0, None),
        (1, 1, None),
        (1, 0, None),
    ]
    for window in windows[3:]:
        play(window, [scored(window, slice_key=ugly)])
    span = (T0, T0 + timedelta(days=1))
    (incident,) = stores.results.incident_history(*span).to_dict("records")
    assert (incident["state"], incident["slice"], incident["bad_windows"]) == ("closed", ugly, 3)
    assert (incident["closed_at"], incident["first_bad"]) == (windows[4], T0)
    messages = stores.results.notification_history(*span)
    assert sorted(messages["kind"]) == ["open", "resolved", "update"]
    assert set(messages["state"]) == {"sent"}
    assert set(messages["group"]) == {incident["group"]}
    assert "🔴" in messages["text"].iloc[0]
    assert copy_history(stores, now=after(windows[-1])) == HistoryReport(0, 0)


def test_what_cannot_be_copied_fails_nothing_and_is_copied_by_the_next_run(stores: Stores) -> None:
    stores.incidents.begin_at(T0 - STEP)
    commit_scores(stores, [halved(T0, score=20.0)], now=after(T0))
    advance_incidents(stores, now=after(T0))
    stores.events.execute("RENAME TABLE incident_history TO elsewhere")
    failed = copy_history(stores, now=after(T0))
    assert (failed.incidents, failed.messages) == (0, 0)
    assert "incident_history" in str(failed.problem)
    stores.events.execute("RENAME TABLE elsewhere TO incident_history")
    assert copy_history(stores, now=after(T0)) == HistoryReport(1, 0)
