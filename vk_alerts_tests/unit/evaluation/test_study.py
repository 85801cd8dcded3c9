"""How metrics behave."""

from datetime import UTC, datetime

import numpy as np
import pytest

from vk_alerts.evaluation.labels import Label
from vk_alerts.evaluation.study import Study, Tally, autocorrelation, robust_deviation, weekly_profile
from vk_alerts.windows import WINDOWS_PER_DAY
from vk_alerts_tests.unit.evaluation.boards import at, stretch_of

WEEK = 7 * WINDOWS_PER_DAY


def noise(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.1, size)


def test_the_robust_deviation_is_that_of_the_noise_and_not_of_outliers() -> None:
    residual = noise(1, 4000)
    residual[:100] = 5.0
    residual[100:200] = np.nan
    assert robust_deviation(residual) == pytest.approx(0.1, rel=0.1)
    assert robust_deviation(residual[:20]) is None


def test_autocorrelation_is_found_at_its_lag_in_spite_of_gaps_and_outliers() -> None:
    white = noise(2, 4000)
    slow = np.empty_like(white)
    level = 0.0
    for place, one in enumerate(white):
        level = 0.8 * level + one
        slow[place] = level
    slow[::50] = np.nan
    slow[7] = 1000.0
    assert autocorrelation(slow, 1) == pytest.approx(0.8, abs=0.05)
    assert autocorrelation(slow, 4) == pytest.approx(0.41, abs=0.08)
    assert autocorrelation(white, 1) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("residual", [np.ones(10), np.zeros(200), np.full(200, np.nan), np.array([])])
def test_autocorrelation_of_nothing_is_unknown(residual: np.ndarray) -> None:
    assert autocorrelation(residual, 1) is None


def test_the_weekly_profile_begins_on_monday_midnight_of_the_users() -> None:
    start = datetime(2026, 3, 4, 21, tzinfo=UTC)  # Thursday 0:00 in Moscow
    total = np.zeros(2 * WEEK)
    noon_of_saturday = 2 * WINDOWS_PER_DAY + 12 * 4
    total[noon_of_saturday : noon_of_saturday + 4] = 8.0
    total[noon_of_saturday + WEEK : noon_of_saturday + WEEK + 4] = 4.0
    profile = weekly_profile(total, start, "Europe/Moscow")
    assert np.flatnonzero(profile[1]).tolist() == [5 * 24 + 12]
    assert profile[:, 5 * 24 + 12].tolist() == [4.0, 6.0, 8.0]
    assert np.isnan(weekly_profile(total[:4], start, "Europe/Moscow")).sum() == 3 * 167


def test_crossings_count_on_quiet_windows_only_and_stretches_add_up() -> None:
    letters = "..B..HH..-.."
    study = Study([Label(at(5), at(5 + 1), "likes", "all", "feed")])
    for part in range(2):
        lines = {"likes": letters, "likes/os=iOS": "." * len(letters), "messages": letters}
        study.add("seasonal", stretch_of(lines, start=at(part * len(letters))))
    likes, messages = study.result("Europe/Moscow")
    totals = likes.behaviour["seasonal"].totals
    # The incident and the hour after it, windows 5 to 9, are not quiet; window 9 has no verdict anyway.
    assert totals == Tally(windows=24, judged=22, quiet=18, crossed=4)
    assert totals.unjudged_share == pytest.approx(2 / 24)
    assert totals.crossed_per_week == pytest.approx(672 * 4 / 18)
    assert likes.behaviour["seasonal"].slices == Tally(windows=24, judged=24, quiet=19, crossed=0)
    assert messages.behaviour["seasonal"].totals.crossed == 6
    assert likes.series == 2
    assert likes.level == 99.0
    assert study.tally("seasonal").windows == 72


def test_nothing_seen_has_no_share() -> None:
    assert (Tally().unjudged_share, Tally().crossed_per_week) == (None, None)
