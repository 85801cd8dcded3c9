"""A story → the chart of its headline: the last day, with yesterday and a week ago behind it."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from vk_alerts.alerting.story import Language, Story
from vk_alerts.charts import ChartInput
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP

_DAY = timedelta(days=1)


def chart_input(stores: Stores, story: Story) -> ChartInput:
    """What the chart of a story shows, read from the committed scores and snapshots.

    Raises:
        ClickHouseError: they cannot be read.
    """
    head = story.headline
    end = story.window + STEP
    windows = pd.date_range(end - _DAY, end, freq=STEP, inclusive="left")
    frame = stores.results.scores(end - _DAY, end, metric=head.metric, slice_key=head.slice_key)
    scores = frame.set_index("window_start").reindex(windows)
    source = stores.catalog.source_of(head.metric).name

    def column(name: str) -> np.ndarray:
        return scores[name].to_numpy(dtype=np.float64, na_value=np.nan)

    def earlier(back: timedelta) -> np.ndarray:
        values = stores.results.values(
            source, head.metric, head.slice_key, start=end - _DAY - back, end=end - back
        )
        return values.reindex(windows - back).to_numpy(dtype=np.float64, na_value=np.nan)

    thresholds = column("threshold")
    during = (windows >= pd.Timestamp(story.first_bad)) & (column("score") >= thresholds)
    # The line is drawn where it is now; it may have been elsewhere yesterday.
    known = thresholds[~np.isnan(thresholds)]
    threshold = float(known[-1]) if known.size else stores.catalog.metric(head.metric).threshold
    return ChartInput(
        title=head.title,
        subtitle=head.slice_label,
        is_ratio=head.is_ratio,
        times=windows.tz_convert(None).to_numpy(dtype="datetime64[s]"),
        value=column("value"),
        expected=column("expected"),
        lower=column("lower"),
        upper=column("upper"),
        score=column("score"),
        yesterday=earlier(_DAY),
        week_ago=earlier(7 * _DAY),
        threshold=threshold,
        bad=np.asarray(during),
        incident_start=story.first_bad,
        language=Language(stores.settings.language),
        zone=stores.settings.zone,
    )


def chart_name(story: Story) -> str:
    """A telling name for the chart's file."""
    moment: datetime = story.window
    return f"{moment:%Y%m%d-%H%M}-{story.short_id}-{story.kind.value}"
