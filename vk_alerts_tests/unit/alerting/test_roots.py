"""What opened in one window → its causes, each with its headline and its evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.alerting.groups import Explanation
from vk_alerts.alerting.roots import find_roots, merged
from vk_alerts_tests.unit.alerting.scenes import all_opened, opened, picture_of

ANDROID, IOS = "os=Android", "os=iOS"


def causes(series, *, quiet=()):
    """Headline → what it explains, for a window of such series; ``quiet`` ones moved and opened nothing."""
    incidents = [incident for incident in all_opened(series) if incident.id not in quiet]
    return {
        root.head.id: {member.id for member in root.members[1:]}
        for root in find_roots(incidents, picture_of(series))
    }


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        pytest.param({"views": (60, 100)}, {"views": set()}, id="one series"),
        pytest.param(
            {"views": (1000, 2000), f"views@{ANDROID}": (500, 1000), f"views@{IOS}": (500, 1000)},
            {"views": {f"views@{ANDROID}", f"views@{IOS}"}},
            id="slices that move with the total are evidence",
        ),
        pytest.param(
            {"views": (1000, 2000), f"views@{ANDROID}": (300, 1000), f"views@{IOS}": (700, 1000)},
            {f"views@{ANDROID}": {"views"}, f"views@{IOS}": set()},
            id="what explains 70 % of the total is the headline; others of the dimension stand alone",
        ),
        pytest.param(
            {"views": (1000, 2000), f"views@{ANDROID}": (200, 800), f"views@{IOS}": (800, 1200)},
            {"views": set(), f"views@{ANDROID}": set(), f"views@{IOS}": set()},
            id="what explains less and moves otherwise is a cause of its own",
        ),
        pytest.param(
            {"views": (1400, 2000), f"views@{ANDROID}": (400, 1000), "views@source=ads": (250, 500)},
            {f"views@{ANDROID}": {"views", "views@source=ads"}},
            id="slices across the one that explains the total are its evidence",
        ),
        pytest.param(
            {
                "views": (1400, 2000),
                f"views@{ANDROID}": (400, 1000),
                "views@os=Android,source=ads": (0, 560),
                "views@os=Android,source=organic": (400, 440),
            },
            {
                "views@os=Android,source=ads": {"views", f"views@{ANDROID}"},
                "views@os=Android,source=organic": set(),
            },
            id="and a slice of that explains it likewise",
        ),
        pytest.param(
            {
                f"views@{ANDROID}": (400, 1000),
                "views@os=Android,source=ads": (240, 600),
                "views@os=Android,source=organic": (160, 400),
            },
            {f"views@{ANDROID}": {"views@os=Android,source=ads", "views@os=Android,source=organic"}},
            id="without the total the same holds for a slice and its parts",
        ),
        pytest.param(
            {f"views@{ANDROID}": (400, 1000), f"views@{IOS}": (400, 1000)},
            {f"views@{ANDROID}": set(), f"views@{IOS}": set()},
            id="two slices of one dimension are two causes",
        ),
        pytest.param(
            {"views": (2000, 1000), f"views@{ANDROID}": (400, 1000)},
            {"views": set(), f"views@{ANDROID}": set()},
            id="what moves the other way is another cause",
        ),
    ],
)
def test_slices_of_one_metric(series, expected):
    assert causes(series) == expected


def test_a_total_that_did_not_open_still_tells_which_slice_moved_it():
    series = {"views": (1700, 2000), f"views@{ANDROID}": (700, 1000), "views@source=ads": (410, 500)}
    assert causes(series, quiet={"views"}) == {f"views@{ANDROID}": {"views@source=ads"}}


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        pytest.param(
            {"feed_users": (60, 100), "views": (60, 100), "likes": (60, 100)},
            {"feed_users": {"views", "likes"}},
            id="the earliest cause is the headline",
        ),
        pytest.param(
            {"feed_users": (60, 100), "likes": (20, 100)},
            {"feed_users": {"likes"}},
            id="also over one that did not open",
        ),
        pytest.param({"likes": (60, 100), "ctr": (60, 100)}, {"likes": {"ctr"}}, id="a ratio's numerator"),
        pytest.param(
            {"feed_users": (60, 100), "views": (140, 100)},
            {"feed_users": set(), "views": set()},
            id="not in the other direction",
        ),
        pytest.param(
            {"feed_users": (60, 100), "messages": (60, 100)},
            {"feed_users": set(), "messages": set()},
            id="not in another tree",
        ),
        pytest.param(
            {f"feed_users@{ANDROID}": (60, 100), f"likes@{IOS}": (60, 100)},
            {f"feed_users@{ANDROID}": set(), f"likes@{IOS}": set()},
            id="not among other users",
        ),
        pytest.param(
            {
                "feed_users": (70, 100),
                f"feed_users@{ANDROID}": (20, 50),
                "views": (700, 1000),
                f"views@{ANDROID}": (200, 500),
            },
            {f"feed_users@{ANDROID}": {"feed_users", "views", f"views@{ANDROID}"}},
            id="slices first, then metrics",
        ),
        pytest.param(
            {
                "feed_users": (80, 100),
                f"feed_users@{IOS}": (16, 20),
                f"likes@{IOS}": (20, 100),
            },
            {"feed_users": {f"feed_users@{IOS}"}, f"likes@{IOS}": set()},
            id="a strong fall in a slice whose users fell little is a cause of its own",
        ),
    ],
)
def test_metrics_that_move_metrics(series, expected):
    assert causes(series) == expected


@pytest.mark.parametrize(
    ("series", "head", "explained"),
    [
        pytest.param(
            {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100)},
            {"ctr": {"views"}},
            [Explanation("ctr", "all", "views", 1.0)],
            id="a ratio that fell because views rose is the headline, and says so",
        ),
        pytest.param(
            {"ctr": (2.0, 1.0), "likes": (100, 100), "views": (50, 100)},
            {"views": {"ctr"}},
            [Explanation("ctr", "all", "views", -0.5)],
            id="one that rose because views fell is their evidence",
        ),
        pytest.param(
            {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100), "feed_users": (200, 100)},
            {"feed_users": {"views", "ctr"}},
            [Explanation("ctr", "all", "views", 1.0)],
            id="where more users caused it, they are the headline",
        ),
        pytest.param(
            {"ctr": (0.5, 1.0), "likes": (50, 100), "views": (100, 100)},
            {"likes": {"ctr"}},
            [],
            id="one that fell with its numerator is explained by nothing else",
        ),
    ],
)
def test_ratios_and_their_parts(series, head, explained):
    (root,) = find_roots(all_opened(series), picture_of(series))
    assert {root.head.id: {member.id for member in root.members[1:]}} == head
    assert list(root.explained) == explained


def test_a_ratio_is_explained_also_by_what_opened_nothing():
    series = {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100)}
    (root,) = find_roots([opened("ctr", 0.5, 1.0)], picture_of(series))
    assert (root.head.id, [e.by for e in root.explained]) == ("ctr", ["views"])


def test_of_unrelated_causes_the_strongest_comes_first():
    incidents = [opened("views", 60, score=7.0), opened("messages", 60, score=9.0)]
    assert [root.head.id for root in find_roots(incidents, picture_of({}))] == ["messages", "views"]


def test_several_causes_as_one_are_headed_by_the_strongest_total():
    incidents = [opened(f"views@{IOS}", 60, score=20.0), opened("messages", 60, score=9.0)]
    one = merged(find_roots(incidents, picture_of({})))
    assert [member.id for member in one.members] == ["messages", f"views@{IOS}"]


def test_nothing_opened_has_no_cause():
    assert find_roots([], picture_of({})) == []


_NAMES = [
    f"{metric}{slice_key}"
    for metric in ("feed_users", "views", "likes", "ctr")
    for slice_key in ("", "@os=iOS", "@os=Android", "@source=ads", "@os=iOS,source=ads")
]


@given(
    st.dictionaries(st.sampled_from(_NAMES), st.sampled_from([0, 30, 50, 65, 100, 140, 200]), min_size=1),
    st.randoms(use_true_random=False),
)
def test_every_incident_has_one_cause_whatever_the_order(values, random):
    series = {name: (value, 100 if "@" in name else 200) for name, value in values.items()}
    picture, incidents = picture_of(series), all_opened(series)
    roots = find_roots(incidents, picture)
    members = [member.id for root in roots for member in root.members]
    assert sorted(members) == sorted(incident.id for incident in incidents)
    assert all(root.members[0] is root.head for root in roots)
    assert find_roots(random.sample(incidents, len(incidents)), picture) == roots


def test_what_moves_the_denominator_heads_before_the_ratio_that_it_explains():
    series = {"ctr": (0.5, 1.0), "likes": (100, 100), "views": (200, 100), "feed_users": (130, 100)}
    (root,) = find_roots(all_opened(series), picture_of(series))
    assert [one.metric for one in root.members][:1] == ["feed_users"]
    assert {one.metric for one in root.members} == {"feed_users", "views", "ctr"}
