from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.detection import HISTORY
from vk_alerts.pipeline.presence import is_present
from vk_alerts.windows import STEP

DAY = timedelta(days=1)
# Midnight in Moscow, and the oldest window that its day looks back to.
MIDNIGHT = datetime(2026, 3, 9, 21, tzinfo=UTC)
OLDEST = MIDNIGHT - HISTORY
PER_DAY = DAY // STEP


def grid(rows, *, start, windows):
    numerators = np.full((1, windows), np.nan)
    numerators[0, rows] = 1.0
    seconds = int(STEP.total_seconds())
    return SeriesGrid(
        starts=int(start.timestamp()) + seconds * np.arange(windows, dtype=np.int64),
        metrics=("views",),
        slices=("all",),
        numerators=numerators,
        denominators=np.ones((1, windows)),
        is_committed=np.ones(windows, dtype=bool),
        has_events=np.ones(windows, dtype=bool),
    )


@pytest.mark.parametrize(
    ("seen", "first_day", "second_day"),
    [
        ([], [False, False], [False, False]),
        ([OLDEST], [True, True], [False, False]),
        ([OLDEST + DAY - STEP], [True, True], [False, False]),
        ([OLDEST + DAY], [True, True], [True, True]),
        ([MIDNIGHT - STEP], [True, True], [True, True]),
        ([MIDNIGHT], [True, True], [True, True]),
        ([MIDNIGHT + STEP], [False, True], [True, True]),
        ([MIDNIGHT + DAY], [False, False], [True, True]),
        ([OLDEST, MIDNIGHT + DAY + STEP], [True, True], [False, True]),
    ],
)
def test_a_series_is_there_from_its_first_row_until_its_day_looks_back_no_further(
    seen, first_day, second_day
):
    windows = (MIDNIGHT + 2 * DAY - OLDEST) // STEP
    made = grid([(moment - OLDEST) // STEP for moment in seen], start=OLDEST, windows=windows)
    first = windows - 2 * PER_DAY
    (present,) = is_present(made, first, zone="Europe/Moscow")
    assert present[:2].tolist() == first_day
    assert present[PER_DAY : PER_DAY + 2].tolist() == second_day
    assert len(present) == 2 * PER_DAY


def test_without_a_past_only_what_has_come_is_there():
    made = grid([1], start=MIDNIGHT, windows=3)
    assert is_present(made, 0, zone="Europe/Moscow").tolist() == [[False, True, True]]
