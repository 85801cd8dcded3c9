"""Which group what opened belongs to: a young one of its cause, an older one of its own, or a new one."""

from dataclasses import replace

import pytest

from vk_alerts.alerting.grouping import JOIN_WITHIN, group_openings, with_sequence
from vk_alerts.alerting.groups import Explanation, Group, StormSize
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.sources import Outage, SourceState
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.alerting.scenes import opened, picture_of
from vk_alerts_tests.unit.alerting.series import at

ANDROID, IOS = "os=Android", "os=iOS"


def group(name, value=60, expected=100, *, age=0, **changes):
    """An open group of one incident, opened ``age`` windows before window 9."""
    head = opened(name, value, expected, group=name)
    return replace(Group(id=name, source="feed", head=head, opened=at(9 - age)), **changes)


def grouped(series, groups=(), *, new=None, members=()):
    """What ``series`` open in window 9 beside open groups: incident → (group, sequence), and the groups."""
    incidents = [opened(name, *amounts) for name, amounts in series.items() if new is None or name in new]
    done = group_openings(
        incidents,
        incidents=[*incidents, *(one.head for one in groups), *members],
        groups={one.id: one for one in groups},
        window=at(9),
        picture=picture_of(series),
    )
    return {i.id: (i.group, i.sequence) for i in done.incidents}, {one.id: one for one in done.groups}


def test_what_opens_by_one_cause_is_one_group_named_after_its_head():
    placed, groups = grouped({"likes": (60, 100), "views": (60, 100)})
    assert placed == {"likes": ("views", 0), "views": ("views", 0)}
    (one,) = groups.values()
    assert (one.id, one.head.id, one.head.group, one.source) == ("views", "views", "views", "feed")
    assert (one.opened, one.sequence, one.is_told, one.storm) == (at(9), 0, False, None)


def test_causes_that_do_not_belong_together_are_groups_of_their_own():
    placed, groups = grouped({"views": (60, 100), "messages": (60, 100)})
    assert placed == {"views": ("views", 0), "messages": ("messages", 0)}
    assert {name: one.source for name, one in groups.items()} == {"views": "feed", "messages": "messenger"}


def test_nothing_opened_makes_no_group():
    assert grouped({}, [group("views")]) == ({}, {})


@pytest.mark.parametrize(("age", "joins"), [(1, True), (4, True), (5, False)])
def test_what_follows_within_the_hour_joins_its_cause(age, joins):
    assert JOIN_WITHIN == 4 * STEP
    placed, groups = grouped({"likes": (60, 100)}, [group("views", age=age, sequence=2)])
    assert placed == {"likes": ("views", 2) if joins else ("likes", 0)}
    assert set(groups) == {"views" if joins else "likes"}


@pytest.mark.parametrize(
    ("first", "then", "others", "joins"),
    [
        pytest.param(("views", 60), ("likes", 20), {}, True, id="a descendant, however far it fell"),
        pytest.param(("likes", 20), ("views", 60), {}, True, id="an ancestor"),
        pytest.param(("views", 60), (f"views@{IOS}", 10), {}, True, id="a slice"),
        pytest.param((f"views@{IOS}", 10), ("views", 60), {}, True, id="the total of a slice"),
        pytest.param(("views", 60), ("views", 140), {}, True, id="the same series swinging back"),
        pytest.param(("views", 60), (f"views@{IOS}", 140), {}, False, id="not another one swinging"),
        pytest.param(("views@os=iOS", 60), ("likes@gender=male", 60), {}, True, id="what deviates alike"),
        pytest.param(("views@os=iOS", 60), ("likes@gender=male", 72), {}, True, id="30 % less"),
        pytest.param(("views@os=iOS", 60), ("likes@gender=male", 73), {}, False, id="not what deviates less"),
        pytest.param(("views", 60), ("messages", 60), {}, False, id="nor alike, but of another source"),
        pytest.param(("views", 60), ("messages", 20), {}, False, id="a strong cause in another tree"),
        pytest.param(("views", 60), ("messages", 140), {}, False, id="nor the other way"),
        pytest.param((f"views@{IOS}", 60), (f"views@{ANDROID}", 10), {}, False, id="nor other users"),
        pytest.param(
            ("feed_users", 80),
            (f"likes@{IOS}", 20),
            {f"feed_users@{IOS}": (80, 100)},
            False,
            id="nor a strong fall in a slice whose users fell little",
        ),
        pytest.param(
            ("feed_users", 80),
            (f"likes@{IOS}", 20),
            {f"feed_users@{IOS}": (30, 100)},
            True,
            id="but one where they fell alike",
        ),
    ],
)
def test_late_members_join_where_they_belong(first, then, others, joins):
    series = {first[0]: (first[1], 100)} | others
    if then[0] != first[0]:
        series |= {then[0]: (then[1], 100)}
    incident = replace(opened(*then), id="late")
    home = group(*first, age=1)
    done = group_openings(
        [incident],
        incidents=[incident, home.head],
        groups={home.id: home},
        window=at(9),
        picture=picture_of(series),
    )
    assert [one.group for one in done.incidents] == [home.id if joins else "late"]


def test_a_ratio_joins_the_denominator_that_moved_it_and_says_so():
    series = {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100)}
    placed, groups = grouped(series, [group("views", 200, age=1)], new={"ctr"})
    assert placed == {"ctr": ("views", 0)}
    assert groups["views"].head.id == "views"
    assert groups["views"].explained == (Explanation("ctr", "all", "views", 1.0),)


def test_of_several_ratios_that_are_explained_the_headline_comes_first():
    series = {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100)}
    series |= {f"{name}@{IOS}": amounts for name, amounts in series.items()}
    mine = Explanation("ctr", IOS, "views", 1.0)
    home = group(f"ctr@{IOS}", 0.5, 1.0, age=1, explained=(mine,))
    _, groups = grouped(series, [home], new={"ctr"})
    assert groups[home.id].explained == (mine, Explanation("ctr", "all", "views", 1.0))


def test_a_denominator_joins_the_ratio_that_it_explains():
    series = {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100)}
    placed, groups = grouped(series, [group("ctr", 0.5, 1.0, age=1)], new={"views"})
    assert placed == {"views": ("ctr", 0)}
    assert groups["ctr"].explained == (Explanation("ctr", "all", "views", 1.0),)


@pytest.mark.parametrize(
    ("first", "then", "series", "head"),
    [
        pytest.param("likes", "views", {}, "views", id="what lies upstream heads it from then on"),
        pytest.param("views", "likes", {}, "views", id="not what lies downstream"),
        pytest.param(
            f"views@{IOS}", "views@gender=male", {}, f"views@{IOS}", id="nor what only deviates alike"
        ),
        pytest.param(
            "views",
            f"views@{IOS}",
            {"views": (600, 1000), f"views@{IOS}": (10, 400)},
            f"views@{IOS}",
            id="the slice that explains it does",
        ),
        pytest.param(
            "views",
            f"views@{IOS}",
            {"views": (600, 1000), f"views@{IOS}": (240, 400)},
            "views",
            id="not one that moved along",
        ),
        pytest.param(
            f"views@{IOS}",
            "views",
            {"views": (600, 1000), f"views@{IOS}": (10, 400)},
            f"views@{IOS}",
            id="total",
        ),
    ],
)
def test_who_heads_a_group_that_takes_something_in(first, then, series, head):
    series = {first: (60, 100), then: (60, 100)} | series
    _, groups = grouped(series, [group(first, *series[first], age=1)], new={then})
    assert groups[first].head.id == head
    assert groups[first].head.group == first


def test_kin_is_a_stronger_tie_than_deviating_alike():
    groups = [group("messages", 20, age=3), group("views", 60, age=2)]
    placed, _ = grouped(
        {"likes": (20, 100), "views": (60, 100), "messages": (20, 100)}, groups, new={"likes"}
    )
    assert placed == {"likes": ("views", 0)}


def test_kin_of_one_member_is_kin_of_the_group_whoever_else_is_in_it():
    home = group(f"views@{IOS}", age=1)
    stranger = opened("messages", 60, group=home.id)
    series = {f"likes@{IOS}": (20, 100), f"views@{IOS}": (60, 100), "messages": (60, 100)}
    placed, _ = grouped(series, [home], new={f"likes@{IOS}"}, members=[stranger])
    assert placed == {f"likes@{IOS}": (home.id, 0)}


def test_of_two_groups_it_could_join_the_older_one_takes_it():
    groups = [group("views", 60, age=1), group("feed_users", 60, age=2)]
    assert grouped({"likes": (60, 100)}, groups)[0] == {"likes": ("feed_users", 0)}


def test_an_outage_of_a_source_takes_nothing_in():
    state = SourceState("feed", "feed_actions", at(1), 0)
    outage = Outage(state, since=at(1), windows=1, is_late=False, last=at(8))
    assert grouped({"likes": (60, 100)}, [group("views", age=1, outage=outage)])[0] == {"likes": ("likes", 0)}


@pytest.mark.parametrize(("direction", "joins"), [(Direction.DOWN, True), (Direction.UP, False)])
def test_a_storm_takes_in_whatever_goes_its_way(direction, joins):
    size = StormSize(direction, 9, 20, ())
    storm = group("views", 60, age=2, storm=size)
    placed, groups = grouped({"messages": (10, 100)}, [storm])
    assert placed == {"messages": ("views" if joins else "messages", 0)}
    assert groups.get("views", storm).head.id == "views"


def test_many_causes_at_once_are_one_group():
    series = {f"views@city={n}": (10 * n, 100) for n in range(7)}
    placed, groups = grouped(series)
    (storm,) = groups.values()
    assert set(placed.values()) == {(storm.id, 0)}
    assert (storm.storm.series, storm.storm.of, storm.storm.metrics) == (7, 7, (("views", 7),))


@pytest.mark.parametrize(("young", "age", "is_storm"), [(4, 1, False), (5, 1, True), (5, 5, False)])
def test_causes_told_within_the_hour_count_towards_a_storm(young, age, is_storm):
    groups = [group(f"likes@city={n}", 3 * n, age=age) for n in range(young)]
    series = {f"views@town={n}": (40 + 30 * n, 100) for n in range(2)}
    still = {f"views@town={n}": (100, 100) for n in range(2, 60)}
    done = grouped(series | still, groups, new=set(series))[1]
    assert (len([one for one in done.values() if one.storm]) == 1) is is_storm


def test_what_opens_again_while_its_group_is_open_stays_in_it():
    home = group("views", age=9)
    again = opened("likes", 60, group="views")
    done = group_openings(
        [again], incidents=[again, home.head], groups={"views": home}, window=at(9), picture=picture_of({})
    )
    assert (done.incidents, done.groups) == ((), ())


@pytest.mark.parametrize("sequence", [0, 1, 2])
def test_what_opens_again_brings_its_finished_group_back_under_the_next_sequence(sequence):
    again = opened("likes", 60, group="views", sequence=sequence)
    done = group_openings([again], incidents=[again], groups={}, window=at(9), picture=picture_of({}))
    assert [(i.group, i.sequence) for i in done.incidents] == [("views", sequence + 1)]
    assert [(g.id, g.head.id, g.sequence, g.is_told) for g in done.groups] == [
        ("views", "likes", sequence + 1, False)
    ]


def test_what_opens_again_may_join_a_younger_group():
    again = opened("likes", 60, group="old", sequence=3)
    home = group("views", age=1)
    done = group_openings(
        [again], incidents=[again, home.head], groups={"views": home}, window=at(9), picture=picture_of({})
    )
    assert [(i.group, i.sequence) for i in done.incidents] == [("views", 0)]


def test_two_that_open_again_in_one_window_come_back_together():
    both = [opened(name, 60, group="views") for name in ("views", "messages")]
    done = group_openings(both, incidents=both, groups={}, window=at(9), picture=picture_of({}))
    assert {(i.group, i.sequence) for i in done.incidents} == {("views", 1)}
    assert len(done.groups) == 1


def test_members_that_have_closed_still_tell_what_belongs_to_a_group():
    home = group("views", age=1)
    closed = opened("likes", 20, group="views", phase=Phase.CLOSED)
    placed, _ = grouped({"ctr": (20, 100)}, [home], members=[closed])
    assert placed == {"ctr": ("views", 0)}


def test_incidents_take_the_sequence_of_their_group():
    groups = {"views": group("views", sequence=2)}
    assert with_sequence(opened("likes", 60, group="views"), groups).sequence == 2
    assert with_sequence(opened("likes", 60, group="gone", sequence=1), groups).sequence == 1
    assert with_sequence(opened("likes", 60), groups).sequence == 0
