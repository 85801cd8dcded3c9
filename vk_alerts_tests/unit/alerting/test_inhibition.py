"""A source that has not delivered a window: one message, and none of its metrics is judged."""

from datetime import timedelta

import pytest

from vk_alerts.alerting.inhibition import (
    LATE_SHARE,
    LEAST_EVENTS,
    PATIENCE,
    Delivery,
    delivery_of,
    is_worth_telling,
    outage_id,
)
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.alerting.series import Play, at, verdict

SECOND = timedelta(seconds=1)
END = at(1)


def state(newest, events, *, source="feed"):
    return SourceState(source, f"{source}_actions", newest, events)


@pytest.mark.parametrize(
    ("newest", "events", "expected", "delivery"),
    [
        pytest.param(END, 500, 500, Delivery.WHOLE, id="events go on after the window's end"),
        pytest.param(END + STEP, 500, 500, Delivery.WHOLE, id="or much longer"),
        pytest.param(END - 89 * SECOND, 5000, 500, Delivery.WHOLE, id="a gap too short to matter"),
        pytest.param(END - 90 * SECOND, 5000, 500, Delivery.LATE, id="a tenth of the window is missing"),
        pytest.param(END - 90 * SECOND, 90, 500, Delivery.LATE, id="ten events, at the window's own pace"),
        pytest.param(END - 90 * SECOND, 89, 500, Delivery.WHOLE, id="fewer may be chance"),
        pytest.param(END - 450 * SECOND, 10, 500, Delivery.LATE, id="as many are missing as came"),
        pytest.param(END - 450 * SECOND, 9, 500, Delivery.WHOLE, id="and they are few"),
        pytest.param(at(0), 3, 500, Delivery.LATE, id="all at the window's very start"),
        pytest.param(at(-3), 0, 10, Delivery.EMPTY, id="nothing came where ten were expected"),
        pytest.param(at(-3), 0, 9.9, Delivery.WHOLE, id="fewer may well be none"),
        pytest.param(END + STEP, 0, 500, Delivery.EMPTY, id="also when events came again later"),
        pytest.param(None, 0, 500, Delivery.EMPTY, id="or never did"),
        pytest.param(None, 5, 500, Delivery.WHOLE, id="some came, and nobody knows up to when"),
    ],
)
def test_a_source_has_delivered_when_its_events_reach_the_windows_end(newest, events, expected, delivery):
    assert delivery_of(state(newest, events), expected, at(0)) is delivery


def test_the_constants_follow_from_the_least_deviation_that_matters():
    assert (LEAST_EVENTS, LATE_SHARE, timedelta(minutes=5)) == (10, 0.1, PATIENCE)


@pytest.mark.parametrize(
    ("gap", "windows", "is_late", "told"),
    [
        pytest.param(299 * SECOND, 1, True, False, id="a delay of less than five minutes is waited for"),
        pytest.param(300 * SECOND, 1, True, True, id="a longer one is told"),
        pytest.param(120 * SECOND, 2, True, True, id="and one that lasts"),
        pytest.param(120 * SECOND, 1, False, True, id="an empty window always"),
        pytest.param(None, 1, True, True, id="or nobody knows how long"),
    ],
)
def test_a_short_delay_is_not_told_unless_it_lasts(gap, windows, is_late, told):
    newest = None if gap is None else END - gap
    outage = Outage(state(newest, 5), since=at(0), windows=windows, is_late=is_late, last=at(0))
    assert is_worth_telling(outage, at(0)) is told


def played(letters, arrivals):
    """Likes, views and messages; the feed's windows are w(hole), e(mpty), l(ate), L(ate by much)."""
    play = Play()
    for number, (letter, how) in enumerate(zip(letters, arrivals, strict=True)):
        end = at(number + 1)
        newest, events = {
            "w": (end, 100),
            "e": (at(number) - STEP, 0),
            "l": (end - 2 * 60 * SECOND, 1000),
            "L": (end - 6 * 60 * SECOND, 1000),
        }.get(how, (None, None))
        verdicts = [verdict(letter, number, metric=metric) for metric in ("likes", "views")]
        verdicts.append(verdict(".", number, metric="messages", source="messenger"))
        feed = [] if events is None else [state(newest, events)]
        play.window(number, verdicts, sources=[*feed, state(end, 100, source="messenger")])
    return play


@pytest.mark.parametrize(
    ("letters", "arrivals", "kinds"),
    [
        pytest.param("....", "wwww", [], id="whole windows"),
        pytest.param(".EEE", "weee", [(1, "nodata")], id="an empty source is told once, and no drops"),
        pytest.param(
            ".EE..", "wleww", [(2, "nodata"), (3, "resolved"), (3, "update")], id="late, then empty"
        ),
        pytest.param(".E..", "wlww", [], id="a short delay is not told, and judged by nobody"),
        pytest.param(".E..", "wLww", [(1, "nodata"), (2, "resolved"), (2, "update")], id="a long one is"),
        pytest.param(".BB.", "wllw", [(2, "nodata"), (3, "resolved"), (3, "update")], id="or one that lasts"),
        pytest.param(
            ".EE.", "we?w", [(1, "nodata"), (3, "resolved"), (3, "update")], id="unknown: as it was"
        ),
        pytest.param(".H", "w?", [(1, "open")], id="unknown, and it had delivered"),
        pytest.param("HB..", "wwee", [(0, "open"), (2, "nodata")], id="an incident stays as it was"),
    ],
)
def test_an_outage_is_one_message_and_its_end_another(letters, arrivals, kinds):
    assert played(letters, arrivals).kinds == kinds


def test_an_outage_freezes_what_is_known_of_its_metrics_and_nothing_else():
    play = played("HB......", "wweeeeww")
    assert play.kinds == [
        (0, "open"),
        (2, "nodata"),
        (6, "resolved"),
        (6, "update"),
        (7, "resolved"),
        (7, "update"),
    ]
    closed = play.situation.incidents["likes", "all", Direction.DOWN]
    assert (closed.phase, closed.closed_at, closed.bad_windows) == (Phase.CLOSED, at(7), 2)


def test_an_outage_says_since_when_how_long_and_how_far_events_reach():
    (_, first), *_ = played(".EEE", "wleL").tellings
    outage = first.group.outage
    assert (first.group.source, first.group.id) == ("feed", outage_id("feed", at(1)))
    assert (outage.since, outage.windows, outage.last, outage.is_late) == (at(1), 2, at(2), False)
    assert (outage.state.table, outage.state.newest) == ("feed_actions", at(1))
    assert first.group.head.metric == "likes"
    assert first.reason == "no events"
    lasting = played(".EEE", "weee")
    heads = [o.situation.groups[outage_id("feed", at(1))].head for o in lasting.outcomes[1:]]
    assert [(h.first_bad, h.last_bad, h.bad_windows, h.bad_run) for h in heads] == [
        (at(1), at(n), n, n) for n in (1, 2, 3)
    ]
    assert {(h.settled_run, h.worst, h.missed, h.phase) for h in heads} == {(0, -1.0, 0.0, Phase.FIRING)}


def test_where_nothing_is_known_of_any_source_an_outage_stands_as_it_stood():
    play = played(".E", "we")
    play.window(2, [verdict("E", 2)])
    assert (play.kinds, dict(play.situation.incidents)) == ([(1, "nodata")], {})


def test_the_id_of_an_outage_is_the_same_whenever_it_is_computed():
    assert outage_id("feed", at(1)) == "dcfb8c984cc789c7"


def test_two_outages_of_a_source_are_two():
    play = played(".EE.EE.", "weewee" + "w")
    opened = [t.group.id for _, t in play.tellings if t.kind.value == "nodata"]
    assert opened == [outage_id("feed", at(1)), outage_id("feed", at(4))]


def test_folding_a_window_of_an_outage_twice_changes_nothing():
    play = played(".E", "we")
    before = play.situation
    for _ in range(2):
        again = play.window(1, [verdict("E", 1)], sources=[state(at(0) - STEP, 0)])
        assert (again.situation, again.tellings, again.finished_groups) == (before, (), ())


def test_an_outage_lasts_and_people_are_reminded():
    play = played("." + "E" * 6, "w" + "e" * 6)
    assert play.kinds == [(1, "nodata"), (5, "remind")]


def test_without_a_metric_to_judge_there_is_nothing_to_tell():
    play = Play()
    play.window(0, [], sources=[state(at(-9), 0)])
    play.window(1, [verdict(".", 1, expected=None, value=None, score=None)], sources=[state(at(-9), 0)])
    play.window(2, [], sources=[state(at(2), 100)])
    assert (play.kinds, play.situation.groups) == ([], {})


def test_the_outage_of_a_window_in_the_past_is_told_with_the_next_live_one_if_it_lasts():
    play = Play()
    empty = [state(at(-1), 0)]
    play.window(0, [verdict("E", 0)], may_tell=False, sources=empty)
    play.window(1, [verdict("E", 1)], sources=empty)
    assert play.kinds == [(1, "nodata")]
    over = Play()
    over.window(0, [verdict("E", 0)], may_tell=False, sources=empty)
    over.window(1, [verdict(".", 1)], may_tell=False, sources=[state(at(2), 9)])
    assert (over.kinds, over.situation.groups) == ([], {})
