"""What people hear of a group that lasts, and what is kept from them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from vk_alerts.alerting.audience import Audience
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.silences import Silence
from vk_alerts.alerting.sources import SourceState
from vk_alerts.windows import window_end
from vk_alerts_tests.unit.alerting.series import Play, at, verdict

STILL = Rules(reminders=())


def silence(first, last, **changes):
    """A silence over the ends of the windows first … last."""
    given = {
        "id": 3,
        "metric": None,
        "slice_key": None,
        "starts": window_end(at(first)).timestamp(),
        "ends": window_end(at(last)).timestamp() + 1,
        "by": "ann",
        "comment": "",
        "created_at": 0.0,
    }
    return Silence(**(given | changes))


def values(*amounts, rules=STILL, hard=(), play=None, first=0, silent=(), **changes):
    """A series with such values (100 expected, None: no verdict, 100: well), window by window."""
    play = play or Play(rules=rules)
    for number, amount in enumerate(amounts, first):
        letter = "-" if amount is None else "." if amount == 100 else "H" if number in hard else "B"
        given = {} if amount is None else {"value": float(amount)}
        if amount is not None and amount > 100:
            letter = letter.lower()
        play.window(number, [verdict(letter, number, **(given | changes))], may_tell=number not in silent)
    return play


def muted(play):
    return [(n, m.kind.value, m.reason) for n, o in enumerate(play.outcomes) for m in o.muted]


@pytest.mark.parametrize(
    ("amounts", "kinds"),
    [
        pytest.param((80, 80, 80, 70), [(1, "open"), (3, "worse")], id="1.5 times what was told"),
        pytest.param((80, 80, 80, 71), [(1, "open")], id="a little less"),
        pytest.param(
            (80, 80, 60, 60), [(1, "open"), (3, "worse")], id="not within 30 minutes of the opening"
        ),
        pytest.param((80, 80, 80, 70, 50), [(1, "open"), (3, "worse")], id="nor of the worse before"),
        pytest.param((80, 80, 80, 70, 50, 50), [(1, "open"), (3, "worse"), (5, "worse")], id="but after"),
        pytest.param(
            (80, 80, 80, 70, 60, 56), [(1, "open"), (3, "worse")], id="each time from what was told"
        ),
        pytest.param((80, 80, 80, 70, 60, 55), [(1, "open"), (3, "worse"), (5, "worse")], id="at its edge"),
        pytest.param((120, 120, 120, 130), [(1, "open"), (3, "worse")], id="upwards likewise"),
        pytest.param((80, 80, 80, None, 70), [(1, "open"), (4, "worse")], id="in a window with a verdict"),
    ],
)
def test_what_deviates_half_again_as_much_is_told_as_worse(amounts, kinds):
    assert values(*amounts).kinds == kinds


def test_how_much_worse_and_how_often_are_rules():
    rules = Rules(reminders=(), worse_factor=2.0, worse_pause=timedelta(minutes=15))
    assert values(80, 80, 61, rules=rules).kinds == [(1, "open")]
    assert values(80, 80, 60, 20, rules=rules).kinds == [(1, "open"), (2, "worse"), (3, "worse")]


def test_worse_says_what_was_told_before_and_why():
    (_, opened), (_, worse) = values(80, 80, 80, 70).tellings
    assert (opened.last_told, worse.last_told, worse.number) == (None, pytest.approx(-0.2), 0)
    assert worse.reason == "deviation -30% after -20%"
    assert worse.group.told.deviation == pytest.approx(-0.3)
    assert worse.group.reason == opened.reason == "2 bad windows in a row"
    again = values(80, 80, 80, 70, 50, 50)
    assert [t.number for _, t in again.tellings] == [0, 0, 1]
    assert [g.reason for g in again.situation.groups.values()] == ["deviation -50% after -30%"]


def test_where_nothing_was_expected_nothing_is_worse():
    nothing = {"expected": 0.0, "lower": 0.0, "upper": 0.0}
    assert values(101, 101, 101, 900, 900, **nothing).kinds == [(1, "open")]


def test_what_is_not_bad_is_not_worse():
    play = values(80, 80, 80)
    play.window(3, [verdict("?", 3, value=40.0)])
    assert play.kinds == [(1, "open")]


@pytest.mark.parametrize(
    ("amounts", "hard", "kinds"),
    [
        pytest.param((80, 80, 75), (2,), [(1, "open"), (2, "escalate")], id="beyond the hard threshold"),
        pytest.param((80, 80, 80), (2,), [(1, "open"), (2, "escalate")], id="deviating as much"),
        pytest.param((80, 80, 81), (2,), [(1, "open")], id="not when it deviates less than told"),
        pytest.param((80, 80, 75, 75), (2, 3), [(1, "open"), (2, "escalate")], id="once"),
        pytest.param((80, 80), (1,), [(1, "open")], id="not when it was told as that"),
        pytest.param((75, 75, 75), (0, 2), [(0, "open")], id="nor later"),
        pytest.param((80, 80, 80, 60), (3,), [(1, "open"), (3, "escalate")], id="in place of worse"),
        pytest.param(
            (80, 80, 75, 75, 50), (2,), [(1, "open"), (2, "escalate"), (4, "worse")], id="then worse"
        ),
        pytest.param((80, 80, 75, 50), (2,), [(1, "open"), (2, "escalate")], id="not at once"),
    ],
)
def test_what_goes_beyond_the_hard_threshold_after_it_was_told_as_less_escalates(amounts, hard, kinds):
    assert values(*amounts, hard=hard).kinds == kinds


@pytest.mark.parametrize(
    ("windows", "reminded"),
    [
        pytest.param(5, [], id="not before an hour"),
        pytest.param(6, [5], id="an hour after it was told"),
        pytest.param(17, [5], id="not again before four hours"),
        pytest.param(18, [5, 17], id="then"),
        pytest.param(97, [5, 17], id="not before a day"),
        pytest.param(98, [5, 17, 97], id="then"),
        pytest.param(200, [5, 17, 97], id="and no more"),
    ],
)
def test_people_are_reminded_after_an_hour_four_and_a_day(windows, reminded):
    play = values(*[80] * windows, rules=Rules())
    assert play.kinds == [(1, "open"), *((window, "remind") for window in reminded)]
    assert [t.number for _, t in play.tellings[1:]] == list(range(len(reminded)))


def test_a_reminder_says_for_how_long_it_has_lasted_and_the_how_manieth_it_is():
    reminders = [t for _, t in values(*[80] * 18, rules=Rules()).tellings if t.kind.value == "remind"]
    assert [(t.number, t.reason) for t in reminders] == [
        (0, "lasts for 1:00:00 since it was told, and nobody has taken it"),
        (1, "lasts for 4:00:00 since it was told, and nobody has taken it"),
    ]


def test_reminders_missed_in_the_past_are_one():
    assert values(*[80] * 20, rules=Rules(), silent=range(2, 19)).kinds == [(1, "open"), (19, "remind")]


def test_a_message_that_it_got_worse_reminds_too():
    assert values(80, 80, 80, 80, 80, 70, 70, rules=Rules()).kinds == [(1, "open"), (5, "worse")]


def test_nobody_is_reminded_of_what_recovers_and_is_when_it_fires_again():
    assert values(80, 80, 80, 80, 80, 100, rules=Rules()).kinds == [(1, "open")]
    assert values(80, 80, 80, 80, 80, 100, 80, rules=Rules()).kinds == [(1, "open"), (6, "remind")]


def test_where_the_headline_has_ended_people_are_reminded_of_what_lasts():
    play = Play(rules=Rules())
    play.series({"views": "HB..........", "likes": "HBBBBBBB"})
    (_, remind) = next((n, t) for n, t in play.tellings if t.kind.value == "remind")
    assert (remind.group.id, remind.group.head.metric) == (play.tellings[0][1].group.id, "likes")


def test_a_headline_that_ended_before_a_reminder_of_others_is_worse_only_than_itself():
    play = Play(rules=Rules())
    play.series({"views": "HB....BB", "likes": "HBBBBBBB"})
    assert play.kinds == [(0, "open"), (4, "remind")]
    assert play.situation.incidents["views", "all", verdict("B", 0).direction].phase is Phase.FIRING


def test_a_reminder_that_says_how_far_beyond_the_threshold_it_is_spares_the_call():
    amounts = (80, 80, 80, 80, 80, 85, 80)
    assert values(*amounts, hard=(5, 6), rules=Rules()).kinds == [(1, "open"), (5, "remind")]
    assert values(*amounts, hard=(6,), rules=Rules()).kinds == [
        (1, "open"),
        (5, "remind"),
        (6, "escalate"),
    ]


def test_who_has_taken_it_is_not_reminded_and_not_called_again_but_hears_of_worse_and_the_end():
    play = values(80, 80, rules=Rules())
    group = play.tellings[0][1].group
    play.audience = Audience(taken={group.id: "ann"})
    values(75, 75, 75, 75, 70, 100, 100, hard=(2,), play=play, first=2)
    assert play.kinds == [(1, "open"), (6, "worse"), (8, "resolved"), (8, "update")]
    assert muted(play) == [(2, "escalate", "taken by ann"), (5, "remind", "taken by ann")]
    assert play.tellings[1][1].group.taken_by == "ann"


def test_taking_a_member_takes_its_group():
    play = Play(rules=Rules())
    play.series({"views": "HB", "likes": "HB"})
    member = play.situation.incidents["likes", "all", verdict("B", 0).direction]
    play.audience = Audience(taken={member.id: "bob"})
    play.series({"views": "BBBBB", "likes": "BBBBB"}, first=2)
    assert [kind for _, kind in play.kinds] == ["open"]
    play.audience = Audience()
    play.series({"views": "B", "likes": "B"}, first=7)
    assert [group.taken_by for group in play.situation.groups.values()] == [""]


@pytest.mark.parametrize(
    ("amounts", "first", "last", "kinds"),
    [
        pytest.param((80, 80, 80, 80), 0, 9, [], id="a silence stops what would open"),
        pytest.param((80, 80, 80, 80), 0, 2, [(3, "open")], id="when it ends, what still fires is told"),
        pytest.param((80, 80, 80, 80), 0, 1, [(2, "open")], id="with the next window"),
        pytest.param((80, 80, 100, 100), 0, 2, [], id="what has ended or recovers by then is not"),
        pytest.param((80, 80, 100, 100), 0, 9, [], id="nor its end"),
        pytest.param((80, 80, 80, 80, 40, 40), 2, 9, [(1, "open")], id="it stops what comes after"),
        pytest.param((80, 80, 100, 100), 2, 9, [(1, "open")], id="and the end"),
        pytest.param(
            (80, 80, 80, 80), 2, 2, [(1, "open"), (3, "open"), (3, "update")], id="one open goes out after it"
        ),
        pytest.param(
            (80, 80, 80, 80, 100, 100),
            2,
            2,
            [(1, "open"), (3, "open"), (3, "update"), (5, "resolved"), (5, "update"), (5, "update")],
            id="and its end",
        ),
        pytest.param(
            (80, 80, 80, 100, 100),
            2,
            2,
            [(1, "open"), (4, "resolved"), (4, "update")],
            id="what was told and recovers after it is told to have ended",
        ),
    ],
)
def test_a_silence_stops_what_is_sent_while_the_state_advances(amounts, first, last, kinds):
    heard = values(*amounts)
    silenced = values(*amounts, play=Play(rules=STILL, audience=Audience(silences=(silence(first, last),))))
    assert silenced.kinds == kinds
    assert {key: (i.id, i.phase) for key, i in silenced.situation.incidents.items()} == {
        key: (i.id, i.phase) for key, i in heard.situation.incidents.items()
    }


def test_what_is_told_again_after_a_silence_is_another_opening_of_its_group():
    play = values(80, 80, 80, 80, play=Play(rules=STILL, audience=Audience(silences=(silence(2, 2),))))
    (_, first), (_, second), _ = play.tellings
    assert (first.group.id, first.group.sequence) == (second.group.id, 0)
    assert second.group.sequence == 1
    assert [i.sequence for i in play.situation.incidents.values()] == [1]


def test_a_silence_says_once_what_it_keeps_from_people():
    audience = Audience(silences=(silence(0, 9),))
    play = values(80, 80, 80, 80, play=Play(rules=STILL, audience=audience))
    assert muted(play) == [(1, "open", "silence 3")]
    assert [group.reason for group in play.situation.groups.values()] == ["silence 3"]
    told = values(80, 80, 100, 100, play=Play(rules=STILL, audience=Audience(silences=(silence(2, 9),))))
    assert muted(told) == [(3, "resolved", "silence 3")]


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"metric": "likes"}, False),
        ({"metric": "views"}, True),
        ({"metric": "likes", "slice_key": "all"}, False),
        ({"metric": "likes", "slice_key": "os=iOS"}, True),
        ({"expired_at": window_end(at(0)).timestamp() + 1}, True),
        ({"starts": window_end(at(1)).timestamp() + 1}, True),
        ({"starts": window_end(at(1)).timestamp()}, False),
        ({"ends": window_end(at(1)).timestamp()}, True),
    ],
)
def test_a_silence_is_about_some_series_for_some_time(changes, is_told):
    audience = Audience(silences=(silence(0, 9, **changes),))
    assert bool(values(80, 80, play=Play(rules=STILL, audience=audience)).kinds) is is_told


def test_a_silence_is_looked_at_when_the_window_is_folded():
    late = Audience(moment=window_end(at(20)).timestamp(), silences=(silence(0, 9),))
    assert values(80, 80, play=Play(rules=STILL, audience=late)).kinds == [(1, "open")]


def test_of_a_group_that_is_silenced_in_part_the_rest_is_told():
    audience = Audience(silences=(silence(0, 20, metric="views"),))
    play = Play(rules=Rules(), audience=audience)
    play.series({"views": "HHHHHH", "likes": "HBBBBBB"})
    assert play.kinds == [(0, "open"), (4, "remind")]
    assert [telling.group.head.metric for _, telling in play.tellings] == ["likes", "likes"]
    assert len(play.tellings[0][1].group.told.members) == 1


def test_nothing_is_said_of_how_a_silenced_headline_stands():
    play = Play(rules=STILL)
    play.series({"views": "BB", "likes": "BB"})
    play.audience = Audience(silences=(silence(0, 20, metric="views"),))
    for number in (2, 3, 4):
        play.window(number, [verdict("H", number, metric=m, value=20.0) for m in ("views", "likes")])
    assert play.kinds == [(1, "open")]


def test_a_source_without_events_is_silenced_only_by_a_silence_over_everything():
    for changes, kinds in (({}, [(3, "nodata")]), ({"metric": "likes"}, [(0, "nodata")])):
        play = Play(rules=STILL, audience=Audience(silences=(silence(0, 2, **changes),)))
        for number in range(4):
            empty = SourceState("feed", "feed_actions", at(-1), 0)
            play.window(number, [verdict("E", number)], sources=[empty])
        assert play.kinds == kinds
        assert muted(play) == ([] if changes else [(0, "nodata", "silence 3")])


def test_late_members_edit_the_message():
    play = Play(rules=STILL)
    play.series({"views": "HBBBB", "likes": " H", "ctr": "  H"})
    assert play.kinds == [(0, "open"), (1, "update"), (2, "update")]
    updates = [t for _, t in play.tellings[1:]]
    assert [[i.metric for i in t.joined] for t in updates] == [["likes"], ["ctr"]]
    assert [(t.number, t.reason, t.group.closed) for t in updates] == [
        (0, "1 joined", None),
        (1, "1 joined", None),
    ]
    assert len(updates[-1].group.told.members) == 3


def test_what_joins_upstream_heads_the_message_from_then_on():
    play = Play(rules=STILL)
    play.series({"likes": "HBB", "views": " HB"})
    assert [(t.kind.value, t.group.head.metric) for _, t in play.tellings] == [
        ("open", "likes"),
        ("update", "views"),
    ]
    assert play.tellings[1][1].group.told.deviation == pytest.approx(-0.6)


@pytest.mark.parametrize(
    ("silent_windows", "kinds"),
    [
        (8, [(1, "open")]),
        (9, [(1, "open"), (10, "stale")]),
        (30, [(1, "open"), (10, "stale")]),
    ],
)
def test_more_than_two_hours_without_a_verdict_are_told_once(silent_windows, kinds):
    assert values(80, 80, *[None] * silent_windows).kinds == kinds


def test_what_was_stale_may_be_so_again_and_ends_as_ever():
    play = values(80, 80, *[None] * 9, 80, *[None] * 9, 100, 100)
    assert [kind for _, kind in play.kinds] == ["open", "stale", "stale", "resolved", "update"]
    assert [t.number for _, t in play.tellings[1:3]] == [0, 1]
    assert play.tellings[1][1].reason == "no verdict for more than 2:00:00"


def test_nobody_is_reminded_of_what_nothing_is_heard_of():
    assert values(80, 80, *[None] * 8, 80, rules=Rules()).kinds == [(1, "open"), (10, "remind")]


def test_a_group_is_heard_of_while_any_member_is():
    play = Play(rules=STILL)
    play.series({"views": "HB" + "-" * 12, "likes": "HB" + "B" * 12})
    assert play.kinds == [(0, "open")]


def test_a_silent_series_of_a_stopped_source_is_no_news():
    play = values(80, 80)
    for number in range(2, 14):
        play.window(number, [verdict("E", number)], sources=[SourceState("feed", "feed_actions", at(2), 0)])
    assert [kind for _, kind in play.kinds] == ["open", "nodata"]


@pytest.mark.parametrize(
    ("letters", "kinds"),
    [
        pytest.param("H..H..H", ["open", "resolved", "open", "resolved", "flapping"], id="the third time"),
        pytest.param("H..H..H..", ["open", "resolved", "open", "resolved", "flapping"], id="then no end"),
        pytest.param("H..H..H..H..H..", ["open", "resolved", "open", "resolved", "flapping"], id="nor more"),
        pytest.param(
            "H..H..H.." + "." * 25 + "H..",
            ["open", "resolved", "open", "resolved", "flapping", "open", "resolved"],
            id="until it was calm for six hours",
        ),
        pytest.param(
            "H..H..H" + "B" * 24,
            ["open", "resolved", "open", "resolved", "flapping", "remind"],
            id="or lasts so long that it does not flap any more",
        ),
    ],
)
def test_a_third_opening_is_told_as_flapping_and_then_no_more(letters, kinds):
    play = Play(rules=Rules())
    play.series({"likes": letters})
    assert [kind for _, kind in play.kinds if kind != "update"] == kinds


def test_what_flapped_and_lasts_is_spared_up_to_six_hours_after_its_first_opening():
    play = Play(rules=Rules())
    play.series({"likes": "H..H..H" + "B" * 24})
    assert play.kinds[-1] == (25, "remind")


def test_flapping_says_how_often_and_the_rest_says_why_it_is_not_told():
    play = Play(rules=STILL)
    play.series({"likes": "H..H..H..H.."})
    (flapping,) = [t for _, t in play.tellings if t.kind.value == "flapping"]
    assert (flapping.openings, flapping.group.sequence) == (3, 2)
    assert flapping.reason == "opening number 3 in 6:00:00"
    assert muted(play) == [
        (8, "resolved", "flapping"),
        (9, "open", "opening number 4 in 6:00:00: flapping, and told so"),
        (11, "resolved", "flapping"),
    ]


def test_flapping_in_the_past_is_told_with_the_next_live_window():
    play = Play(rules=STILL)
    play.series({"likes": "H..H..HB"}, silent="      s")
    assert play.kinds[-1] == (7, "flapping")


def test_a_group_with_a_member_that_does_not_flap_is_told_by_that():
    play = Play(rules=STILL)
    play.series({"likes": "H..H..H", "views": "      H"})
    assert play.told[-1] == (6, "open", "views", 0)


def test_a_changed_threshold_does_not_reset_what_is_known():
    play = values(80, 80)
    for number in (2, 3):
        play.window(number, [verdict("B", number, value=80.0, threshold=2.0)])
    assert play.kinds == [(1, "open")]
    (incident,) = play.situation.incidents.values()
    assert (incident.first_bad, incident.bad_windows) == (at(0), 4)


def test_what_joins_and_gets_worse_in_one_window_is_an_edit_and_a_message():
    play = Play(rules=STILL)
    play.series({"views": "BBB"})
    play.window(3, [verdict("B", 3, metric="views", value=40.0), verdict("H", 3, metric="likes")])
    assert play.kinds == [(1, "open"), (3, "update"), (3, "worse")]


def test_the_end_closes_what_was_told_and_edits_its_message():
    play = values(80, 80, 100, 100)
    resolved, update = (t for _, t in play.tellings[1:])
    assert resolved.group.closed == update.group.closed == at(3)
    assert (resolved.reason, update.reason) == ("all of it is over", "all of it is over")
    assert play.outcomes[-1].finished_groups == (replace(resolved.group, reason="all of it is over"),)


def test_what_opens_again_edits_the_first_message_besides_the_reply_and_ends_in_both():
    play = Play(rules=STILL)
    play.series({"likes": "H..H.."})
    again = play.tellings[3:]
    assert [(n, t.kind.value, t.sequence, t.reason) for n, t in again] == [
        (3, "open", 1, "score 12.0 is beyond the hard threshold"),
        (3, "update", 0, "it opened again"),
        (5, "resolved", 1, "all of it is over"),
        (5, "update", 1, "all of it is over"),
        (5, "update", 0, "all of it is over"),
    ]
    assert [t.group.closed for _, t in again] == [None, None, at(5), at(5), at(5)]


def test_the_first_message_of_what_flaps_stays_as_it_is():
    play = Play(rules=STILL)
    play.series({"likes": "H..H..H.."})
    assert [t.kind.value for n, t in play.tellings if n >= 6] == ["flapping"]
