from datetime import datetime, timedelta

import numpy as np
import pytest

from vk_alerts.detection import DETECTORS, score_history
from vk_alerts.errors import DetectionInputError
from vk_alerts_tests.unit.detection.habits import HOUR, MONDAY, counts

VALUES = np.ones((2, 48))


@pytest.mark.parametrize(
    ("values", "changed", "message"),
    [
        (np.ones(48), {}, r"values: shape \(48,\)"),
        (-VALUES, {}, "values: must be finite and >= 0"),
        (VALUES * np.inf, {}, "values: must be finite and >= 0"),
        (VALUES, {"trials": np.ones((2, 47))}, r"trials: shape \(2, 47\); values have \(2, 48\)"),
        (VALUES * 2, {"trials": VALUES}, "a ratio above 1"),
        (VALUES, {"start": datetime(2026, 1, 5)}, "naive"),
        (VALUES, {"step": timedelta(minutes=7)}, "does not divide a day"),
        (VALUES, {"step": timedelta(days=2)}, "does not divide a day"),
        (VALUES, {"step": timedelta()}, "does not divide a day"),
        (VALUES, {"step": timedelta(milliseconds=500)}, "whole seconds"),
        (VALUES, {"detector": "oracle"}, "detector 'oracle': unknown; known: seasonal, iqr, day_ago"),
        (VALUES, {"first": 49}, "first 49"),
        (VALUES, {"first": -1}, "first -1"),
        (VALUES, {"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus'"),
        (VALUES, {"timezone": "../etc/passwd"}, "timezone"),
    ],
)
def test_arguments_that_do_not_fit_are_named(values, changed, message) -> None:
    with pytest.raises(DetectionInputError, match=message):
        score_history(values, **({"start": MONDAY, "step": HOUR} | changed))


def test_input_errors_are_value_errors() -> None:
    with pytest.raises(ValueError, match="shape"):
        score_history(np.ones(3), start=MONDAY)


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize(("shape", "first"), [((0, 10), 0), ((3, 10), 10), ((3, 0), 0), ((1, 1), 0)])
def test_nothing_to_score_gives_empty_verdicts_of_the_same_shape(detector, shape, first) -> None:
    scores = score_history(np.ones(shape), start=MONDAY, first=first, detector=detector)
    assert scores.score.shape == shape
    assert np.isnan(scores.score).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_arguments_are_left_as_they_were(detector) -> None:
    values = counts(2, 40 * 24)
    values[0, 100:110] = np.nan
    kept = values.copy()
    score_history(
        values, start=MONDAY, step=HOUR, detector=detector, timezone="UTC", holidays=[MONDAY.date()]
    )
    np.testing.assert_array_equal(values, kept)


@pytest.mark.parametrize("step", [timedelta(minutes=m) for m in (30, 60, 120, 180, 288, 360, 480, 720, 1440)])
def test_every_step_that_divides_a_day_can_be_scored(step) -> None:
    windows = timedelta(days=70) // step
    values = np.random.default_rng(0).poisson(200, (2, windows)).astype(float)
    scores = score_history(values, start=MONDAY, step=step, timezone="Europe/Berlin")
    assert not np.isnan(scores.score[:, -1]).any()
