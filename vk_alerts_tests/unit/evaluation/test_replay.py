"""What a detector would have sent, from verdicts."""

import numpy as np

from vk_alerts.alerting.lifecycle import Phase
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.evaluation.alerts import AFTER, BEFORE
from vk_alerts.evaluation.replay import MOST_ALERTS_PER_WEEK, Replay
from vk_alerts.windows import STEP, WINDOWS_PER_DAY
from vk_alerts_tests.unit.evaluation.boards import START, at, stretch_of

QUIET_DAY = "." * WINDOWS_PER_DAY


def replayed(*stretches: dict[str, str], factor: float = 1.0) -> Replay:
    replay, start = Replay(factor), START
    for lines in stretches:
        stretch = stretch_of(lines, start=start)
        replay.fold(stretch)
        start = stretch.start_of(stretch.windows)
    return replay


def test_an_alert_is_told_with_its_second_bad_window_and_ends_with_the_last() -> None:
    (alert,) = replayed({"likes": "...BBB....", "views": ".........."}).alerts()
    assert (alert.source, alert.metric, alert.slice_key) == ("feed", "likes", "all")
    assert alert.direction is Direction.DOWN
    assert (alert.window, alert.told_at, alert.first_bad) == (at(4), at(5), at(3))
    assert (alert.value, alert.expected, alert.score) == (70.0, 100.0, 6.0)
    assert alert.deviation == -0.3
    assert (alert.ended, alert.lasted) == (at(6), 3 * STEP)
    assert (alert.series, alert.repeats) == (1, 0)


def test_a_quiet_past_tells_nothing() -> None:
    assert replayed({"likes": "..?..B..?-.."}).alerts() == []


def test_what_follows_within_the_hour_joins_its_cause_and_another_source_does_not() -> None:
    alerts = replayed(
        {
            "likes": "..BBB.....",
            "likes/os=iOS": "..BBB.....",
            "views": "....BB....",
            "messages": "..BB......",
        }
    ).alerts()
    assert sorted((alert.source, alert.series) for alert in alerts) == [("feed", 3), ("messenger", 1)]


def test_what_opens_again_and_again_is_one_alert_more() -> None:
    alerts = replayed({"likes": "BB........" * 5}).alerts()
    assert [alert.window for alert in alerts] == [at(1), at(11), at(21)]


def test_what_comes_back_within_the_hour_is_the_same_alert() -> None:
    (alert,) = replayed({"likes": "BB..BB......"}).alerts()
    assert alert.repeats == 1
    assert (alert.first_bad, alert.ended) == (at(0), at(6))


def test_what_comes_back_later_is_another_alert() -> None:
    assert [alert.window for alert in replayed({"likes": "BB........BB.."}).alerts()] == [at(1), at(11)]


def test_what_still_fires_at_the_end_has_no_end() -> None:
    (alert,) = replayed({"likes": "..BBBB"}).alerts()
    assert (alert.ended, alert.lasted) == (None, None)


def test_an_incident_goes_on_over_the_seam_of_two_stretches() -> None:
    whole = replayed({"likes": "..BBBB......BB..", "views": "................"})
    seam = replayed({"likes": "..BB", "views": "...."}, {"likes": "BB......BB..", "views": "............"})
    assert [(a.group, a.window, a.ended) for a in seam.alerts()] == [
        (a.group, a.window, a.ended) for a in whole.alerts()
    ]
    assert seam.situation == whole.situation


def test_higher_thresholds_tell_less() -> None:
    lines = {"likes": "..BB........HH......"}
    assert [len(replayed(lines, factor=factor).alerts()) for factor in (0.7, 1.0, 1.5, 3.0)] == [2, 2, 1, 0]


def test_incidents_that_are_long_over_are_forgotten() -> None:
    replay = replayed({"likes": "BB.." + "." * 30})
    assert not replay.situation.incidents
    assert {i.phase for i in replayed({"likes": "BB...."}).situation.incidents.values()} == {Phase.CLOSED}


def test_what_tells_more_than_anybody_would_read_is_stopped_after_a_week() -> None:
    names = (
        "likes",
        "likes/os=iOS",
        "likes/os=Android",
        "messages",
        "messages/os=iOS",
        "messages/os=Android",
    )
    # Each by itself and never three times in six hours: that would be flapping, told once.
    lines = {name: ("." * 4 * turn + "HH" + "." * (22 - 4 * turn)) * 4 for turn, name in enumerate(names)}
    day = {name: line[:WINDOWS_PER_DAY] for name, line in lines.items()}
    replay = replayed({name: line * 9 for name, line in day.items()})
    assert replay.is_stopped
    assert replay.end == at(7 * WINDOWS_PER_DAY)
    assert len(replay.alerts()) > MOST_ALERTS_PER_WEEK
    told = len(replay.alerts())
    replay.fold(stretch_of(day, start=at(9 * WINDOWS_PER_DAY)))
    assert len(replay.alerts()) == told
    assert not replayed({"likes": (("BB" + "." * 22) * 4) * 9}).is_stopped


def test_the_picture_shows_the_day_before_and_the_hours_after() -> None:
    (alert,) = replayed({"likes": QUIET_DAY * 2 + "BBB" + QUIET_DAY}).alerts()
    picture = alert.picture
    assert (picture.windows, picture.told) == (BEFORE + AFTER, BEFORE)
    assert picture.start == alert.window - BEFORE * STEP
    assert np.flatnonzero(picture.is_bad).tolist() == [BEFORE - 1, BEFORE, BEFORE + 1]
    assert picture.value[BEFORE] == 70.0
    near = picture.around(4)
    assert (near.windows, near.told, near.start) == (4 + AFTER, 4, alert.window - 4 * STEP)
    assert near.value[near.told] == 70.0


def test_the_picture_of_an_alert_at_the_edge_shows_what_there_is() -> None:
    (alert,) = replayed({"likes": ".BB"}).alerts()
    assert (alert.picture.windows, alert.picture.told) == (3, 2)
    assert alert.picture.around(50).windows == 3
