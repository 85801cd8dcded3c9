from datetime import timedelta

import pytest

from vk_alerts.alerting.lifecycle import Phase, Transition
from vk_alerts.alerting.plan import LIVE_WITHIN, is_live
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.alerting.series import EMPTY, Play, at, verdict


def played(rows, *, silent="", rules=None):
    play = Play() if rules is None else Play(rules=rules)
    play.series(rows if isinstance(rows, dict) else {"likes": rows}, silent=silent)
    return play


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        pytest.param("....", [], id="nothing happens, nothing is told"),
        pytest.param("B.", [], id="one bad window is not told"),
        pytest.param("BB", [(1, "open")], id="an opening is told with its window"),
        pytest.param("BBBBBB", [(1, "open")], id="once"),
        pytest.param("H", [(0, "open")], id="a hard one at once"),
        pytest.param("BB..", [(1, "open"), (3, "resolved")], id="and its end with the window that closed it"),
        pytest.param("BB.....", [(1, "open"), (3, "resolved")], id="once"),
        pytest.param("bb..", [(1, "open"), (3, "resolved")], id="upwards the same"),
        pytest.param("BB-----", [(1, "open")], id="no verdict is no end"),
        pytest.param("BBbb..", [(1, "open"), (5, "resolved")], id="a swing to the other side belongs to it"),
    ],
)
def test_an_opening_and_its_end_are_told(letters, told):
    assert sorted((window, kind) for window, kind, _, _ in played(letters).told) == told


def test_one_window_makes_one_message_about_what_lies_upstream():
    play = Play()
    scores = {"likes": 14.0, "views": 10.0, "ctr": 12.0}
    play.window(0, [verdict("H", 0, metric=name, score=score) for name, score in scores.items()])
    assert play.told == [(0, "open", "views", 0)]
    (group,) = play.situation.groups.values()
    assert {incident.group for incident in play.situation.incidents.values()} == {group.id}


def test_the_order_of_the_verdicts_does_not_matter():
    verdicts = [
        verdict("H", 0, metric=name, slice_key=key)
        for name in ("likes", "views")
        for key in ("all", "os=iOS")
    ]
    results = []
    for order in (verdicts, verdicts[::-1]):
        play = Play()
        play.window(0, order)
        results.append((play.situation, play.told))
    assert results[0] == results[1]


def test_a_second_source_is_told_by_itself():
    play = played({"likes": "H", "messenger/messages": "H"})
    assert sorted(play.told) == [(0, "open", "likes", 0), (0, "open", "messages", 0)]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        pytest.param("    H", [(0, "likes")], id="after exactly 60 minutes it still joins"),
        pytest.param("     H", [(0, "likes"), (5, "views")], id="a window later it is told by itself"),
    ],
)
def test_what_opens_soon_joins_the_open_group(second, told):
    play = played({"likes": "HBBBBBB", "views": second})
    assert [(window, metric) for window, _, metric, _ in play.told] == told


def test_a_group_ends_when_all_its_members_have():
    play = played({"likes": "E...........", "views": "HBBBB.."})
    assert play.told == [(0, "open", "views", 0), (6, "resolved", "views", 0)]
    assert play.situation.groups == {}
    assert [group.closed for outcome in play.outcomes for group in outcome.finished_groups] == [at(6)]


def test_a_group_does_not_end_while_a_member_recovers():
    play = played({"likes": "E..", "views": "HB."})
    assert play.told == [(0, "open", "views", 0)]


def test_a_group_whose_first_member_is_forgotten_still_ends_once():
    play = played({"likes": "H" + "B" * 42 + "..", "views": "E" + "." * 44})
    assert play.told == [(0, "open", "views", 0), (44, "resolved", "views", 0)]


@pytest.mark.parametrize(
    ("letters", "silent", "told"),
    [
        pytest.param("BBBB", "ssss", [], id="nothing is told of the past"),
        pytest.param("BBBB", "sss", [(3, "open")], id="what still fires is told with the first live window"),
        pytest.param("BB.B", "sss", [(3, "open")], id="also when it recovered in between"),
        pytest.param("BB..", "sss", [], id="what has ended meanwhile is not told"),
        pytest.param("BB....", "ssss", [], id="nor later"),
        pytest.param("BB..", "ss", [], id="what recovers is not told, and then neither is its end"),
        pytest.param(
            "BB.-B..", "sss", [(4, "open"), (6, "resolved")], id="but when it fires again, and its end"
        ),
        pytest.param("BB....", "  ss", [(1, "open"), (4, "resolved")], id="an end waits for a live window"),
        pytest.param("BB....", "  sss", [(1, "open"), (5, "resolved")], id="however long"),
        pytest.param("BB------", "s", [(1, "open")], id="a verdict is not needed to tell what fires"),
        pytest.param("H----", "ss", [(2, "open")], id="even without a verdict since"),
        pytest.param("BB........", "  ssssssss", [], id="nothing but the opening"),
    ],
)
def test_only_live_windows_tell_and_the_state_advances_all_the_same(letters, silent, told):
    told = told or ([(1, "open")] if silent.startswith(" ") else [])
    assert [(window, kind) for window, kind, _, _ in played(letters, silent=silent).told] == told


def test_silent_windows_lead_to_the_same_incidents():
    letters = "B.BB..B.BHh..--B"
    silent, live = played(letters, silent="s" * 20), played(letters)
    assert {key: i.phase for key, i in silent.situation.incidents.items()} == {
        key: i.phase for key, i in live.situation.incidents.items()
    }
    assert [(c.transition, c.reason) for o in silent.outcomes for c in o.changes] == [
        (c.transition, c.reason) for o in live.outcomes for c in o.changes
    ]


def test_an_untold_group_is_told_about_a_member_that_still_fires():
    play = played({"likes": "HB..B", "views": "BBBBB"}, silent="sss")
    assert play.told == [(3, "open", "views", 0)]


def test_the_untold_end_of_a_group_that_fires_again_is_not_told():
    play = played("BB..BBB", silent="  ssss")
    assert play.told == [(1, "open", "likes", 0)]
    assert [group.closed for group in play.situation.groups.values()] == [None]


def test_a_group_whose_end_is_not_told_yet_is_kept():
    play = played("BB..", silent="  ss")
    assert [(g.is_told, g.closed) for g in play.situation.groups.values()] == [(True, at(3))]
    assert play.outcomes[-1].finished_groups == ()


def test_the_end_is_the_window_that_closed_it_though_it_is_told_later():
    play = played("BB......", silent="  sss")
    (finished,) = play.outcomes[5].finished_groups
    assert (finished.closed, play.told[-1][:2]) == (at(3), (5, "resolved"))


def test_a_group_nobody_heard_of_is_finished_in_silence():
    play = played("BB..", silent="ssss")
    assert play.situation.groups == {}
    assert [group.is_told for group in play.outcomes[-1].finished_groups] == [False]


def test_every_opening_of_a_group_has_a_sequence_of_its_own():
    play = played("BB..H..H..H..", rules=Rules(flap_openings=9))
    assert [(kind, sequence) for _, kind, _, sequence in play.told] == [
        ("open", 0),
        ("resolved", 0),
        ("open", 1),
        ("resolved", 1),
        ("open", 2),
        ("resolved", 2),
        ("open", 3),
        ("resolved", 3),
    ]
    assert len({telling.group.id for _, telling in play.tellings}) == 1


def test_another_member_brings_a_group_back_under_the_next_sequence():
    play = played({"likes": "E..H.....", "views": "H.....H.."})
    assert [(kind, metric, sequence) for _, kind, metric, sequence in play.told] == [
        ("open", "views", 0),
        ("resolved", "views", 0),
        ("open", "likes", 1),
        ("resolved", "likes", 1),
        ("open", "views", 2),
        ("resolved", "views", 2),
    ]
    assert len({telling.group.id for _, telling in play.tellings}) == 1


def test_after_an_hour_it_is_told_as_something_new():
    play = played("H......H")
    assert [(kind, sequence) for _, kind, _, sequence in play.told] == [
        ("open", 0),
        ("resolved", 0),
        ("open", 0),
    ]
    assert len({telling.group.id for _, telling in play.tellings}) == 2


def test_folding_a_window_twice_changes_nothing():
    play = played("BB.")
    before = play.situation
    again = play.window(2, [verdict(".", 2, metric="likes")])
    assert (again.situation, again.tellings, again.changes) == (before, (), ())


def test_a_change_names_the_incident_what_happened_and_why():
    play = played("BB..")
    assert [(c.transition, c.reason, c.incident.phase) for o in play.outcomes for c in o.changes] == [
        (Transition.NOTICED, "first bad window", Phase.PENDING),
        (Transition.OPENED, "2 bad windows in a row", Phase.FIRING),
        (Transition.CLOSED, "2 windows inside the band", Phase.CLOSED),
    ]


def test_a_dropped_incident_is_a_change_and_is_gone():
    play = played("B......")
    (change,) = play.outcomes[-1].changes
    assert (change.transition, change.incident.first_bad) == (Transition.DROPPED, at(0))
    assert play.situation == EMPTY


def test_normal_series_leave_no_trace():
    assert played({"likes": "..?!-", "views": "....."}).situation == EMPTY


def test_both_directions_of_a_series_have_their_own_incident():
    play = played("Bb")
    assert set(play.situation.incidents) == {
        ("likes", "all", Direction.DOWN),
        ("likes", "all", Direction.UP),
    }


def test_what_is_given_is_not_changed():
    play = played("BB")
    before = play.situation
    incidents, groups = dict(before.incidents), dict(before.groups)
    play.window(2, [verdict(".", 2)])
    assert (before.incidents, before.groups) == (incidents, groups)


def test_the_rules_reach_every_incident():
    assert played("B", rules=Rules(for_windows=1)).told == [(0, "open", "likes", 0)]


@pytest.mark.parametrize(
    ("after_end", "live"),
    [
        (timedelta(hours=-2), True),  # the clock has stepped back
        (timedelta(0), True),
        (timedelta(minutes=45), True),
        (timedelta(minutes=45, microseconds=1), False),
        (timedelta(days=9), False),
    ],
)
def test_a_window_is_live_for_45_minutes_after_its_end(after_end, live):
    assert timedelta(minutes=45) == LIVE_WITHIN
    assert is_live(at(0), at(0) + STEP + after_end) is live
