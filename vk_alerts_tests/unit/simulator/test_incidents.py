from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator import Incident, default_incidents, random_incidents
from vk_alerts.windows import STEP

MOSCOW = ZoneInfo("Europe/Moscow")
END = datetime(2026, 1, 29, 20, tzinfo=MOSCOW)
GOOD = Incident("feed", "like", (("os", "iOS"),), 0.5, END - 2 * STEP, END, "likes", "os=iOS")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"source": "fed"}, "unknown source 'fed'; known: feed, messenger"),
        ({"action": "share"}, "unknown action 'share' of feed; known: view, like"),
        ({"source": "messenger"}, "unknown action 'like' of messenger; known: none, leave it None"),
        ({"where": (("user_id", "7"),)}, "unknown dimension 'user_id'; known: gender, age"),
        ({"factor": -0.1}, "factor -0.1 is not in [0, 100]"),
        ({"factor": float("nan")}, "factor nan is not in [0, 100]"),
        ({"start": datetime(2026, 1, 29, 12)}, "is not the start of a window"),
        ({"end": END + timedelta(minutes=1)}, "is not the start of a window"),
        ({"start": END}, "not after its start"),
        ({"factors": (0.9, -0.1, 0.5)}, "factor -0.1 is not in [0, 100]"),
        (
            {"factors": (0.9, 0.7)},
            "2 factors up to 0.7 must be at most one a window, and end with the factor 0.5",
        ),
        ({"factors": (0.9, 0.7, 0.5)}, "3 factors up to 0.5 must be at most one a window"),
        ({"late": -STEP}, "rows cannot be -1 day, 23:45:00 late"),
        ({"late": STEP}, "only sessions can be late"),
        ({"late": STEP, "action": None, "factor": 1.5}, "only sessions can be late"),
        ({"late": STEP, "action": None, "factors": (1.5, 0.5)}, "only sessions can be late"),
    ],
)
def test_an_incident_that_cannot_happen_is_refused_with_the_reason(change, named):
    with pytest.raises(ConfigurationError) as caught:
        replace(GOOD, **change)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("windows", "factors", "parts"),
    [
        (3, (), [(0, 3, 0.5)]),
        (1, (0.5,), [(0, 1, 0.5)]),
        (2, (0.9, 0.5), [(0, 1, 0.9), (1, 2, 0.5)]),
        (4, (0.9, 0.7, 0.5), [(0, 1, 0.9), (1, 2, 0.7), (2, 4, 0.5)]),
    ],
)
def test_an_incident_that_grows_has_a_part_for_each_window_until_it_stays(windows, factors, parts):
    grown = replace(GOOD, end=GOOD.start + windows * STEP, factors=factors)
    assert [((a - GOOD.start) // STEP, (b - GOOD.start) // STEP, f) for a, b, f in grown.parts] == parts


def test_the_demo_drops_likes_on_android_for_four_windows_and_then_the_messenger_for_two():
    likes, messages = default_incidents(END)
    assert (likes.source, likes.action, likes.where, likes.factor) == (
        "feed",
        "like",
        (("os", "Android"),),
        0.65,
    )
    assert (likes.metric, likes.slice_key) == ("likes", "os=Android")
    assert (likes.end - likes.start) / STEP == 4
    assert (messages.source, messages.action, messages.where, messages.factor) == ("messenger", None, (), 0.3)
    assert (messages.metric, messages.slice_key) == ("messages", "all")
    assert (messages.end - messages.start) / STEP == 2


def test_the_demo_has_three_quiet_windows_before_the_first_incident_and_three_clean_ones_after_each():
    likes, messages = default_incidents(END)
    assert likes.start - (END - 14 * STEP) >= 3 * STEP
    assert END - max(likes.end, messages.end) >= 3 * STEP


def test_about_one_incident_a_day_happens_while_a_simulation_keeps_running():
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(400)]
    counts = [len(random_incidents(5, day)) for day in days]
    assert set(counts) == {0, 1, 2}
    assert 0.85 < sum(counts) / len(days) < 1.15


def test_random_incidents_lie_in_the_waking_hours_of_their_day_and_do_not_overlap():
    for number in range(100):
        day = date(2026, 3, 1) + timedelta(days=number)
        found = random_incidents(9, day)
        for incident in found:
            begin, end = incident.start.astimezone(MOSCOW), incident.end.astimezone(MOSCOW)
            assert begin.date() == end.date() == day
            assert begin.hour >= 10
            assert 4 <= (end - begin) / STEP <= 8
        assert all(one.end <= other.start for one, other in pairwise(found))


def test_random_incidents_depend_on_seed_and_day_only():
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(30)]

    def all_of(seed):
        return [random_incidents(seed, day) for day in days]

    assert all_of(1) == all_of(1)
    assert all_of(1) != all_of(2)
    assert random_incidents(1, datetime(2026, 1, 5, 23, 59, tzinfo=UTC)) == random_incidents(
        1, date(2026, 1, 5)
    )
