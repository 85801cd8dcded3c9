from dataclasses import replace

import pytest

from vk_alerts.alerting.grouping import JOIN_WITHIN, Group, group_openings, refresh_group, with_sequence
from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.windows import STEP
from vk_alerts_tests.unit.alerting.series import at, fold


def incident(name, *, source="feed", **changes):
    fired = fold("H")[-1].incident
    return replace(fired, **({"id": name, "metric": name, "source": source} | changes))


def group(name, *, opened=0, **changes):
    head = incident(name, group=name)
    return replace(Group(id=name, source="feed", head=head, opened=at(opened)), **changes)


def ids(grouped):
    return {member.id: (member.group, member.sequence) for member in grouped}


def test_what_opens_in_one_window_and_source_is_one_group_headed_by_the_highest_score():
    opened = [(incident("a"), 5.0), (incident("b"), 11.0), (incident("c"), 7.0)]
    grouped, fresh = group_openings(opened, [], at(3))
    assert ids(grouped) == {"a": ("b", 0), "b": ("b", 0), "c": ("b", 0)}
    assert [(g.id, g.head.id, g.head.group, g.source, g.opened, g.is_told) for g in fresh] == [
        ("b", "b", "b", "feed", at(3), False)
    ]


@pytest.mark.parametrize(
    ("first", "second", "head"),
    [
        pytest.param(("a", -0.3), ("b", -0.6), "b", id="of equal scores the larger deviation heads"),
        pytest.param(("a", 0.6), ("b", -0.3), "a", id="whatever its sign"),
        pytest.param(("b", -0.3), ("a", -0.3), "a", id="of equal deviations the smaller id"),
    ],
)
def test_equal_scores_are_told_apart_the_same_way_in_any_order(first, second, head):
    opened = [(incident(name, worst=worst), 9.0) for name, worst in (first, second)]
    for order in (opened, opened[::-1]):
        _, fresh = group_openings(order, [], at(0))
        assert fresh[0].head.id == head


def test_each_source_has_a_group_of_its_own():
    opened = [(incident("a"), 5.0), (incident("m", source="messenger"), 11.0)]
    grouped, fresh = group_openings(opened, [], at(0))
    assert ids(grouped) == {"a": ("a", 0), "m": ("m", 0)}
    assert sorted((g.id, g.source) for g in fresh) == [("a", "feed"), ("m", "messenger")]


@pytest.mark.parametrize(("window", "joins"), [(1, True), (4, True), (5, False)])
def test_what_opens_within_the_hour_joins_the_group_of_its_source(window, joins):
    assert JOIN_WITHIN == 4 * STEP
    grouped, fresh = group_openings([(incident("b"), 50.0)], [group("a", sequence=2)], at(window))
    assert ids(grouped) == {"b": ("a", 2) if joins else ("b", 0)}
    assert bool(fresh) is not joins


def test_a_young_group_of_another_source_is_not_joined():
    grouped, _ = group_openings([(incident("m", source="messenger"), 5.0)], [group("a")], at(1))
    assert ids(grouped) == {"m": ("m", 0)}


def test_what_opens_again_while_its_group_is_open_stays_in_it():
    again = incident("b", group="a")
    assert group_openings([(again, 5.0)], [group("a")], at(9)) == ([], [])


@pytest.mark.parametrize("sequence", [0, 1, 2])
def test_what_opens_again_brings_its_finished_group_back_under_the_next_sequence(sequence):
    grouped, fresh = group_openings([(incident("b", group="a", sequence=sequence), 5.0)], [], at(9))
    assert ids(grouped) == {"b": ("a", sequence + 1)}
    assert [(g.id, g.head.id, g.sequence, g.is_told) for g in fresh] == [("a", "b", sequence + 1, False)]


def test_what_opens_again_may_join_a_younger_group():
    grouped, fresh = group_openings([(incident("b", group="old", sequence=3), 5.0)], [group("a")], at(1))
    assert (ids(grouped), fresh) == ({"b": ("a", 0)}, [])


def test_two_that_open_again_in_one_window_come_back_together():
    opened = [(incident("a", group="a"), 5.0), (incident("b", group="a"), 9.0)]
    grouped, fresh = group_openings(opened, [], at(9))
    assert ids(grouped) == {"a": ("a", 1), "b": ("a", 1)}
    assert [(g.id, g.head.id) for g in fresh] == [("a", "b")]


def test_nothing_opened_makes_no_group():
    assert group_openings([], [group("a")], at(0)) == ([], [])


def test_incidents_take_the_sequence_of_their_group():
    groups = {"a": group("a", sequence=2)}
    assert with_sequence(incident("b", group="a"), groups).sequence == 2
    assert with_sequence(incident("b", group="gone", sequence=1), groups).sequence == 1
    assert with_sequence(incident("b"), groups).sequence == 0


def test_the_head_is_kept_as_it_stands_now():
    now = incident("a", group="a", worst=-0.9)
    assert refresh_group(group("a"), [incident("b", worst=-1.0), now]).head == now


@pytest.mark.parametrize(
    ("is_told", "head_phase", "other_phase", "head"),
    [
        pytest.param(False, Phase.CLOSED, Phase.FIRING, "b", id="until it is told, one that fires heads it"),
        pytest.param(False, Phase.RECOVERING, Phase.FIRING, "b", id="also while the first recovers"),
        pytest.param(False, Phase.FIRING, Phase.FIRING, "a", id="the first one heads it while it fires"),
        pytest.param(False, Phase.CLOSED, Phase.RECOVERING, "a", id="nobody fires: the first one stays"),
        pytest.param(True, Phase.CLOSED, Phase.FIRING, "a", id="once told the head stays"),
    ],
)
def test_the_head_of_a_group(is_told, head_phase, other_phase, head):
    members = [
        incident("a", group="a", phase=head_phase),
        incident("b", group="a", phase=other_phase, worst=-0.9),
    ]
    assert refresh_group(group("a", is_told=is_told), members).head.id == head


def test_of_several_that_fire_the_furthest_from_expected_heads_an_untold_group():
    members = [
        incident("a", group="a", phase=Phase.CLOSED),
        incident("b", group="a", worst=-0.4),
        incident("c", group="a", worst=0.7),
        incident("d", group="a", worst=-0.5),
    ]
    assert refresh_group(group("a"), members).head.id == "c"


def test_a_head_that_is_forgotten_stays_as_it_was():
    assert refresh_group(group("a"), []) == group("a")
