"""Prophet, refitted to each series every week: the distance from its forecast in its training residuals."""

import logging
import warnings

import numpy as np
import pandas as pd

from vk_alerts.detection.medians import MAD_TO_SIGMA
from vk_alerts_tests.benchmarks.detection.rolling import Advance, stabilised, weeks_of
from vk_alerts_tests.benchmarks.detection.world import World


def prophet_weekly(world: World, *, advance: Advance) -> np.ndarray:
    """Scores of (n_series, n_windows).

    The values are on a variance-stabilising scale, the calendar's holidays are given, the rest is Prophet's
    default.
    """
    logging.getLogger("prophet").setLevel(logging.WARNING)
    logging.getLogger("prophet.plot").disabled = True  # misses a drawing library that is not needed
    logging.getLogger("cmdstanpy").disabled = True  # tells of every fit
    from prophet import Prophet  # a benchmark-only dependency, slow to import

    series = stabilised(world)
    moments = pd.date_range(
        pd.Timestamp(world.start).tz_convert(world.timezone).tz_localize(None),
        periods=series.shape[1],
        freq=world.step,
    )
    calendar = (
        pd.DataFrame({"holiday": "day off", "ds": pd.to_datetime(list(world.holidays))})
        if world.holidays
        else None
    )
    score = np.full(series.shape, np.nan)
    for row, values in enumerate(series):
        for training, week in weeks_of(world):
            model = Prophet(holidays=calendar, yearly_seasonality=False, uncertainty_samples=0)
            past = pd.DataFrame({"ds": moments[training], "y": values[training]})
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it uses what pandas and numpy will drop
                model.fit(past)
                fitted = model.predict(past)["yhat"].to_numpy()
                ahead = model.predict(pd.DataFrame({"ds": moments[week]}))["yhat"].to_numpy()
            usual = MAD_TO_SIGMA * np.nanmedian(np.abs(values[training] - fitted))
            score[row, week] = np.abs(values[week] - ahead) / max(usual, 1e-9)
            advance()
    return score
