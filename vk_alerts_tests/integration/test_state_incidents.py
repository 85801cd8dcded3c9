"""Incidents and their messages move together, once per window, and only what is live is told."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.audience import Audience
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.plan import LIVE_WITHIN, Outcome, Situation
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.errors import StateError
from vk_alerts.pipeline import IncidentReport, Stores, advance_incidents, ring_for
from vk_alerts.pipeline.awaiting import WAIT_FOR_WINDOW
from vk_alerts.state.actions import Action, ActionKind
from vk_alerts.state.foldings import Folding
from vk_alerts.state.incidents import Committed
from vk_alerts.state.tables import GROUPS, INCIDENTS, OUTBOX, WATERMARKS
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.worlds import (
    commit_scores,
    halved,
    quarter_hours,
    scored,
    stores_in,
    url_of,
)

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
SOON = timedelta(seconds=90)
OPEN, RESOLVED, UPDATE = NotificationKind.OPEN, NotificationKind.RESOLVED, NotificationKind.UPDATE


def after(window: datetime) -> datetime:
    """The moment a live run is done with a window."""
    return window_end(window) + SOON


def begun(stores: Stores, at: datetime = T0) -> Stores:
    """The stores of an installation that has folded the window before ``at``."""
    stores.incidents.begin_at(at - STEP)
    return stores


def told(stores: Stores) -> list[tuple[NotificationKind, str]]:
    return [(row.kind, row.story.headline.metric) for row in stores.outbox.rows()]


def phases(stores: Stores) -> list[Phase]:
    return [incident.phase for incident in everything(stores).incidents.values()]


def everything(stores: Stores) -> Situation:
    return stores.incidents.situation(since=datetime(2020, 1, 1, tzinfo=UTC))


def play(stores: Stores, windows: Sequence[datetime], bad: Sequence[datetime]) -> list[IncidentReport]:
    """Commits and folds windows one by one, as they come."""
    reports = []
    for window in windows:
        commit_scores(stores, [halved(window) if window in bad else scored(window)], now=after(window))
        reports.append(advance_incidents(stores, now=after(window)))
    return reports


def count(stores: Stores, table: sa.Table) -> int:
    with stores.incidents.engine.begin() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_two_bad_windows_open_and_two_good_ones_close(stores: Stores) -> None:
    windows = quarter_hours(T0, 6)
    reports = play(begun(stores), windows, bad=windows[1:3])
    assert told(stores) == [(OPEN, "messages"), (RESOLVED, "messages"), (UPDATE, "messages")]
    assert [len(report.folded[0].tellings) for report in reports] == [0, 0, 1, 0, 2, 0]
    assert phases(stores) == [Phase.CLOSED]
    assert not stores.incidents.has_open_incidents()


def test_every_edit_of_a_message_is_a_row_of_its_own(stores: Stores) -> None:
    begun(stores)
    android = {"slice_key": "os=Android", "expected": 300.0}
    for window, total, part in zip(quarter_hours(T0, 9), "-xxx--xx-", "--xx-----", strict=True):
        rows = [
            halved(window) if total == "x" else scored(window),
            halved(window, value=150.0, **android) if part == "x" else scored(window, value=300.0, **android),
        ]
        commit_scores(stores, rows, now=after(window))
        advance_incidents(stores, now=after(window))
    edits = [row for row in stores.outbox.rows() if row.kind is UPDATE]
    # A slice joins; all of it is over; it opens again, which the first message shows besides the reply.
    assert [(row.sequence, len(row.story.members), row.story.is_over) for row in edits] == [
        (0, 1, False),
        (0, 1, True),
        (0, 1, False),
    ]
    assert {row.story.window for row in edits} == {T0 + 2 * STEP}


def test_a_failure_in_the_outbox_leaves_the_incidents_and_the_watermark_alone(stores: Stores) -> None:
    windows = quarter_hours(T0, 2)
    begun(stores)
    commit_scores(stores, [halved(window) for window in windows], now=after(windows[-1]))
    with stores.incidents.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    with pytest.raises(StateError, match="disk is full"):
        advance_incidents(stores, now=after(windows[-1]))
    assert stores.incidents.watermark() == windows[0]  # the first window leads to no message
    assert phases(stores) == [Phase.PENDING]
    assert (count(stores, GROUPS), count(stores, OUTBOX)) == (0, 0)

    with stores.incidents.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    advance_incidents(stores, now=after(windows[-1]))
    assert told(stores) == [(OPEN, "messages")]
    assert phases(stores) == [Phase.FIRING]
    assert stores.incidents.watermark() == windows[-1]


@pytest.mark.parametrize("broken", [INCIDENTS, GROUPS])
def test_a_failure_in_the_incidents_leaves_the_outbox_alone(stores: Stores, broken: sa.Table) -> None:
    begun(stores)
    commit_scores(stores, [halved(T0, score=12.0)], now=after(T0))
    with stores.incidents.engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER full BEFORE INSERT ON {broken.name} BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(StateError):
        advance_incidents(stores, now=after(T0))
    assert [count(stores, table) for table in (INCIDENTS, GROUPS, OUTBOX)] == [0, 0, 0]
    assert stores.incidents.watermark() == T0 - STEP


def test_runs_at_the_same_time_fold_each_window_once(stores: Stores, database: Target) -> None:
    windows = quarter_hours(T0, 3)
    begun(stores)
    commit_scores(stores, [halved(window) for window in windows], now=after(windows[-1]))
    runs, barrier = 4, Barrier(4)

    def run(_number: int) -> IncidentReport:
        mine = stores_in(database, stores.settings.home)
        barrier.wait()
        return advance_incidents(mine, now=after(windows[-1]))

    with ThreadPoolExecutor(runs) as pool:
        reports = list(pool.map(run, range(runs)))
    folded = [folded.window for report in reports for folded in report.folded]
    assert sorted(folded) == windows
    assert told(stores) == [(OPEN, "messages")]
    (incident,) = everything(stores).incidents.values()
    assert (incident.bad_windows, incident.first_bad) == (3, T0)
    assert stores.incidents.watermark() == windows[-1]


_RUN = """
import sys
from datetime import datetime
from vk_alerts import pipeline
from vk_alerts.settings import read_settings
stores = pipeline.open_stores(read_settings())
sys.stdin.readline()
print(len(pipeline.advance_incidents(stores, now=datetime.fromisoformat(sys.argv[1])).folded))
"""


@pytest.mark.slow
def test_processes_at_the_same_time_fold_each_window_once(stores: Stores, database: Target) -> None:
    windows = quarter_hours(T0, 12)
    begun(stores)
    commit_scores(stores, [halved(window) for window in windows], now=after(windows[-1]))
    environment = {
        "VK_ALERTS_HOME": str(stores.settings.home),
        "VK_ALERTS_CLICKHOUSE_URL": url_of(database),
        "PATH": "/usr/bin:/bin",
    }
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _RUN, after(windows[-1]).isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for _ in range(2)
    ]
    folded = [int(run.communicate("go\n", timeout=60)[0]) for run in runs]
    assert sum(folded) == len(windows)
    assert told(stores) == [(OPEN, "messages")]
    (incident,) = everything(stores).incidents.values()
    assert incident.bad_windows == len(windows)


def test_an_installation_begins_with_what_is_live_and_not_with_history(stores: Stores) -> None:
    windows = quarter_hours(T0, 20)
    now = after(windows[-1])
    commit_scores(stores, [halved(window) for window in windows], now=now)
    report = advance_incidents(stores, now=now)
    assert [folded.window for folded in report.folded] == windows[-3:]
    assert all(now - window_end(folded.window) <= LIVE_WITHIN for folded in report.folded)
    (incident,) = everything(stores).incidents.values()
    assert incident.first_bad == windows[-3]
    assert told(stores) == [(OPEN, "messages")]


@pytest.mark.parametrize(
    ("origin", "age", "is_told"),
    [
        (Origin.LIVE, SOON, True),
        (Origin.LIVE, LIVE_WITHIN, True),
        (Origin.LIVE, LIVE_WITHIN + timedelta(seconds=1), False),
        (Origin.BACKFILL, SOON, False),
        (Origin.RERUN, SOON, False),
    ],
)
def test_only_a_live_run_on_a_young_window_is_told_and_state_advances_anyway(
    stores: Stores, origin: Origin, age: timedelta, is_told: bool
) -> None:
    now = window_end(T0) + age
    begun(stores)
    commit_scores(stores, [halved(T0, score=12.0)], now=now, origin=origin)
    advance_incidents(stores, now=now)
    assert told(stores) == ([(OPEN, "messages")] if is_told else [])
    assert phases(stores) == [Phase.FIRING]
    assert stores.incidents.watermark() == T0


def test_a_rerun_of_a_window_that_was_folded_opens_and_tells_nothing(stores: Stores) -> None:
    windows = quarter_hours(T0, 3)
    play(begun(stores), windows, bad=[])
    commit_scores(stores, [halved(windows[1], score=20.0)], now=after(windows[-1]))
    report = advance_incidents(stores, now=after(windows[-1]))
    assert report.folded == ()
    assert (told(stores), phases(stores), everything(stores).groups) == ([], [Phase.PENDING], {})


def test_after_an_outage_only_what_still_fires_is_told(stores: Stores) -> None:
    windows = quarter_hours(T0, 16)
    now = after(windows[-1])
    begun(stores)
    rows = [scored(w, metric="views", source="feed", value=400.0, score=7.0) for w in windows[2:6]]
    rows += [scored(w, metric="views", source="feed") for w in (*windows[:2], *windows[6:])]
    rows += [halved(window) if window >= windows[8] else scored(window) for window in windows]
    commit_scores(stores, rows, now=now)
    advance_incidents(stores, now=now)
    assert told(stores) == [(OPEN, "messages"), (NotificationKind.SUMMARY, "views")]
    row, summary = stores.outbox.rows()
    (passed,) = summary.story.passed
    assert (passed.title, passed.first_bad, passed.worst) == ("Views", windows[2], -0.6)
    assert passed.recovery is not None
    assert passed.recovery.lasted == 4 * STEP
    first_live = next(window for window in windows if now - window_end(window) <= LIVE_WITHIN)
    assert (row.story.window, row.story.first_bad) == (first_live, windows[8])
    assert sorted(phases(stores)) == [Phase.CLOSED, Phase.FIRING]
    # Told once, also when the next window comes.
    play(stores, [windows[-1] + STEP], bad=[windows[-1] + STEP])
    assert [kind for kind, _ in told(stores)].count(NotificationKind.SUMMARY) == 1


def test_an_end_in_the_outage_is_told_with_the_first_live_window(stores: Stores) -> None:
    windows = quarter_hours(T0, 12)
    play(begun(stores), windows[:3], bad=windows[1:3])
    assert told(stores) == [(OPEN, "messages")]
    now = after(windows[-1])
    commit_scores(stores, [scored(window) for window in windows[3:]], now=now)
    advance_incidents(stores, now=now)
    assert told(stores) == [(OPEN, "messages"), (RESOLVED, "messages"), (UPDATE, "messages")]
    assert stores.outbox.rows()[-1].story.recovery is not None
    assert not stores.incidents.has_open_incidents()


def test_what_follows_a_missing_window_waits_for_it_a_while(stores: Stores) -> None:
    windows = quarter_hours(T0, 4)
    begun(stores)
    committed_at = after(windows[2])
    commit_scores(stores, [halved(windows[0]), halved(windows[2])], now=committed_at)
    at_last = committed_at + WAIT_FOR_WINDOW
    assert [f.window for f in advance_incidents(stores, now=committed_at).folded] == windows[:1]
    almost = at_last - timedelta(seconds=1)
    assert [f.window for f in advance_incidents(stores, now=almost).folded] == []
    assert "is missing and waited for" in ring_for(stores, now=almost, max_score=6.0, max_series="").reason
    assert [f.window for f in advance_incidents(stores, now=at_last).folded] == [windows[2]]
    (incident,) = everything(stores).incidents.values()
    assert incident.bad_windows == 2


def test_an_outage_that_is_filled_newest_first_is_folded_in_order(stores: Stores) -> None:
    windows = quarter_hours(T0, 9)
    begun(stores)
    now = after(windows[-1])
    folded = []
    for position, window in enumerate(reversed(windows)):
        filled_at = now + position * timedelta(seconds=5)
        commit_scores(stores, [halved(window)], now=filled_at)
        folded += [f.window for f in advance_incidents(stores, now=filled_at).folded]
    assert folded == windows
    (incident,) = everything(stores).incidents.values()
    assert (incident.first_bad, incident.bad_windows) == (windows[0], 9)


def test_a_window_that_comes_too_late_stays_unfolded(stores: Stores) -> None:
    windows = quarter_hours(T0, 2)
    begun(stores)
    commit_scores(stores, [scored(windows[1])], now=after(windows[1]))
    advance_incidents(stores, now=after(windows[1]) + WAIT_FOR_WINDOW)
    commit_scores(stores, [halved(windows[0], score=20.0)], now=after(windows[1]) + WAIT_FOR_WINDOW)
    assert advance_incidents(stores, now=after(windows[1]) + WAIT_FOR_WINDOW).folded == ()
    assert told(stores) == []


def test_a_window_without_verdicts_freezes_an_incident(stores: Stores) -> None:
    windows = quarter_hours(T0, 8)
    play(begun(stores), windows[:2], bad=windows[:2])
    for window in windows[2:]:
        row = scored(window, value=None, score=None)
        commit_scores(stores, [row], now=after(window))
        advance_incidents(stores, now=after(window))
    assert phases(stores) == [Phase.FIRING]
    assert told(stores) == [(OPEN, "messages")]


def test_scores_of_a_metric_that_left_the_catalog_are_passed_over(stores: Stores) -> None:
    begun(stores)
    commit_scores(stores, [halved(T0, metric="gone", score=20.0)], now=after(T0))
    report = advance_incidents(stores, now=after(T0))
    assert (len(report.folded), told(stores)) == (1, [])


def test_there_is_one_watermark_whoever_begins(stores: Stores, database: Target) -> None:
    barrier = Barrier(4)

    def begin(number: int) -> datetime:
        mine = stores_in(database, stores.settings.home)
        barrier.wait()
        return mine.incidents.begin_at(T0 + number * STEP)

    with ThreadPoolExecutor(4) as pool:
        begun_at = set(pool.map(begin, range(4)))
    assert begun_at == {stores.incidents.watermark()}
    assert count(stores, WATERMARKS) == 1


def test_the_state_survives_a_restart(stores: Stores, database: Target) -> None:
    windows = quarter_hours(T0, 5)
    play(begun(stores), windows[:3], bad=windows[1:3])
    before = everything(stores)
    again = stores_in(database, stores.settings.home)
    assert everything(again) == before
    play(again, windows[3:], bad=[])
    assert told(again) == [(OPEN, "messages"), (RESOLVED, "messages"), (UPDATE, "messages")]


def test_a_database_that_is_no_database_is_named_in_one_line(database: Target, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("certainly not SQLite, and long enough to be looked at " * 30)
    with pytest.raises(StateError) as caught:
        stores_in(database, tmp_path)
    assert "state.db" in str(caught.value)
    assert "\n" not in str(caught.value)


def silence(stores: Stores, *, metric: str | None, starts: datetime, ends: datetime) -> None:
    stores.silences.add(
        metric=metric,
        slice_key=None,
        starts=starts.timestamp(),
        ends=ends.timestamp(),
        by="ann",
        comment="",
        now=starts.timestamp(),
    )


def test_a_silence_keeps_messages_back_and_what_fires_when_it_ends_is_told(stores: Stores) -> None:
    windows = quarter_hours(T0, 4)
    silence(stores, metric="messages", starts=T0, ends=after(windows[2]) + SOON)
    reports = play(begun(stores), windows[:3], bad=windows)
    assert told(stores) == []
    assert phases(stores) == [Phase.FIRING]
    assert [[m.reason for m in report.folded[0].muted] for report in reports] == [[], ["silence 1"], []]
    play(stores, windows[3:], bad=windows)
    assert told(stores) == [(OPEN, "messages")]


def test_who_has_taken_it_is_not_reminded(stores: Stores) -> None:
    windows = quarter_hours(T0, 7)
    play(begun(stores), windows[:2], bad=windows)
    (group,) = everything(stores).groups
    stores.actions.add(Action(group, ActionKind.TAKE, "bob", after(windows[1]).timestamp()))
    reports = play(stores, windows[2:], bad=windows)
    assert told(stores) == [(OPEN, "messages")]
    assert [m.reason for report in reports for m in report.folded[0].muted] == ["taken by bob"]


def test_what_is_silenced_while_it_is_decided_is_decided_anew(stores: Stores) -> None:
    begun(stores)
    now = after(T0)
    before = everything(stores)
    audience = stores.incidents.audience(before, now=now.timestamp())
    outcome = Outcome(before, (), (), ())
    silence(stores, metric="messages", starts=T0, ends=now + SOON)

    def commit(known: Audience | None) -> Committed:
        return stores.incidents.commit(
            previous=T0 - STEP,
            window=T0,
            before=before,
            outcome=outcome,
            rows=[],
            folding=Folding(T0, 1, "live", now.timestamp()),
            audience=known,
        )

    assert commit(audience) is Committed.OUTDATED
    assert stores.incidents.watermark() == T0 - STEP
    assert commit(stores.incidents.audience(before, now=now.timestamp())) is Committed.DONE
    assert commit(None) is Committed.FOLDED_ELSEWHERE


def written_events(stores: Stores, times: Sequence[datetime]) -> None:
    """Events of the messenger at such times."""
    for moment in times:
        stores.events.execute(
            "INSERT INTO message_actions (user_id, time) "
            f"SELECT toUInt32(number), toDateTime({int(moment.timestamp())}) FROM numbers(20)"
        )


def test_a_source_that_stops_is_one_message_and_no_drop_and_its_return_another(stores: Stores) -> None:
    windows = quarter_hours(T0, 5)
    minutes = [T0 + n * timedelta(minutes=1) for n in range(15)]
    written_events(stores, minutes)
    play(begun(stores), windows[:1], bad=[])
    for window in windows[1:4]:
        commit_scores(stores, [scored(window, value=0.0, score=30.0)], now=after(window))
        advance_incidents(stores, now=after(window))
    assert told(stores) == [(NotificationKind.NODATA, "messages")]
    (row,) = stores.outbox.rows()
    assert row.story.outage is not None
    assert (row.story.outage.table, row.story.outage.last_event) == ("message_actions", minutes[-1])
    assert everything(stores).incidents == {}
    written_events(stores, [minute + 4 * STEP for minute in minutes])
    play(stores, windows[4:], bad=[])
    assert [kind for kind, _ in told(stores)] == [NotificationKind.NODATA, RESOLVED, UPDATE]


def test_the_bell_rings_for_a_source_that_is_late_though_no_score_crossed(stores: Stores) -> None:
    begun(stores)
    commit_scores(stores, [scored(T0)], now=after(T0))
    minutes = [T0 + n * timedelta(minutes=1) for n in range(15)]
    written_events(stores, minutes[:9])
    ring = ring_for(stores, now=after(T0), max_score=0.5, max_series="messages")
    assert (ring.rings, ring.reason) == (True, "late or stopped: messenger; highest score 0.5 (messages)")
    assert told_after_folding(stores) == [(NotificationKind.NODATA, "messages")]


def test_the_bell_rings_for_a_source_without_events_though_nothing_can_be_scored(stores: Stores) -> None:
    begun(stores)
    written_events(stores, [T0 - STEP])
    commit_scores(stores, [scored(T0, value=None, score=None)], now=after(T0))
    assert ring_for(stores, now=after(T0), max_score=None, max_series="").rings
    assert told_after_folding(stores) == [(NotificationKind.NODATA, "messages")]


def told_after_folding(stores: Stores) -> list[tuple[NotificationKind, str]]:
    advance_incidents(stores, now=after(T0))
    return told(stores)


def test_the_bell_is_silent_for_a_source_that_has_delivered(stores: Stores) -> None:
    begun(stores)
    commit_scores(stores, [scored(T0)], now=after(T0))
    written_events(stores, [T0 + n * timedelta(minutes=1) for n in range(15)])
    assert not ring_for(stores, now=after(T0), max_score=0.5, max_series="messages").rings
    assert told_after_folding(stores) == []


def test_a_source_whose_events_cannot_be_read_is_judged_all_the_same(stores: Stores) -> None:
    stores.events.execute("DROP TABLE IF EXISTS message_actions")
    windows = quarter_hours(T0, 2)
    play(begun(stores), windows, bad=windows)
    assert told(stores) == [(OPEN, "messages")]
