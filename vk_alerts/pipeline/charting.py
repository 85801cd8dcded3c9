"""A story → its chart: of the headline, of a source without events, or of a storm."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from vk_alerts.alerting.story import Language, NotificationKind, Outage, Storm, Story
from vk_alerts.charts import Chart, ChartInput, OutageChart, StormChart, draw
from vk_alerts.pipeline.stores import Stores
from vk_alerts.windows import STEP

_DAY = timedelta(days=1)
# What tells a list of incidents shows none of them.
_WITHOUT_CHART = (NotificationKind.SUMMARY, NotificationKind.DIGEST)


def picture(stores: Stores, story: Story) -> bytes | None:
    """The PNG that goes out with a story; None for what has no chart.

    Raises:
        ClickHouseError: what it shows cannot be read.
    """
    chart = chart_of(stores, story)
    return None if chart is None else draw(chart)


def chart_of(stores: Stores, story: Story) -> Chart | None:
    """What the chart of a story shows, read from the committed scores and snapshots; None = no chart.

    Raises:
        ClickHouseError: they cannot be read.
    """
    if story.kind in _WITHOUT_CHART:
        return None
    if story.outage is not None:
        return _outage_chart(stores, story, story.outage)
    if story.storm is not None and story.kind is not NotificationKind.RESOLVED:
        return _storm_chart(stores, story, story.storm)
    return _series_chart(stores, story)


def _series_chart(stores: Stores, story: Story) -> ChartInput:
    head = story.headline
    end = story.window + STEP
    windows = _day_until(end)
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
        unit=head.unit,
        times=_times(windows),
        value=column("value"),
        expected=column("expected"),
        lower=column("lower"),
        upper=column("upper"),
        score=column("score"),
        yesterday=earlier(_DAY),
        week_ago=earlier(7 * _DAY),
        threshold=threshold,
        bad=np.asarray(during),
        incident_start=None if story.is_corrected else story.first_bad,
        language=Language(stores.settings.language),
        zone=stores.settings.zone,
        incident_end=_end(story),
        causes=() if story.is_everywhere else story.causes,
        events=story.events,
        explained_by=story.explained_by,
    )


def _end(story: Story) -> datetime | None:
    """When the incident was over, for what tells its end; an edited message shows what it was sent with."""
    if story.kind is NotificationKind.RESOLVED and story.recovery is not None:
        return story.first_bad + story.recovery.lasted
    return None


def _outage_chart(stores: Stores, story: Story, outage: Outage) -> OutageChart:
    end = story.window + STEP
    windows = _day_until(end)
    source = stores.catalog.source_of(story.headline.metric).name

    def arrived(back: timedelta) -> np.ndarray:
        found = stores.results.arrivals(source, start=end - _DAY - back, end=end - back)
        return found.reindex(windows - back).to_numpy(dtype=np.float64, na_value=np.nan)

    return OutageChart(
        table=outage.table,
        times=_times(windows),
        events=arrived(timedelta(0)),
        week_ago=arrived(7 * _DAY),
        last_event=outage.last_event,
        is_over=story.kind is NotificationKind.RESOLVED,
        noted=story.events,
        language=Language(stores.settings.language),
        zone=stores.settings.zone,
    )


def _storm_chart(stores: Stores, story: Story, storm: Storm) -> StormChart:
    end = story.window + STEP
    windows = _day_until(end)
    crossed = stores.results.crossed_by_window(end - _DAY, end).reindex(windows)
    return StormChart(
        series=storm.series,
        of=storm.of,
        metrics=storm.metrics,
        times=_times(windows),
        crossed=crossed.to_numpy(dtype=np.float64, na_value=np.nan),
        start=story.first_bad,
        noted=story.events,
        language=Language(stores.settings.language),
        zone=stores.settings.zone,
    )


def _day_until(end: datetime) -> pd.DatetimeIndex:
    return pd.date_range(end - _DAY, end, freq=STEP, inclusive="left")


def _times(windows: pd.DatetimeIndex) -> np.ndarray:
    return windows.tz_convert(None).to_numpy(dtype="datetime64[s]")
