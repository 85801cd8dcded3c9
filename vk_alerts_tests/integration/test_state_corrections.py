"""Windows that are computed again: incidents follow, nothing of the past is sent, errors are taken back."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from vk_alerts.alerting.groups import Group
from vk_alerts.alerting.lifecycle import Incident, Phase
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import Direction, Judgement, Verdict
from vk_alerts.clickhouse.target import Target
from vk_alerts.clickhouse.versions import Origin
from vk_alerts.pipeline import Stores, advance_incidents, rescore_windows, take_snapshots
from vk_alerts.pipeline import incidents as pipeline_incidents
from vk_alerts.pipeline.corrections import CorrectionReport, correct_incidents
from vk_alerts.pipeline.gates import gates_of
from vk_alerts.pipeline.revisions import MOST_REVISIONS
from vk_alerts.pipeline.verdicts import scored_rows
from vk_alerts.state.incident_rows import write_groups
from vk_alerts.state.tables import INCIDENTS, VERDICT_REVISIONS
from vk_alerts.windows import STEP, window_end
from vk_alerts_tests.integration.worlds import (
    LIVE,
    commit_scores,
    halved,
    live,
    quarter_hours,
    scored,
    stores_in,
)

T0 = datetime(2026, 1, 29, 12, tzinfo=UTC)
SOON = timedelta(seconds=90)
LATER = timedelta(days=1)
OPEN, RESOLVED, UPDATE, CORRECTION = (
    NotificationKind.OPEN,
    NotificationKind.RESOLVED,
    NotificationKind.UPDATE,
    NotificationKind.CORRECTION,
)
BAD, GOOD = "x", "-"


def after(window: datetime) -> datetime:
    """The moment a live run is done with a window."""
    return window_end(window) + SOON


def row(window: datetime, letter: str) -> dict[str, object]:
    return halved(window) if letter == BAD else scored(window)


def played(stores: Stores, letters: str) -> list[datetime]:
    """Windows as they come, each folded live; begins with the window before them."""
    windows = quarter_hours(T0, len(letters))
    stores.incidents.begin_at(T0 - STEP)
    for window, letter in zip(windows, letters, strict=True):
        commit_scores(stores, [row(window, letter)], now=after(window))
        advance_incidents(stores, now=after(window))
    return windows


def rerun(
    stores: Stores, windows: Sequence[datetime], letters: str, *, now: datetime, origin: Origin = Origin.LIVE
) -> CorrectionReport:
    """Computes windows again and lets `send_alerts` run."""
    rows = [row(window, letter) for window, letter in zip(windows, letters, strict=True)]
    commit_scores(stores, rows, now=now, origin=origin)
    return advance_incidents(stores, now=now).corrections


def told(stores: Stores) -> list[NotificationKind]:
    """What was told, without the edits that say that something is over."""
    rows = stores.outbox.rows()
    return [row.kind for row in rows if row.kind is not UPDATE or row.story.is_corrected]


def incidents(stores: Stores) -> list[Incident]:
    found = stores.incidents.situation(since=datetime(2020, 1, 1, tzinfo=UTC)).incidents
    return list(found.values())


def count(stores: Stores, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(*conditions)
    with stores.incidents.engine.begin() as connection:
        return connection.execute(query).scalar_one()


def test_a_rerun_of_an_incident_a_day_later_corrects_history_and_sends_nothing(stores: Stores) -> None:
    windows = played(stores, "-xxxx--")
    before = told(stores)
    (incident,) = incidents(stores)
    assert incident.bad_windows == 4
    report = rerun(stores, windows[2:4], "--", now=after(windows[-1]) + LATER, origin=Origin.RERUN)
    assert (report.windows, report.revisions) == (tuple(windows[2:4]), 2)
    assert told(stores) == before == [OPEN, RESOLVED]
    # One bad window, two good ones, one bad: nothing of it opens.
    assert (incidents(stores), report.retracted) == ([], ())
    assert [one.id for one in report.annulled] == [incident.id]
    history = stores.foldings.transitions(incident.id)
    assert history[-1].transition == "annulled"
    assert "was computed again: bad → normal, value 500 → 1000" in history[-1].reason


def test_a_rerun_that_makes_an_incident_shorter_keeps_its_id_and_tells_its_history_anew(
    stores: Stores,
) -> None:
    windows = played(stores, "-xxxx--")
    (incident,) = incidents(stores)
    rerun(stores, windows[1:2], "-", now=after(windows[-1]) + LATER, origin=Origin.RERUN)
    (shorter,) = incidents(stores)
    assert (shorter.id, shorter.group, shorter.phase) == (incident.id, incident.group, Phase.CLOSED)
    assert (shorter.first_bad, shorter.bad_windows) == (windows[2], 3)
    history = [(kept.window, kept.transition) for kept in stores.foldings.transitions(incident.id)]
    assert history == [
        (windows[1], "corrected"),
        (windows[2], "noticed"),
        (windows[3], "opened"),
        (windows[6], "closed"),
    ]
    assert told(stores) == [OPEN, RESOLVED]


@pytest.mark.parametrize("origin", [Origin.LIVE, Origin.BACKFILL, Origin.RERUN])
def test_a_rerun_of_the_past_that_finds_an_incident_keeps_it_without_a_word(
    stores: Stores, origin: Origin
) -> None:
    windows = played(stores, "-------")
    report = rerun(stores, windows[1:4], "xxx", now=after(windows[-1]) + LATER, origin=origin)
    (found,) = incidents(stores)
    assert (found.phase, found.bad_windows, found.first_bad) == (Phase.CLOSED, 3, windows[1])
    assert report.corrected == (found,)
    assert told(stores) == []


def test_a_live_window_that_turns_good_is_taken_back_by_an_edit_and_an_answer(stores: Stores) -> None:
    windows = played(stores, "-xx")
    (incident,) = incidents(stores)
    report = rerun(stores, windows[2:], "-", now=after(windows[2]) + timedelta(minutes=5))
    assert told(stores) == [OPEN, UPDATE, CORRECTION]
    assert report.retracted == (incident.group,)
    edit, answer = (message.story for message in stores.outbox.rows()[1:])
    assert all((story.is_corrected, story.is_over) == (True, True) for story in (edit, answer))
    # The edited message keeps what it said when it was sent.
    assert (edit.headline.value, answer.headline.value) == (500.0, 1000.0)
    assert not stores.incidents.has_open_incidents()
    # Nothing of it is left to tell afterwards.
    (window,) = quarter_hours(windows[-1] + STEP, 1)
    rerun(stores, [window], "-", now=after(window))
    assert told(stores) == [OPEN, UPDATE, CORRECTION]


@pytest.mark.parametrize("origin", [Origin.BACKFILL, Origin.RERUN])
def test_backfills_and_reexecutions_of_a_live_window_take_nothing_back_at_once(
    stores: Stores, origin: Origin
) -> None:
    windows = played(stores, "-xx")
    report = rerun(stores, windows[2:], "-", now=after(windows[2]), origin=origin)
    assert (told(stores), report.retracted) == ([OPEN], ())
    # The message gets its end with the next live window.
    (window,) = quarter_hours(windows[-1] + STEP, 1)
    rerun(stores, [window], "-", now=after(window))
    assert told(stores) == [OPEN, RESOLVED]


def test_a_window_that_turned_good_before_the_next_one_came_opens_nothing(stores: Stores) -> None:
    windows = played(stores, "-x")
    (late,) = quarter_hours(windows[-1] + STEP, 1)
    rows = [row(windows[1], GOOD), row(late, BAD)]
    for one in rows:
        commit_scores(stores, [one], now=after(late))
    advance_incidents(stores, now=after(late))
    assert told(stores) == []
    assert [(one.phase, one.first_bad) for one in incidents(stores)] == [(Phase.PENDING, late)]


@pytest.mark.parametrize(
    ("letters", "again", "lateness", "messages"),
    [
        pytest.param("--x", {1: BAD}, timedelta(0), [OPEN], id="an earlier window turned bad"),
        pytest.param("-x-", {2: BAD}, timedelta(0), [OPEN], id="the newest did"),
        pytest.param("xx--x", {3: BAD}, timedelta(0), [OPEN, RESOLVED, OPEN], id="again after its end"),
        pytest.param("--x", {1: BAD}, LATER, [], id="not in the past"),
        pytest.param("---", {1: BAD}, timedelta(0), [], id="not of one window"),
    ],
)
def test_what_a_live_run_finds_firing_is_told_at_once(
    stores: Stores,
    letters: str,
    again: dict[int, str],
    lateness: timedelta,
    messages: list[NotificationKind],
) -> None:
    windows = played(stores, letters)
    now = after(windows[-1]) + lateness
    rerun(stores, [windows[n] for n in again], "".join(again.values()), now=now)
    assert told(stores) == messages
    advance_incidents(stores, now=now)
    assert told(stores) == messages
    if messages:
        (incident,) = incidents(stores)
        assert (incident.phase, incident.last_bad) == (Phase.FIRING, windows[-1])
        opened = stores.foldings.transitions(incident.id)[-1]
        assert (opened.window, opened.transition) == (
            windows[-1],
            "reopened" if len(messages) > 1 else "opened",
        )


@pytest.mark.parametrize("origin", [Origin.BACKFILL, Origin.RERUN])
def test_what_backfills_and_reexecutions_find_firing_is_told_with_its_next_bad_window(
    stores: Stores, origin: Origin
) -> None:
    windows = played(stores, "--x")
    rerun(stores, windows[1:2], "x", now=after(windows[2]), origin=origin)
    assert told(stores) == []
    (window,) = quarter_hours(windows[-1] + STEP, 1)
    rerun(stores, [window], "x", now=after(window))
    assert told(stores) == [OPEN]
    (incident,) = incidents(stores)
    assert (incident.first_bad, incident.bad_windows) == (windows[1], 3)


def test_computing_the_same_again_changes_nothing(stores: Stores) -> None:
    windows = played(stores, "-xxxx--")
    before = (incidents(stores), told(stores), stores.foldings.transitions(incidents(stores)[0].id))
    report = rerun(stores, windows, "-xxxx--", now=after(windows[-1]) + LATER, origin=Origin.BACKFILL)
    assert (report.windows, report.revisions, report.corrected) == (tuple(windows), 0, ())
    assert before == (incidents(stores), told(stores), stores.foldings.transitions(incidents(stores)[0].id))
    # And it is looked at once.
    assert correct_incidents(stores, now=after(windows[-1]) + LATER).windows == ()


def test_windows_before_the_first_that_was_ever_folded_are_history(stores: Stores) -> None:
    windows = played(stores, "---")
    past = quarter_hours(T0 - 10 * STEP, 5)
    report = rerun(stores, past, "xxxxx", now=after(windows[-1]), origin=Origin.BACKFILL)
    assert (report, incidents(stores), told(stores)) == (CorrectionReport(), [], [])


def test_two_runs_at_once_correct_a_window_once(stores: Stores, database: Target) -> None:
    windows = played(stores, "-xx")
    now = after(windows[2])
    commit_scores(stores, [row(windows[2], GOOD)], now=now)
    runs, barrier = 4, Barrier(4)

    def run(_number: int) -> CorrectionReport:
        mine = stores_in(database, stores.settings.home)
        barrier.wait()
        return correct_incidents(mine, now=now)

    with ThreadPoolExecutor(runs) as pool:
        reports = list(pool.map(run, range(runs)))
    assert sorted(len(report.windows) for report in reports) == [0, 0, 0, 1]
    assert told(stores) == [OPEN, UPDATE, CORRECTION]
    assert count(stores, VERDICT_REVISIONS) == 1
    assert count(stores, INCIDENTS, INCIDENTS.c.annulled_at.is_not(None)) == 1


def test_runs_at_once_tell_what_they_find_firing_once(stores: Stores, database: Target) -> None:
    windows = played(stores, "--x")
    now = after(windows[2])
    commit_scores(stores, [row(windows[1], BAD)], now=now)
    runs, barrier = 3, Barrier(3)

    def run(_number: int) -> None:
        mine = stores_in(database, stores.settings.home)
        barrier.wait()
        advance_incidents(mine, now=now)

    with ThreadPoolExecutor(runs) as pool:
        list(pool.map(run, range(runs)))
    assert told(stores) == [OPEN]
    assert [one.phase for one in incidents(stores)] == [Phase.FIRING]


def test_two_reruns_of_one_window_at_once_end_in_one_truth(stores: Stores, database: Target) -> None:
    windows = played(stores, "-xx")
    barrier = Barrier(2)
    now = after(windows[2])

    def run(letter: str) -> None:
        mine = stores_in(database, stores.settings.home)
        barrier.wait()
        commit_scores(mine, [row(windows[2], letter)], now=now)
        advance_incidents(mine, now=now)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (GOOD, BAD)))
    advance_incidents(stores, now=now)
    (commit,) = stores.results.commits("anomaly_scores", windows[2], windows[2] + STEP)
    assert stores.foldings.between(windows[2], windows[2] + STEP)[windows[2]].version == commit.version
    value = stores.results.scores(windows[2], windows[2] + STEP)["value"].iloc[0]
    phases = {one.phase for one in incidents(stores)}
    assert (Phase.FIRING in phases) <= (value == 500.0)
    assert len(told(stores)) == len(set(told(stores)))


def test_scoring_a_window_again_tells_what_changed_and_the_same_events_change_nothing(
    stores_with_history: Stores,
) -> None:
    stores, by = stores_with_history, live(after(LIVE))
    sources = [source.name for source in stores.catalog.sources]
    for source in sources:
        take_snapshots(stores, source, LIVE, LIVE + STEP, by=by)
    first, second = (rescore_windows(stores, LIVE, LIVE + STEP, by=by) for _ in range(2))
    assert (first.again, first.revisions) == (0, ())
    assert (second.again, second.compared, second.revisions) == (1, 1, ())
    within = f"time >= {int(LIVE.timestamp())} AND time < {int((LIVE + STEP).timestamp())}"
    stores.events.execute(f"INSERT INTO message_actions SELECT * FROM message_actions WHERE {within}")
    take_snapshots(stores, "messenger", LIVE, LIVE + STEP, by=by)
    third = rescore_windows(stores, LIVE, LIVE + STEP, by=by)
    assert {one.metric for one in third.revisions} == {"messages"}  # as many people wrote twice as much
    (total,) = (one for one in third.revisions if one.slice_key == "all")
    assert total.before is not None
    assert total.after is not None
    assert total.after.scored.value == 2 * (total.before.scored.value or 0.0)
    assert count(stores, VERDICT_REVISIONS) == min(len(third.revisions), MOST_REVISIONS)


def test_a_fold_that_was_worked_out_before_a_correction_is_worked_out_again(
    stores: Stores, database: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = played(stores, "-xx")
    (late,) = quarter_hours(windows[-1] + STEP, 1)
    commit_scores(stores, [row(late, BAD)], now=after(late))
    other = stores_in(database, stores.settings.home)
    once: list[int] = []

    def meanwhile(*arguments: object, **named: object) -> object:
        if not once:
            once.append(1)
            commit_scores(other, [row(windows[2], GOOD)], now=after(late))
            correct_incidents(other, now=after(late))
        return told_by_rule(*arguments, **named)  # type: ignore[arg-type]

    told_by_rule = pipeline_incidents.advance
    monkeypatch.setattr(pipeline_incidents, "advance", meanwhile)
    advance_incidents(stores, now=after(late))
    # Bad, good, bad: the correction holds, and the new window begins from it.
    assert count(stores, INCIDENTS, INCIDENTS.c.annulled_at.is_not(None)) == 1
    assert [(one.phase, one.first_bad) for one in incidents(stores)] == [(Phase.PENDING, late)]
    assert told(stores) == [OPEN, UPDATE, CORRECTION]


def test_what_a_source_had_not_delivered_is_not_judged_when_its_neighbour_is_computed_again(
    stores: Stores,
) -> None:
    windows = played(stores, "--")
    # The source stops: the scores say a drop, the fold says nothing.
    state = SourceState("messenger", "message_actions", None, 0)
    outage = Outage(state, windows[0], 2, is_late=False, last=windows[1])
    commit_scores(stores, [row(window, BAD) for window in windows], now=after(windows[1]) + LATER)
    head = Incident(
        *("0a", "messenger", "messages", "all", Direction.DOWN, Phase.CLOSED, windows[0], windows[1]),
        *(2, 2, 0, (), 0.0, 0.0),
    )
    group = Group(id="0a", source="messenger", head=head, opened=windows[0], closed=T0, outage=outage)
    with stores.incidents.engine.begin() as connection:
        write_groups(connection, [], [group])
    gates = gates_of(stores, [], since=T0, until=T0 + LATER, now=after(windows[1]))
    assert [gates.was_shut("messenger", window) for window in windows] == [True, True]
    assert not gates.was_shut("feed", windows[0])
    bad = Verdict(scored_rows(stores.results.scores(T0, T0 + STEP))[0], Judgement.BAD, Direction.DOWN)
    assert gates.as_folded(bad).judgement is Judgement.NONE


def test_a_backfill_of_ten_thousand_partitions_tells_nothing(stores: Stores) -> None:
    windows = played(stores, "--")
    past = quarter_hours(T0 - 9_998 * STEP, 10_000)
    now = after(windows[-1])
    # Two bad, four good, again and again: 1,666 incidents, up to the live windows.
    rows = [row(window, BAD if number % 6 < 2 else GOOD) for number, window in enumerate(past, start=2)]
    commit_scores(stores, rows, now=now, origin=Origin.BACKFILL)
    report = advance_incidents(stores, now=now)
    assert (report.folded, report.corrections.windows) == ((), tuple(windows))
    assert (told(stores), stores.outbox.rows()) == ([], [])
    assert {one.phase for one in incidents(stores)} <= {Phase.PENDING, Phase.CLOSED}
