"""When so much is off at once that one message must do."""

from dataclasses import replace

import pytest

from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.relations import Picture
from vk_alerts.alerting.roots import Root, find_roots
from vk_alerts.alerting.storms import MOST_ROOTS, ONE_CAUSE, STORM_SHARE, storm_of
from vk_alerts.alerting.verdicts import Direction, Judgement
from vk_alerts_tests.unit.alerting.scenes import all_opened, picture_of
from vk_alerts_tests.unit.alerting.series import GRAPH


def storm(series, *, told_lately=0, quiet=(), phase=Phase.FIRING):
    """The storm that a window of such series is; ``quiet`` ones moved, and are not bad by themselves."""
    incidents = [replace(i, phase=phase) for i in all_opened(series) if i.id not in quiet]
    names = {(name.partition("@")[0], name.partition("@")[2] or "all") for name in quiet}
    verdicts = {
        key: replace(verdict, judgement=Judgement.NORMAL) if key in names else verdict
        for key, verdict in picture_of(series).verdicts.items()
    }
    picture = Picture(verdicts, GRAPH)
    return storm_of(find_roots(incidents, picture), told_lately, incidents, picture)


def towns(count, *, of=1000, value=50):
    """Views of ``count`` towns that are off, each by itself, among ``of``."""
    bad = {f"views@city={n}": (value, 100) for n in range(count)}
    return bad | {f"views@city={n}": (100, 100) for n in range(count, of)}


def test_the_constants_are_those_of_the_design():
    assert (MOST_ROOTS, STORM_SHARE, ONE_CAUSE) == (6, 0.3, 0.9)


@pytest.mark.parametrize(
    ("count", "told_lately", "is_storm"),
    [(6, 0, False), (7, 0, True), (4, 2, False), (5, 2, True), (2, 5, True), (2, 4, False), (1, 99, False)],
)
def test_more_than_six_causes_are_a_storm(count, told_lately, is_storm):
    assert (storm(towns(count), told_lately=told_lately) is not None) is is_storm


@pytest.mark.parametrize(
    ("count", "of", "is_storm"),
    [
        pytest.param(30, 100, True, id="30 % of all series"),
        pytest.param(29, 100, False, id="a little less"),
        pytest.param(7, 7, True, id="seven that are all there is"),
        pytest.param(6, 6, False, id="six are too few to call it so"),
    ],
)
def test_30_percent_of_all_series_from_several_causes_are_a_storm(count, of, is_storm):
    """Two causes only: the towns of each half are tied to a total by moving with it."""
    half = count // 2
    series = {f"views@city={n}": (50, 100) for n in range(1, half)}
    series |= {f"messages@city={n}": (50, 100) for n in range(1, count - half)}
    series |= {"views": (5000, 10_000), "messages": (5000, 10_000)}
    series |= {f"likes@city={n}": (100, 100) for n in range(of - count)}
    found = storm(series)
    assert (found is not None) is is_storm
    if found is not None:
        assert (found.direction, found.series, found.of) == (Direction.DOWN, count, of)
        assert dict(found.metrics) == {"views": half, "messages": count - half}


TOTALS = dict.fromkeys(("views", "messages"), (50, 100))
STILL = {f"likes@city={n}": (100, 100) for n in range(20)}


def test_slices_that_move_with_an_open_total_count_though_they_are_not_bad():
    along = {f"{metric}@city={n}": (50, 100) for metric in TOTALS for n in range(5)}
    assert storm(TOTALS | along | STILL, quiet=set(along)).series == 12
    other_way = dict.fromkeys(along, (150, 100))
    assert storm(TOTALS | other_way | STILL, quiet=set(other_way)) is None
    less = dict.fromkeys(along, (66, 100))
    assert storm(TOTALS | less | STILL, quiet=set(less)) is None


def test_only_what_fires_draws_slices_along():
    along = {f"{metric}@city={n}": (50, 100) for metric in TOTALS for n in range(5)}
    found = storm(TOTALS | along | STILL, quiet=set(along), phase=Phase.RECOVERING)
    assert found is None


def test_slices_by_two_dimensions_move_along_with_one_by_either():
    bad = {f"views@os={os}": (50, 100) for os in ("Android", "iOS")}
    along = {f"views@os={os},city={n}": (50, 100) for os in ("Android", "iOS") for n in range(3)}
    along |= {f"views@city={n},os=iOS": (50, 100) for n in range(3)}
    assert storm(bad | along, quiet=set(along)).series == 11
    others = {f"views@source=ads,city={n}": (50, 100) for n in range(9)}
    assert storm(bad | others, quiet=set(others)) is None


def test_metrics_with_as_many_series_come_by_name():
    series = {f"{metric}@city={n}": (50, 100) for metric in ("views", "messages") for n in range(4)}
    assert storm(series).metrics == (("messages", 4), ("views", 4))


def test_metrics_come_by_how_many_of_their_series_are_off_and_then_by_name():
    counts = {"views": 3, "messages": 2} | dict.fromkeys(("comments", "likes", "reposts", "shares"), 1)
    series = {f"{metric}@city={n}": (50, 100) for metric, count in counts.items() for n in range(count)}
    assert storm(series).metrics == tuple(counts.items())


@pytest.mark.parametrize(("others", "is_storm"), [(1, False), (2, True)])
def test_where_one_cause_holds_nine_tenths_of_what_is_off_it_is_the_headline(others, is_storm):
    series = {"views": (9000, 18_000)} | {f"views@city={n}": (50, 100) for n in range(1, 9)}
    series |= {f"messages@city={n}": (50, 100) for n in range(others)}
    assert (storm(series) is not None) is is_storm


def test_a_cause_holds_what_moves_along_with_it_though_that_never_opened():
    along = {f"views@city={n}": (50, 100) for n in range(12)}
    series = {"views": (50, 100), "messages": (80, 100)} | along
    assert storm(series, quiet=set(along)) is None


def test_a_cause_holds_its_members_also_outside_the_slice_that_heads_it():
    """One slice explains its total, and with that all slices that moved with the total."""
    series = {"views": (50, 100), "messages": (80, 100)} | {f"views@city={n}": (50, 100) for n in range(9)}
    incidents = {incident.id: incident for incident in all_opened(series)}
    stranger = incidents.pop("messages")
    head = incidents["views@city=0"]
    roots = [Root(head, tuple(incidents.values())), Root(stranger, (stranger,))]
    assert storm_of(roots, 0, [*incidents.values(), stranger], picture_of(series)) is None


def test_of_three_causes_each_holds_what_is_its_own():
    series = {"views": (9000, 18_000)} | {f"views@city={n}": (50, 100) for n in range(1, 9)}
    series |= {f"{metric}@city=0": (50, 100) for metric in ("messages", "reposts")}
    assert storm(series) is not None


def test_a_storm_is_told_by_the_side_on_which_most_are():
    up = {f"likes@city={n}": (200, 100) for n in range(9)}
    found = storm(towns(7, of=7) | up)
    assert (found.direction, found.series) == (Direction.UP, 9)
    assert storm(towns(7) | dict(list(up.items())[:7])).direction is Direction.DOWN


def test_series_without_a_verdict_do_not_count():
    silent = {f"likes@city={n}": (None, 100) for n in range(50)}
    series = towns(8, of=10)
    incidents = all_opened(series)
    assert (
        storm_of(find_roots(incidents, picture_of(series)), 0, incidents, picture_of(series | silent)).of
        == 10
    )
