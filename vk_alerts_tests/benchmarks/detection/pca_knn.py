"""PyOD's PCA and KNN on lagged differences, refitted to each series every week; their mean standard score."""

import numpy as np

from vk_alerts_tests.benchmarks.detection.rolling import Advance, stabilised, weeks_of
from vk_alerts_tests.benchmarks.detection.world import World

LAGS = (1, 2, 3, 4)
"""In windows; besides them a day and a week."""

_NEIGHBOURS = 10


def pca_knn(world: World, *, advance: Advance) -> np.ndarray:
    """Scores of (n_series, n_windows); never below 0, where a window is as usual as most."""
    from pyod.models.knn import KNN  # a benchmark-only dependency, slow to import
    from pyod.models.pca import PCA

    score = np.full(world.values.shape, np.nan)
    for row, values in enumerate(stabilised(world)):
        features = _differences(values, world.per_day)
        known = ~np.isnan(features).any(axis=1)
        for training, week in weeks_of(world):
            past = features[training][known[training]]
            middle, spread = past.mean(axis=0), past.std(axis=0) + 1e-9
            here = np.arange(week.start, week.stop)[known[week]]
            now = (features[here] - middle) / spread
            past = (past - middle) / spread
            total = np.zeros(len(here))
            for model in (PCA(), KNN(n_neighbors=_NEIGHBOURS)):
                model.fit(past)
                usual = model.decision_scores_
                total += (model.decision_function(now) - usual.mean()) / (usual.std() + 1e-9)
            score[row, here] = np.maximum(total / 2, 0.0)
            advance()
    return score


def _differences(values: np.ndarray, per_day: int) -> np.ndarray:
    """The change since each lag, (n_windows, n_lags); NaN where there was none."""
    changes = np.full((len(values), len(LAGS) + 2), np.nan)
    for column, lag in enumerate((*LAGS, per_day, 7 * per_day)):
        changes[lag:, column] = values[lag:] - values[:-lag]
    return changes
