from dataclasses import replace
from datetime import timedelta

import pytest

from vk_alerts.alerting.lifecycle import Phase, Transition, incident_id, step
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.verdicts import Direction
from vk_alerts_tests.unit.alerting.series import RULES, at, fold, transitions, verdict

DOWN, UP = Direction.DOWN, Direction.UP
NOTICED, OPENED, REOPENED = Transition.NOTICED, Transition.OPENED, Transition.REOPENED
CLOSED, DROPPED = Transition.CLOSED, Transition.DROPPED


def phases(letters, **options):
    """One letter per step: n(o incident), P(ending), F(iring), R(ecovering), C(losed)."""
    return "".join(
        "n" if s.incident is None else s.incident.phase.value[0].upper() for s in fold(letters, **options)
    )


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("B", "P", id="one bad window is only noticed"),
        pytest.param("BB", "PF", id="two adjacent ones open it"),
        pytest.param("B.B", "PPP", id="two with a good one between do not"),
        pytest.param("B.B.B", "PPPPF", id="three of five do"),
        pytest.param("B..B.B", "PPPPPF", id="the first and the last of six count"),
        pytest.param("B...B.B", "PPPPPPP", id="three of seven do not"),
        pytest.param("B?B?B", "PPPPF", id="windows that are neither do not matter"),
        pytest.param("H", "F", id="a hard one opens it at once"),
        pytest.param("BH", "PF", id="a hard one opens what is pending"),
        pytest.param("B..H", "PPPF", id="also later"),
        pytest.param("B.....", "PPPPPP", id="it is waited for during six windows"),
        pytest.param("B......", "PPPPPPn", id="and dropped with the seventh"),
        pytest.param("B.....B", "PPPPPPP", id="bad again with the seventh is a first time"),
        pytest.param("b", "n", id="the other direction is another incident"),
        pytest.param("h", "n", id="however hard"),
        pytest.param("Bb", "PP", id="bad in the other direction is not bad in this one"),
        pytest.param("BbB", "PPP", id="and breaks a run"),
        pytest.param("BB.", "PFR", id="one settled window is not the end"),
        pytest.param("BB..", "PFRC", id="two are"),
        pytest.param("BB.?.", "PFRRR", id="an unsettled one starts the count again"),
        pytest.param("BB.?..", "PFRRRC", id="and two more close it"),
        pytest.param("BB???", "PFFFF", id="unsettled windows do not close it"),
        pytest.param("BB.B", "PFRF", id="a bad one fires again, at once"),
        pytest.param("BB.B.", "PFRFR", id="and the count starts again"),
        pytest.param("BB.B..", "PFRFRC", id="with two more"),
        pytest.param("BBb.", "PFRC", id="the other side counts as settled"),
        pytest.param("BBbb", "PFRC", id="also when it is bad there"),
        pytest.param("BB!!", "PFRC", id="also when it is unsettled there"),
        pytest.param("-", "n", id="nothing can be said of nothing"),
        pytest.param("-B-", "nPP", id="no verdict freezes what is pending"),
        pytest.param("B-B", "PPF", id="and does not break a run"),
        pytest.param("BB---------", "PFFFFFFFFFF", id="however long, it never closes"),
        pytest.param("BB.-.", "PFRRC", id="it freezes the count of settled windows, too"),
        pytest.param("BB -- ..", "PFFFRC", id="missing windows freeze likewise"),
    ],
)
def test_an_incident_lives_by_its_windows(letters, expected):
    assert phases(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("bb..", "PFRC"),
        ("h!!..", "FFFRC"),
        ("h??", "FRC"),
        ("hBB", "FRC"),
        ("b.b.b", "PPPPF"),
        ("B", "n"),
    ],
)
def test_upwards_the_same_rules_hold(letters, expected):
    assert phases(letters, direction=UP) == expected


@pytest.mark.parametrize(
    ("rules", "letters", "expected"),
    [
        (Rules(for_windows=1), "B", "F"),
        (Rules(for_windows=3), "BBB", "PPF"),
        (Rules(for_windows=4, bad_of_recent=4), "BBBB", "PPPF"),
        (Rules(for_windows=9, bad_of_recent=2, recent=2), "B.BB", "PPPF"),
        (Rules(for_windows=9, bad_of_recent=2, recent=3), "B.B", "PPF"),
        (Rules(for_windows=9, bad_of_recent=2, recent=2), "B..", "PPn"),
        (Rules(settle_windows=1), "BB.", "PFC"),
        (Rules(settle_windows=3), "BB...", "PFRRC"),
    ],
)
def test_the_rules_are_counted_in_windows(rules, letters, expected):
    assert phases(letters, rules=rules) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("BB..", [NOTICED, OPENED, None, CLOSED]),
        ("H..B", [OPENED, None, CLOSED, None]),
        ("H..BB", [OPENED, None, CLOSED, None, REOPENED]),
        ("H..H", [OPENED, None, CLOSED, REOPENED]),
        ("H.HB", [OPENED, None, None, None]),
        ("B......", [NOTICED, None, None, None, None, None, DROPPED]),
        ("B.....B", [NOTICED, None, None, None, None, None, NOTICED]),
        ("..-", [None, None, None]),
    ],
)
def test_a_step_says_what_it_changed(letters, expected):
    assert transitions(fold(letters)) == expected


@pytest.mark.parametrize(
    ("letters", "reason"),
    [
        (".", "normal"),
        ("-", "no verdict: frozen"),
        ("B", "first bad window"),
        ("B.B", "bad, not yet often enough"),
        ("BB", "2 bad windows in a row"),
        ("B.B.B", "3 bad of the last 6 windows"),
        ("H", "score 12.0 is beyond the hard threshold"),
        ("BBB", "still bad"),
        ("B.", "waiting whether it repeats"),
        ("B......", "did not repeat"),
        ("H?", "not bad, not settled"),
        ("H.", "settling"),
        ("H..", "2 windows inside the band"),
        ("H...", "closed"),
        ("H..B", "bad again, not yet often enough"),
        ("H..BB", "2 bad windows in a row"),
        ("H..H", "score 12.0 is beyond the hard threshold"),
        ("H.......", "over"),
        ("H........", "over"),
    ],
)
def test_a_step_says_why(letters, reason):
    assert fold(letters)[-1].reason == reason


# H opens it in window 0, and .. closes it in window 2.
@pytest.mark.parametrize(
    ("letters", "transition", "same"),
    [
        pytest.param("H...BB", REOPENED, True, id="within the hour, after two bad windows"),
        pytest.param("H.....H", REOPENED, True, id="at the exact 60 minutes"),
        pytest.param("H......H", OPENED, False, id="a window later it is another one"),
        pytest.param("H.....BB", REOPENED, True, id="the run counts from its first window"),
        pytest.param("H......BB", OPENED, False, id="a run that begins later is another one"),
        pytest.param("H..B.B.B", REOPENED, True, id="or three of the last six"),
        pytest.param(
            "H.....B.B.B", REOPENED, True, id="also when the first of them is at the exact 60 minutes"
        ),
        pytest.param("H..b.H", REOPENED, True, id="the other direction in between does not matter"),
        pytest.param("H..--H", REOPENED, True, id="nor do windows without a verdict"),
        pytest.param("H..    H", OPENED, False, id="missing windows take their time"),
    ],
)
def test_a_closed_incident_that_comes_again_soon_is_the_same_one(letters, transition, same):
    steps = fold(letters)
    assert steps[-1].transition is transition
    assert steps[-1].incident.phase is Phase.FIRING
    assert (steps[-1].incident.id == steps[0].incident.id) is same


@pytest.mark.parametrize(
    ("hours", "letters", "gone"),
    [
        pytest.param(1, "H......", False, id="for an hour it may come again"),
        pytest.param(1, "H.......", True, id="then it is over"),
        pytest.param(1, "H...B.....", False, id="a bad window keeps it in mind"),
        pytest.param(1, "H...B......", True, id="until that is no longer recent"),
        pytest.param(6, "H" + "." * 24, False, id="its opening counts as flapping for six hours"),
        pytest.param(6, "H" + "." * 25, True, id="and then no more"),
    ],
)
def test_a_closed_incident_is_forgotten_when_nothing_can_follow_from_it(hours, letters, gone):
    rules = Rules(flap_within=timedelta(hours=hours))
    assert (fold(letters, rules=rules)[-1].incident is None) is gone


def flapping(letters, **rules):
    """Of each opening: how many it was lately, and whether that is flapping."""
    steps = fold(letters, rules=Rules(**rules))
    return [
        (len(s.incident.openings), s.incident.flapping_since is not None)
        for s in steps
        if s.transition in (OPENED, REOPENED)
    ]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("H..H..", [(1, False), (2, False)], id="twice is not flapping"),
        pytest.param("H..H..H", [(1, False), (2, False), (3, True)], id="three times are"),
        pytest.param("H..H..H..H", [(1, False), (2, False), (3, True), (4, True)], id="and more"),
        pytest.param("BB..BB..BB", [(1, False), (2, False), (3, True)], id="whatever opened it"),
        pytest.param(
            "H" + "." * 11 + "H" + "." * 11 + "H", [(1, False), (2, False), (3, True)], id="in six hours"
        ),
        pytest.param(
            "H" + "." * 11 + "H" + "." * 12 + "H", [(1, False), (2, False), (2, False)], id="in no more"
        ),
        pytest.param("H..H..H" + "." * 25 + "H", [(1, False), (2, False), (3, True), (1, False)], id="calm"),
        pytest.param("H.BH.BH", [(1, False)], id="what never closed has opened once"),
    ],
)
def test_the_third_opening_in_six_hours_is_flapping(letters, expected):
    assert flapping(letters) == expected


def test_how_often_is_flapping_is_a_rule():
    assert flapping("H..H", flap_openings=2) == [(1, False), (2, True)]
    assert flapping("H..H..H", flap_within=timedelta(minutes=75)) == [(1, False), (2, False), (2, False)]


def test_since_when_it_flaps_stays_and_what_people_know_of_it_too():
    (first, *_, last) = [s.incident for s in fold("H..H..H..H") if s.incident.flapping_since]
    assert first.flapping_since == last.flapping_since == at(6)
    told = replace(fold("H..H..H..")[-1].incident, is_flapping_told=True)
    assert fold("H", incident=told, first=9)[-1].incident.is_flapping_told
    assert fold("." * 6 + "H", incident=told, first=9)[-1].incident.is_flapping_told
    assert not fold("." * 25 + "H", incident=told, first=9)[-1].incident.is_flapping_told


@pytest.mark.parametrize(
    ("own", "letters", "expected"),
    [(1, "B", "F"), (2, "BB", "PF"), (3, "BB", "PP"), (3, "BBB", "PPF"), (None, "BB", "PF")],
)
def test_a_metric_may_say_how_many_bad_windows_open_it(own, letters, expected):
    incident, seen = None, ""
    for number, letter in enumerate(letters):
        bad = replace(verdict(letter, number), for_windows=own)
        incident = step(incident, bad, DOWN, RULES if own != 3 else Rules(bad_of_recent=4)).incident
        seen += incident.phase.value[0].upper()
    assert seen == expected


def test_an_incident_knows_how_it_stands_now():
    incident = fold("BH?")[-1].incident
    assert incident.deviation == pytest.approx(-0.18)
    assert (incident.score, incident.is_hard, incident.openings) == (12.0, True, (at(1),))
    assert incident.reason == "score 12.0 is beyond the hard threshold"
    again = fold("B", incident=incident, first=3)[-1].incident
    assert (again.score, again.is_hard) == (6.0, False)
    assert again.deviation == pytest.approx(-0.3)


@pytest.mark.parametrize("windows", [1, 4, 6])
def test_the_time_to_open_again_is_a_rule(windows):
    rules = Rules(reopen_within=windows * timedelta(minutes=15))
    quiet = "." * (windows - 1)
    assert fold(f"H..{quiet}H", rules=rules)[-1].transition is REOPENED
    assert fold(f"H...{quiet}H", rules=rules)[-1].transition is OPENED


def test_what_opens_again_is_no_longer_closed():
    opened = fold("H..H")[-1].incident
    assert (opened.closed_at, opened.settled_run, opened.first_bad) == (None, 0, at(0))


def test_what_opened_again_needs_two_settled_windows_to_close():
    assert phases("H..H.") == "FRCFR"
    assert phases("H..H..") == "FRCFRC"


def test_a_long_gap_does_not_make_two_windows_adjacent():
    steps = fold("B      B")
    assert transitions(steps) == [NOTICED, NOTICED]
    assert steps[-1].incident.first_bad == at(7)


@pytest.mark.parametrize(("gap", "opens"), [(4, True), (5, False)])
def test_what_is_pending_is_frozen_by_a_gap_while_it_is_recent(gap, opens):
    assert (fold("B" + " " * gap + "B")[-1].transition is OPENED) is opens


def test_what_is_pending_is_dropped_by_the_first_good_window_after_a_long_gap():
    assert transitions(fold("B      .")) == [NOTICED, DROPPED]


@pytest.mark.parametrize(
    "letters", ["B", "BB", "BBB", "H", "B.", "BB?", "BB.", "BB..", "BB..B", "BB..BB", "BB...."]
)
def test_a_window_that_was_counted_is_not_counted_again(letters):
    incident = fold(letters)[-1].incident
    for number in range(len(letters)):
        for letter in ".?BHb":
            again = step(incident, verdict(letter, number), DOWN, RULES)
            assert (again.incident, again.transition, again.reason) == (incident, None, "already counted")


def test_the_next_window_is_counted():
    incident = fold("BB")[-1].incident
    assert step(incident, verdict("B", 2), DOWN, RULES).incident.bad_windows == 3


def test_an_incident_knows_its_series_and_what_it_cost():
    incident = fold("B.HB")[-1].incident
    assert (incident.source, incident.metric, incident.slice_key, incident.direction) == (
        "feed",
        "likes",
        "all",
        DOWN,
    )
    assert incident.series == ("likes", "all", DOWN)
    assert (incident.first_bad, incident.last_bad, incident.seen) == (at(0), at(3), at(3))
    assert (incident.bad_windows, incident.bad_run) == (3, 2)
    assert incident.recent_bad == (at(0), at(2), at(3))
    assert incident.worst == pytest.approx(-0.6)
    assert incident.missed == pytest.approx(-30 - 60 - 30)
    assert incident.group is None


@pytest.mark.parametrize(("letters", "worst"), [("bh", 0.6), ("hb", 0.6), ("bb", 0.3)])
def test_the_worst_deviation_upwards_is_the_highest(letters, worst):
    assert fold(letters, direction=UP)[-1].incident.worst == pytest.approx(worst)


def test_where_nothing_was_expected_the_deviation_is_unknown_and_the_sum_is_kept():
    nothing = {"expected": 0.0, "lower": 0.0, "upper": 0.0, "value": 5.0}
    incident = step(None, verdict("h", 0, **nothing), UP, RULES).incident
    assert (incident.worst, incident.missed) == (0.0, 5.0)


def test_a_bad_window_without_a_score_is_no_stronger_than_any():
    assert step(None, verdict("B", 0, score=None), DOWN, RULES).incident.score == 0.0


def test_a_window_in_which_nothing_happened_lacks_all_that_was_expected():
    incident = step(None, verdict("H", 0, value=0.0), DOWN, RULES).incident
    assert (incident.worst, incident.missed) == (-1.0, -100.0)


def test_by_default_two_windows_open_and_close_and_an_hour_makes_it_new():
    hour = timedelta(minutes=60)
    assert Rules() == Rules(
        for_windows=2,
        bad_of_recent=3,
        recent=6,
        settle_windows=2,
        reopen_within=hour,
        flap_openings=3,
        flap_within=6 * hour,
        worse_factor=1.5,
        worse_pause=hour / 2,
        reminders=(hour, 4 * hour, 24 * hour),
        stale_after=2 * hour,
    )


@pytest.mark.parametrize(
    ("letters", "bad_run", "settled_run", "bad_windows"),
    [
        ("BBB", 3, 0, 3),
        ("BBB?", 0, 0, 3),
        ("BBB.", 0, 1, 3),
        ("BBB.B", 1, 0, 4),
        ("BB..", 0, 2, 2),
        ("BB..B", 1, 0, 3),
        ("BB..B.", 0, 0, 3),
        ("B.", 0, 0, 1),
        ("BB-", 2, 0, 2),
    ],
)
def test_runs_are_counted_up_to_now(letters, bad_run, settled_run, bad_windows):
    incident = fold(letters)[-1].incident
    assert (incident.bad_run, incident.settled_run, incident.bad_windows) == (
        bad_run,
        settled_run,
        bad_windows,
    )


def test_the_end_is_the_window_that_closed_it():
    incident = fold("BB..")[-1].incident
    assert (incident.closed_at, incident.last_bad, incident.recent_bad) == (at(3), at(1), ())


@pytest.mark.parametrize(
    ("minutes", "recent", "flap_minutes", "remembered"),
    [(60, 6, 360, 360), (60, 6, 15, 150), (0, 1, 0, 15), (60, 6, 151, 151)],
)
def test_a_closed_incident_is_remembered_while_it_may_matter(minutes, recent, flap_minutes, remembered):
    rules = Rules(
        reopen_within=timedelta(minutes=minutes), recent=recent, flap_within=timedelta(minutes=flap_minutes)
    )
    assert rules.remembered == timedelta(minutes=remembered)


def test_the_id_is_the_same_whenever_it_is_computed():
    assert incident_id("likes", "os=Android", DOWN, at(0)) == "411544ef10779e3d"


def test_the_id_comes_from_series_direction_and_first_bad_window():
    ids = {
        incident_id("likes", "all", DOWN, at(0)),
        incident_id("views", "all", DOWN, at(0)),
        incident_id("likes", "os=iOS", DOWN, at(0)),
        incident_id("likes", "all", UP, at(0)),
        incident_id("likes", "all", DOWN, at(1)),
    }
    assert len(ids) == 5
    assert fold("BBB")[-1].incident.id == incident_id("likes", "all", DOWN, at(0))


@pytest.mark.parametrize(
    ("changes", "letter", "transition"),
    [
        ({"phase": Phase.PENDING}, "B", Transition.OPENED),
        ({"phase": Phase.CLOSED, "closed_at": at(0)}, "B", Transition.REOPENED),
        ({"phase": Phase.PENDING}, "b", None),
        ({"phase": Phase.PENDING}, ".", None),
        ({"phase": Phase.PENDING, "bad_run": 1, "recent_bad": (at(1),)}, "B", None),
        ({"phase": Phase.PENDING, "seen": at(2)}, "B", None),
        ({"phase": Phase.PENDING, "last_bad": at(0)}, "B", None),
        ({}, "B", None),
    ],
)
def test_what_a_correction_left_waiting_is_opened_by_the_newest_window_seen_again(
    changes, letter, transition
):
    waiting = replace(fold("BB")[-1].incident, **changes)
    result = step(waiting, verdict(letter, 1), Direction.DOWN, RULES)
    assert result.transition is transition
    if transition is None:
        assert (result.incident, result.reason) == (waiting, "already counted")
    else:
        assert (result.incident.phase, result.incident.closed_at) == (Phase.FIRING, None)
        assert result.incident.bad_windows == 2
        assert result.reason == "2 bad windows in a row"


@pytest.mark.parametrize(("opened", "is_remembered"), [((0, 20), True), ((20, 0), True), ((0, 1), False)])
def test_what_closed_is_remembered_while_any_of_its_openings_may_count_as_flapping(opened, is_remembered):
    closed = replace(fold("H..")[-1].incident, closed_at=at(22), openings=tuple(map(at, opened)))
    result = step(closed, verdict(".", 30), DOWN, RULES)
    assert (result.incident is not None, result.reason) == (is_remembered, "over")
