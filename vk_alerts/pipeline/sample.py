"""An alert with invented numbers: what a chat will look like, before there is anything to tell."""

from datetime import datetime, timedelta

import numpy as np

from vk_alerts.alerting.markup import CAPTION_LIMIT, length
from vk_alerts.alerting.render import caption
from vk_alerts.alerting.story import Language, NotificationKind, Reading, Story
from vk_alerts.charts import ChartInput, draw
from vk_alerts.delivery.protocol import OutgoingMessage
from vk_alerts.metrics.model import Catalog, Metric, MetricKind
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.labels import slice_label
from vk_alerts.settings import Settings
from vk_alerts.windows import STEP, last_closed

_WINDOWS = 96
_LEVEL, _SWING, _NOISE, _BAND, _LEFT = 10_000.0, 0.35, 0.015, 0.06, 0.68
_BAD_WINDOWS = 2
_HEADING = {
    Language.RUSSIAN: "🧪 <b>Проверка связи.</b> Так выглядит алерт; числа выдуманы.",
    Language.ENGLISH: "🧪 <b>A test.</b> This is what an alert looks like; its numbers are invented.",
}
_TAG = "TEST"


def sample_alert(settings: Settings, catalog: Catalog, *, chat: str, now: datetime) -> OutgoingMessage:
    """An alert on the catalog's first count with invented numbers, and it says so; with a chart.

    Args:
        settings: language and zone.
        catalog: titles, owner and links are the real ones.
        chat: where it goes.
        now: aware UTC.
    """
    metric = next((one for one in catalog.metrics if one.kind is MetricKind.COUNT), catalog.metrics[0])
    language = Language(settings.language)
    chart = _day(metric, language, settings.zone, last_closed(now))
    heading = _HEADING[language]
    text = caption(
        _story(metric, chart),
        language=language,
        zone=settings.zone,
        limit=CAPTION_LIMIT - length(heading) - 1,
    )
    return OutgoingMessage(chat=chat, caption=f"{heading}\n{text}", photo=draw(chart))


def _day(metric: Metric, language: Language, zone: str, window: datetime) -> ChartInput:
    """A day like any other whose last two windows lack a third."""
    rng = np.random.default_rng(1)
    times = np.datetime64(int(window.timestamp()), "s") - np.arange(_WINDOWS)[::-1] * np.timedelta64(STEP)
    expected = _LEVEL * (1 + _SWING * np.sin(np.linspace(0, 2 * np.pi, _WINDOWS)))

    def alike() -> np.ndarray:
        return expected * (1 + _NOISE * rng.standard_normal(_WINDOWS))

    value = alike()
    bad = np.arange(_WINDOWS) >= _WINDOWS - _BAD_WINDOWS
    value[bad] *= _LEFT
    sigma = _BAND * expected / metric.threshold
    return ChartInput(
        title=metric.title.ru if language is Language.RUSSIAN else metric.title.en,
        subtitle=slice_label(ALL_KEY, language),
        is_ratio=False,
        times=times.astype("datetime64[s]"),
        value=value,
        expected=expected,
        lower=expected * (1 - _BAND),
        upper=expected * (1 + _BAND),
        score=np.abs(value - expected) / sigma,
        yesterday=alike(),
        week_ago=alike(),
        threshold=metric.threshold,
        bad=bad,
        incident_start=window - STEP,
        language=language,
        zone=zone,
    )


def _story(metric: Metric, chart: ChartInput) -> Story:
    headline = Reading(
        metric=metric.name,
        title=chart.title,
        slice_key=ALL_KEY,
        slice_label=chart.subtitle,
        is_ratio=False,
        value=round(float(chart.value[-1])),
        expected=round(float(chart.expected[-1])),
        lower=round(float(chart.lower[-1])),
        upper=round(float(chart.upper[-1])),
        score=float(chart.score[-1]),
        is_bad=True,
    )
    return Story(
        kind=NotificationKind.OPEN,
        short_id=_TAG,
        window=chart.moment,
        first_bad=chart.moment - timedelta(minutes=15),
        bad_windows=_BAD_WINDOWS,
        headline=headline,
        yesterday=round(float(chart.yesterday[-1])),
        week_ago=round(float(chart.week_ago[-1])),
        members=(),
        neighbours=(),
        chart_url=metric.chart_url,
        dashboard_url=metric.dashboard_url,
        partition_url=None,
        # A test calls nobody.
        owner="",
    )
