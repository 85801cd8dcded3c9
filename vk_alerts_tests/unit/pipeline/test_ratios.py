"""A ratio above 1 is possible in a small slice, and stops nothing."""

from datetime import UTC, datetime

import numpy as np

from vk_alerts.clickhouse.grid import SeriesGrid
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.pipeline.scoring import score_metrics
from vk_alerts.windows import STEP

WINDOWS = 15 * 96


def test_more_likes_than_views_are_kept_as_they_are_and_judged_as_many() -> None:
    feed = load_catalog().source_file("feed")
    start = int(datetime(2026, 3, 12, tzinfo=UTC).timestamp())
    likes, views = np.full((1, WINDOWS), 4.0), np.full((1, WINDOWS), 20.0)
    views[0, -1] = 2.0
    grid = SeriesGrid(
        starts=start + int(STEP.total_seconds()) * np.arange(WINDOWS, dtype=np.int64),
        metrics=("ctr",),
        slices=("all",),
        numerators=likes,
        denominators=views,
        is_committed=np.ones(WINDOWS, dtype=bool),
        has_events=np.ones(WINDOWS, dtype=bool),
    )
    (scored,) = score_metrics(feed, grid, first=WINDOWS - 1, zone="Europe/Moscow")
    assert scored.measured[0, -1] == 2.0
    assert scored.evidence[0, -1] == 2.0
    assert scored.scores.score[0, -1] > 0
    assert scored.scores.upper[0, -1] <= 1.0
