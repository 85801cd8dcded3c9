from datetime import UTC, datetime, timedelta

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator import Simulation

START = datetime(2026, 1, 5, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"start": datetime(2026, 1, 5)}, "is not the start of a window"),
        ({"start": START + timedelta(seconds=1)}, "is not the start of a window"),
        ({"feed_per_day": -1}, "neither may be negative"),
        ({"messages_per_day": -1}, "neither may be negative"),
        ({"timezone": "Europe/Moskva"}, "unknown time zone 'Europe/Moskva'"),
        ({"timezone": "../zone"}, "unknown time zone '../zone'"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused_with_the_reason(arguments, named):
    with pytest.raises(ConfigurationError) as caught:
        Simulation(1, **({"start": START} | arguments))
    assert named in str(caught.value)


def test_windows_are_counted_from_the_start():
    simulation = Simulation(1, start=START)
    assert simulation.ordinal(START) == 0
    assert simulation.ordinal(START + timedelta(hours=1)) == 4
    assert simulation.ordinal(START - timedelta(days=1)) == -96


def test_a_moment_inside_a_window_has_no_ordinal():
    with pytest.raises(ConfigurationError, match="not the start of a window"):
        Simulation(1, start=START).ordinal(START + timedelta(minutes=7))


@pytest.mark.parametrize(("feed_per_day", "users"), [(0, 24_000), (100_000, 24_000), (1_000_001, 240_050)])
def test_a_larger_app_has_more_users(feed_per_day, users):
    assert Simulation(1, start=START, feed_per_day=feed_per_day).users == users
