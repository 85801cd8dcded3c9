from dataclasses import replace

import pytest

from vk_alerts.alerting.graph import MetricGraph, graph_of
from vk_alerts.alerting.relations import (
    EXPLAINS,
    SIMILAR_WITHIN,
    Picture,
    are_similar,
    contains,
    may_overlap,
)
from vk_alerts.metrics.loader import load_catalog
from vk_alerts_tests.unit.alerting.scenes import opened, picture_of
from vk_alerts_tests.unit.alerting.series import GRAPH

ANDROID, IOS = "os=Android", "os=iOS"


def test_the_constants_are_those_of_the_design():
    assert (SIMILAR_WITHIN, EXPLAINS) == (0.3, 0.7)


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        pytest.param(-0.5, -0.5, True, id="the same"),
        pytest.param(-0.5, -0.35, True, id="30 % of the larger less"),
        pytest.param(-0.5, -0.349, False, id="a little more than that"),
        pytest.param(0.2, 0.14, True, id="upwards likewise"),
        pytest.param(0.2, 0.139, False, id="and not"),
        pytest.param(-0.2, 0.2, False, id="never on different sides"),
        pytest.param(-0.2, 0.0, False, id="nor without a deviation"),
        pytest.param(0.0, 0.0, False, id="nor where neither has one"),
        pytest.param(None, -0.2, False, id="nor where one is unknown"),
        pytest.param(None, None, False, id="or both"),
    ],
)
def test_deviations_are_alike_within_30_percent_of_each_other(one, other, similar):
    assert are_similar(one, other) is similar
    assert are_similar(other, one) is similar


@pytest.mark.parametrize(
    ("whole", "part", "holds"),
    [
        ("all", ANDROID, True),
        ("all", "all", True),
        (ANDROID, "all", False),
        (ANDROID, "os=Android,source=ads", True),
        ("source=ads", "os=Android,source=ads", True),
        (IOS, "os=Android,source=ads", False),
    ],
)
def test_a_slice_holds_those_with_more_conditions(whole, part, holds):
    assert contains(whole, part) is holds


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("all", ANDROID, True),
        (ANDROID, IOS, False),
        (ANDROID, "source=ads", True),
        (ANDROID, "os=Android,source=ads", True),
        (IOS, "os=Android,source=ads", False),
        ("os=iOS,source=ads", "os=iOS,source=organic", False),
    ],
)
def test_slices_overlap_unless_a_dimension_tells_them_apart(one, other, overlap):
    assert may_overlap(one, other) is overlap
    assert may_overlap(other, one) is overlap


@pytest.mark.parametrize(
    ("part", "whole", "explains"),
    [
        pytest.param((300, 1000), (2000, 3000), True, id="70 % of the change"),
        pytest.param((301, 1000), (2000, 3000), False, id="a little less"),
        pytest.param((0, 1000), (2000, 3000), True, id="all of it"),
        pytest.param((1700, 1000), (4000, 3000), True, id="upwards likewise"),
        pytest.param((1699, 1000), (4000, 3000), False, id="and not"),
        pytest.param((1300, 1000), (2000, 3000), False, id="the other way"),
        pytest.param((1000, 1000), (2000, 3000), False, id="not moved"),
        pytest.param((300, 1000), (3000, 3000), False, id="the whole did not move"),
        pytest.param((1500, 3000), (2000, 4000), False, id="most users, and the rest moved alike"),
        pytest.param((1500, 3000), (2150, 4000), False, id="the rest moved 70 % as far: alike"),
        pytest.param((1500, 3000), (2151, 4000), True, id="a little less: the rest stayed behind"),
        pytest.param((500, 1000), (500, 1000), True, id="all users there are"),
        pytest.param((5, 0), (10, 5), True, id="nothing was expected of it"),
        pytest.param((0, 1), (9, 10), True, id="one event is all of the change"),
        pytest.param((0, 10), (0, 11), False, id="one event more, and it moved alike"),
        pytest.param((0, 1), (0, 1.4), False, id="less than one more likewise"),
    ],
)
def test_a_slice_explains_what_it_holds_70_percent_of_unless_the_rest_moved_alike(part, whole, explains):
    picture = picture_of({"views": whole})
    both = picture_of({"views": whole, f"views@{ANDROID}": part}) if part[1] else None
    if both is None:
        both = _with(picture, part)
    assert both.explains("views", ANDROID, "all") is explains


def _with(picture, part):
    more = picture_of({f"views@{ANDROID}": (part[0], 1.0)})
    ((key, verdict),) = more.verdicts.items()
    scored = replace(verdict.scored, value=float(part[0]), expected=float(part[1]))
    return Picture({**picture.verdicts, key: replace(verdict, scored=scored)}, GRAPH)


def test_what_has_no_row_explains_nothing_and_is_explained_by_nothing():
    assert not picture_of({"views": (50, 100)}).explains("views", ANDROID, "all")
    assert not picture_of({f"views@{ANDROID}": (50, 100)}).explains("views", ANDROID, "all")
    unknown = picture_of({"views": (50, 100), f"views@{ANDROID}": (None, 100)})
    assert not unknown.explains("views", ANDROID, "all")


@pytest.mark.parametrize(
    ("series", "change"),
    [
        ({"views": (60, 100)}, -40),
        ({"views": (0, 100)}, -100),
        ({"likes": (60, 100)}, 0),
        ({"views": (None, 100)}, 0),
    ],
)
def test_a_change_is_what_is_missing_or_too_much_and_nothing_where_it_is_unknown(series, change):
    assert picture_of(series).change("views", "all") == change


def test_the_change_of_a_ratio_is_in_its_hits_and_none_without_evidence():
    ((key, verdict),) = picture_of({"ctr": (0.08, 0.10)}).verdicts.items()
    for evidence, change in ((500.0, -10.0), (None, 0.0)):
        one = replace(verdict, scored=replace(verdict.scored, evidence=evidence))
        assert Picture({key: one}, GRAPH).change("ctr", "all") == pytest.approx(change)


def test_a_slice_of_a_ratio_weighs_as_much_as_its_denominator():
    rates = picture_of({"ctr": (0.08, 0.10), f"ctr@{ANDROID}": (0.05, 0.10)})
    evidence = {("ctr", "all"): 1000.0, ("ctr", ANDROID): 400.0}
    for android, explains in ((400.0, True), (279.0, False)):
        evidence["ctr", ANDROID] = android
        verdicts = {
            key: replace(v, scored=replace(v.scored, evidence=evidence[key]))
            for key, v in rates.verdicts.items()
        }
        assert Picture(verdicts, GRAPH).explains("ctr", ANDROID, "all") is explains


@pytest.mark.parametrize(
    ("below", "above", "series", "follows"),
    [
        pytest.param(("views", 60), ("feed_users", 60), {}, True, id="a metric follows its cause"),
        pytest.param(("likes", 60), ("feed_users", 80), {}, True, id="and its cause's cause, however far"),
        pytest.param(("ctr", 60), ("likes", 60), {}, True, id="a ratio its numerator"),
        pytest.param(("ctr", 60), ("feed_users", 60), {}, True, id="and what moves that"),
        pytest.param(("feed_users", 60), ("views", 60), {}, False, id="a cause does not follow"),
        pytest.param(("views", 60), ("feed_users", 140), {}, False, id="nor what went the other way"),
        pytest.param(("messages", 60), ("feed_users", 60), {}, False, id="nor what is no cause"),
        pytest.param(("views", 60), ("views", 60), {}, False, id="nor itself"),
        pytest.param(
            (f"views@{IOS}", 60), (f"feed_users@{ANDROID}", 60), {}, False, id="nor with other users"
        ),
        pytest.param(
            (f"views@{IOS}", 40),
            ("feed_users", 80),
            {f"feed_users@{IOS}": (58, 100)},
            True,
            id="in another slice it does when the cause moved there alike",
        ),
        pytest.param(
            (f"views@{IOS}", 40),
            ("feed_users", 80),
            {f"feed_users@{IOS}": (59, 100)},
            False,
            id="and not when it moved less there",
        ),
        pytest.param((f"views@{IOS}", 40), ("feed_users", 40), {}, False, id="or nobody knows"),
    ],
)
def test_a_metric_follows_what_lies_upstream_of_it(below, above, series, follows):
    incidents = [opened(*below), opened(*above)]
    known = {name: (value, 100) for name, value in (below, above)} | series
    assert picture_of(known).follows(*incidents) is follows


@pytest.mark.parametrize(
    ("ratio", "numerator", "denominator", "by"),
    [
        pytest.param(0.50, 1.0, 2.0, 1.0, id="it fell because the denominator rose"),
        pytest.param(2.00, 1.0, 0.5, -0.5, id="it rose because the denominator fell"),
        pytest.param(0.50, 0.5, 1.0, None, id="the numerator fell"),
        pytest.param(0.50, 2**-0.3, 2**0.7, 2**0.7 - 1, id="30 % of it is the numerator's"),
        pytest.param(0.50, 2**-0.31, 2**0.69, None, id="a little more of it is"),
        pytest.param(0.50, 2**0.3, 2**1.3, 2**1.3 - 1, id="the numerator rose, too, by 30 % of it"),
        pytest.param(0.50, 2**0.31, 2**1.31, None, id="by a little more"),
        pytest.param(0.0001, 0.0, 1.0, None, id="there is no numerator"),
        pytest.param(0.80, 1.0, 0.95, None, id="the denominator fell as well, if less than expected of it"),
        pytest.param(0.80, 1.0, 1.0, None, id="neither part moved"),
    ],
)
def test_a_ratio_is_explained_by_its_denominator_where_the_numerator_stayed(
    ratio, numerator, denominator, by
):
    series = {"ctr": (ratio, 1.0), "likes": (numerator, 1.0), "views": (denominator, 1.0)}
    explanation = picture_of(series).explanation(opened("ctr", ratio, 1.0))
    if by is None:
        assert explanation is None
    else:
        assert (explanation.metric, explanation.slice_key, explanation.by) == ("ctr", "all", "views")
        assert explanation.deviation == pytest.approx(by)


def test_without_its_parts_or_on_the_other_side_a_ratio_is_not_explained():
    parts = {"ctr": (0.5, 1.0), "likes": (1.0, 1.0), "views": (2.0, 1.0)}
    assert picture_of(parts).explanation(opened("views", 2.0, 1.0)) is None
    assert picture_of(parts).explanation(opened("ctr", 1.5, 1.0)) is None
    for missing in ("ctr", "likes", "views"):
        some = {name: amounts for name, amounts in parts.items() if name != missing}
        assert picture_of(some).explanation(opened("ctr", 0.5, 1.0)) is None
    unmoved = parts | {"ctr": (1.0, 1.0)}
    assert picture_of(unmoved).explanation(opened("ctr", 0.5, 1.0)) is None


def test_a_deviation_that_is_not_in_the_window_is_the_one_last_seen():
    incident = opened("views", 60)
    assert picture_of({"views": (80, 100)}).deviation_of(incident) == pytest.approx(-0.2)
    assert Picture().deviation_of(incident) == pytest.approx(-0.4)


def test_the_packaged_graph_goes_from_users_to_views_to_likes_to_their_ratio():
    assert (
        MetricGraph(
            {
                "feed_users": frozenset(),
                "views": frozenset({"feed_users"}),
                "likes": frozenset({"feed_users", "views"}),
                "ctr": frozenset({"feed_users", "views", "likes"}),
                "messenger_users": frozenset(),
                "messages": frozenset({"messenger_users"}),
            },
            {"ctr": ("likes", "views")},
        )
        == GRAPH
    )


def test_a_ratio_follows_its_numerator_and_not_its_denominator():
    likes, views, ctr = (load_catalog().metric(name) for name in ("likes", "views", "ctr"))
    apart = [likes.model_copy(update={"causes": ()}), views.model_copy(update={"causes": ()}), ctr]
    assert graph_of(apart).upstream["ctr"] == {"likes"}


def test_metrics_that_move_each_other_are_not_upstream_of_themselves():
    likes, views = (load_catalog().metric(name) for name in ("likes", "views"))
    circle = [likes, views.model_copy(update={"causes": ("likes",)})]
    assert graph_of(circle).upstream == {"likes": {"views"}, "views": {"likes"}}
