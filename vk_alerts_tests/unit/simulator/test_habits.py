from datetime import UTC, datetime

import numpy as np
import pytest

from vk_alerts.simulator import Simulation
from vk_alerts.simulator.habits import COHORTS, drawn_sessions, expected_sessions
from vk_alerts.simulator.simulation import USERS_PER_BLOCK

# A Monday 00:00 in Moscow.
MONDAY = datetime(2026, 1, 4, 21, tzinfo=UTC)
WEEK = 672
EVENTS_PER_SESSION = {"feed": 3.6, "messenger": 3.0}


def daily_curve(values):
    """Totals per hour of the day, (24, ...)."""
    return values.reshape(-1, 24, 4, *values.shape[1:]).sum(axis=(0, 2))


def test_the_cohorts_fill_a_block_of_users():
    assert sum(cohort.share for cohort in COHORTS) == USERS_PER_BLOCK


@pytest.mark.parametrize("source", ["feed", "messenger"])
@pytest.mark.parametrize("seed", range(8))
def test_every_week_has_at_least_the_events_that_were_asked_for(source, seed):
    simulation = Simulation(seed, start=MONDAY)
    asked = simulation.feed_per_day if source == "feed" else simulation.messages_per_day
    six_weeks = (
        expected_sessions(simulation, source, first=0, last=6 * WEEK).sum() * EVENTS_PER_SESSION[source]
    )
    assert 1.01 < six_weeks / 42 / asked < 1.08


def test_even_weekdays_alone_have_what_was_asked_for_on_average():
    simulation = Simulation(3, start=MONDAY)
    sessions = expected_sessions(simulation, "feed", first=0, last=20 * WEEK).sum(axis=1)
    weekdays = sessions.reshape(20, 7, 96)[:, :5].sum() / 100
    assert weekdays * EVENTS_PER_SESSION["feed"] > simulation.feed_per_day


def test_nights_are_deep_and_evenings_are_the_peak():
    curve = daily_curve(
        expected_sessions(Simulation(3, start=MONDAY), "feed", first=0, last=4 * WEEK).sum(axis=1)
    )
    assert 19 <= curve.argmax() <= 21
    assert 3 <= curve.argmin() <= 5
    assert curve.min() < 0.2 * curve.max()


def test_every_cohort_has_a_day_of_its_own():
    curves = daily_curve(expected_sessions(Simulation(3, start=MONDAY), "feed", first=0, last=4 * WEEK))
    peaks = dict(zip([cohort.name for cohort in COHORTS], curves.argmax(axis=0), strict=True))
    assert peaks["west, early"] < peaks["west, day"] < peaks["west, owl"]
    assert peaks["east, day"] == peaks["west, day"] - 3


def test_weekends_are_busier_and_start_later():
    sessions = expected_sessions(Simulation(3, start=MONDAY), "feed", first=0, last=12 * WEEK).sum(axis=1)
    days = sessions.reshape(12, 7, 96).mean(axis=0)
    weekday, weekend = days[:5].mean(axis=0), days[5:].mean(axis=0)
    assert 1.03 < weekend.sum() / weekday.sum() < 1.12
    assert weekend[7 * 4 : 8 * 4].sum() < weekday[7 * 4 : 8 * 4].sum()


def test_the_level_wanders_by_a_few_percent_and_slowly():
    simulation = Simulation(11, start=MONDAY)
    sessions = expected_sessions(simulation, "feed", first=0, last=52 * WEEK).sum(axis=1).reshape(52, WEEK)
    logarithm = np.log(sessions / sessions.mean(axis=0))
    trend = np.polynomial.Polynomial.fit(np.arange(52), logarithm.mean(axis=1), 1)(np.arange(52))
    wander = (logarithm - trend[:, None]).ravel()
    assert 0.02 < wander.std() < 0.035
    # Neighbouring windows hardly differ, windows two days apart know nothing of each other.
    assert np.corrcoef(wander[1:], wander[:-1])[0, 1] > 0.95
    assert abs(np.corrcoef(wander[192:], wander[:-192])[0, 1]) < 0.2


def test_the_app_grows_slowly():
    sessions = expected_sessions(Simulation(3, start=MONDAY), "feed", first=0, last=52 * WEEK).sum(axis=1)
    quarters = sessions.reshape(4, -1).sum(axis=1)
    assert (np.diff(quarters) > 0).all()
    assert quarters[-1] / quarters[0] < 1.15


def test_drawn_sessions_are_poisson_around_the_expected_ones():
    simulation = Simulation(3, start=MONDAY)
    expected = expected_sessions(simulation, "feed", first=0, last=8 * WEEK)
    drawn = drawn_sessions(simulation, "feed", first=0, last=8 * WEEK)
    z = (drawn - expected) / np.sqrt(expected)
    assert abs(z.mean()) < 0.03
    assert 0.97 < z.std() < 1.03


def test_feed_and_messenger_wander_apart():
    simulation = Simulation(3, start=MONDAY, feed_per_day=100_000, messages_per_day=100_000)
    feed, messenger = (
        expected_sessions(simulation, source, first=0, last=WEEK).sum(axis=1)
        for source in ("feed", "messenger")
    )
    assert np.std(feed / messenger) > 0.01


def test_an_empty_range_has_no_windows():
    simulation = Simulation(3, start=MONDAY)
    assert drawn_sessions(simulation, "feed", first=96, last=96).shape == (0, len(COHORTS))
    assert expected_sessions(simulation, "feed", first=96, last=96).shape == (0, len(COHORTS))


def test_local_midnight_moves_with_daylight_saving():
    # Clocks in Berlin went forward on 2026-03-29 at 02:00.
    simulation = Simulation(3, start=datetime(2026, 3, 22, 23, tzinfo=UTC), timezone="Europe/Berlin")
    sessions = expected_sessions(simulation, "feed", first=0, last=2 * WEEK).sum(axis=1).reshape(14, 96)
    before, after = sessions[:5].mean(axis=0).argmax(), sessions[7:12].mean(axis=0).argmax()
    assert abs(before - after - 4) <= 1
