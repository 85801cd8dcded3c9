from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vk_alerts.simulator import Incident, Simulation, random_incidents, read_ledger, write_ledger
from vk_alerts.simulator.habits import drawn_sessions, expected_sessions
from vk_alerts.windows import STEP

START = datetime(2025, 12, 18, 17, tzinfo=UTC)
SEEDS = st.integers(-(2**70), 2**70)
SOURCES = st.sampled_from(["feed", "messenger"])
RANGES = st.lists(st.integers(0, 2000), min_size=3, max_size=3).map(sorted)
WINDOWS = st.integers(0, 10_000).map(lambda number: START + number * STEP)


@settings(max_examples=25, deadline=None)
@given(SEEDS, SOURCES, RANGES)
def test_a_range_drawn_in_two_parts_is_the_range_drawn_at_once(seed, source, cuts):
    first, middle, last = cuts
    simulation = Simulation(seed, start=START)
    for draw in (drawn_sessions, expected_sessions):
        parts = [
            draw(simulation, source, first=first, last=middle),
            draw(simulation, source, first=middle, last=last),
        ]
        np.testing.assert_array_equal(np.concatenate(parts), draw(simulation, source, first=first, last=last))


@settings(max_examples=25, deadline=None)
@given(SEEDS, SOURCES, st.integers(-300, 300), st.integers(0, 3000))
def test_a_start_shifted_by_whole_weeks_draws_the_same_sessions(seed, source, weeks, first):
    here = Simulation(seed, start=START)
    there = Simulation(seed, start=START + weeks * timedelta(days=7))
    # Moscow has had no change of clocks since 2014-10-26; earlier starts would see one.
    if there.start < datetime(2014, 11, 1, tzinfo=UTC):
        return
    np.testing.assert_array_equal(
        drawn_sessions(here, source, first=first, last=first + 50),
        drawn_sessions(there, source, first=first, last=first + 50),
    )


@st.composite
def incidents(draw):
    source = draw(SOURCES)
    start = draw(WINDOWS)
    return Incident(
        source=source,
        action=draw(st.sampled_from([None, "view", "like"])) if source == "feed" else None,
        where=tuple(
            draw(
                st.lists(st.tuples(st.sampled_from(["os", "city", "age"]), st.text(max_size=10)), max_size=2)
            )
        ),
        factor=draw(st.floats(0, 100)),
        start=start,
        end=start + draw(st.integers(1, 20)) * STEP,
        metric=draw(st.text(max_size=10)),
        slice_key=draw(st.text(max_size=10)),
    )


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.lists(incidents(), max_size=3), st.integers(0, 10**9))
def test_every_simulation_comes_back_from_its_ledger(seed, planted, feed_per_day):
    simulation = Simulation(seed, start=START, feed_per_day=feed_per_day, incidents=tuple(planted))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.json"
        write_ledger(path, simulation)
        assert read_ledger(path) == simulation


@given(SEEDS, st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_every_day_has_at_most_two_incidents_that_can_be_simulated(seed, day):
    found = random_incidents(seed, day)
    assert len(found) <= 2
    Simulation(seed, start=START, incidents=found)
