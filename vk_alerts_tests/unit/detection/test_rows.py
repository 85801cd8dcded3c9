import tracemalloc
from datetime import timedelta

import numpy as np
import pytest

from vk_alerts.detection import DETECTORS, HISTORY, STATE_WIDTH, rows, score_history, score_tick
from vk_alerts.detection.rows import in_batches, strips
from vk_alerts.errors import DetectionInputError
from vk_alerts_tests.unit.detection.habits import DAY, HOUR, MONDAY, counts

PAST = HISTORY // HOUR


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1_000, 5_000])
@pytest.mark.parametrize("width", [1, 10_000, 10_000_000])
@pytest.mark.parametrize("cores", [1, 2, 5])
def test_batches_cover_every_series_once(monkeypatch, count, width, cores) -> None:
    monkeypatch.setattr(rows, "_cores", lambda: cores)
    seen = np.zeros(count, dtype=int)

    def work(some: slice) -> None:
        seen[some] += 1

    in_batches(count, work, width=width)
    assert (seen == 1).all()


@pytest.mark.parametrize("width", [0, 1, 10_000, 10_000_000])
def test_strips_cover_every_series_once(width) -> None:
    seen = np.zeros(1_000, dtype=int)
    for some in strips(1_000, width=width):
        seen[some] += 1
    assert (seen == 1).all()


def test_an_error_in_a_batch_is_raised() -> None:
    values = np.ones((300, DAY))
    values[-1, -1] = -1
    with pytest.raises(DetectionInputError, match="values: must be finite and >= 0"):
        score_history(values, start=MONDAY, step=HOUR)


@pytest.mark.parametrize("detector", DETECTORS)
def test_cores_batches_and_strips_change_no_bit(monkeypatch, detector) -> None:
    values = counts(30, PAST + 2 * DAY)
    values[np.random.default_rng(1).random(values.shape) < 0.01] = np.nan
    how = {"start": MONDAY, "step": HOUR, "first": PAST, "detector": detector, "timezone": "Europe/Berlin"}
    first = score_history(values, **how)
    for cores, batch, strip in [(1, 5, 1), (2, 7, 10_000), (5, 30, 50_000)]:
        monkeypatch.setattr(rows, "_cores", lambda cores=cores: cores)
        monkeypatch.setattr(rows, "_THREAD_SERIES", 1)
        monkeypatch.setattr(rows, "_BATCH_SERIES", batch)
        monkeypatch.setattr(rows, "_STRIP_VALUES", strip)
        for one, other in zip(first.arrays, score_history(values, **how).arrays, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("is_ratio", [False, True])
def test_memory_beside_the_input_does_not_grow_with_the_number_of_series(monkeypatch, is_ratio) -> None:
    # Each thread has a batch of its own at work; whether two peak at one moment is chance.
    monkeypatch.setattr(rows, "_cores", lambda: 1)
    places = np.r_[PAST - 12 * DAY : PAST]
    starts = int(MONDAY.timestamp()) + 3600 * places
    extra = []
    for series in (4_000, 16_000):
        values = np.full((series, len(places)), 0.5)
        trials = np.ones_like(values) if is_ratio else None
        state = np.ones((series, STATE_WIDTH))
        tracemalloc.start()
        scores = score_tick(
            values, starts=starts, state=state, trials=trials, step=timedelta(hours=1), timezone="UTC"
        )
        kept, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert scores.score.shape == (series, 1)
        extra.append(most - kept)
    assert extra[1] < 1.3 * extra[0]
