"""The scenarios that can be played, and what each must lead to."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from vk_alerts.alerting.story import NotificationKind
from vk_alerts.demo.expectations import all_told, exactly, headed_by, none_left_standing, tells, told_after
from vk_alerts.demo.messages import AGAIN
from vk_alerts.demo.options import DEFAULT
from vk_alerts.demo.scenario import Plot, Windows
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.simulator import Incident, default_incidents

OPEN, RESOLVED = NotificationKind.OPEN, NotificationKind.RESOLVED
WORSE, REMIND = NotificationKind.WORSE, NotificationKind.REMIND
FLAPPING, NODATA = NotificationKind.FLAPPING, NotificationKind.NODATA
CORRECTION, SUMMARY = NotificationKind.CORRECTION, NotificationKind.SUMMARY
_ANDROID = (("os", "Android"),)
_FEED = ("feed_users", "views", "likes")
_MESSENGER = ("messenger_users", "messages")


def _default(window: Windows) -> tuple[Incident, ...]:
    return default_incidents(window(12))


def _os_outage(window: Windows) -> tuple[Incident, ...]:
    return (Incident("feed", None, _ANDROID, 0.1, window(2), window(6), "feed_users", "os=Android"),)


def _feed_outage(window: Windows) -> tuple[Incident, ...]:
    return (Incident("feed", None, (), 0.15, window(2), window(6), "feed_users", ALL_KEY),)


def _source_stops(window: Windows) -> tuple[Incident, ...]:
    return (Incident("feed", None, (), 0.0, window(2), window(5), "feed_users", ALL_KEY),)


def _storm(window: Windows) -> tuple[Incident, ...]:
    return tuple(
        Incident(source, None, (), factor, window(2), window(6), metric, ALL_KEY)
        for source, factor, metric in (("feed", 0.3, "feed_users"), ("messenger", 0.15, "messenger_users"))
    )


def _flapping(window: Windows) -> tuple[Incident, ...]:
    return tuple(
        Incident("feed", None, (), 0.1, window(first), window(first + 1), "feed_users", ALL_KEY)
        for first in (1, 4, 7, 10)
    )


def _drift(window: Windows) -> tuple[Incident, ...]:
    course = tuple(round(1 - 0.03 * number, 2) for number in range(1, 13))
    last, clean = course[-1], window(16)
    return (Incident("feed", "like", (), last, window(2), clean, "likes", ALL_KEY, factors=course),)


def _views_rise(window: Windows) -> tuple[Incident, ...]:
    return (Incident("feed", "view", (), 1.8, window(2), window(6), "ctr", ALL_KEY),)


def _late_rows(window: Windows) -> tuple[Incident, ...]:
    late = timedelta(minutes=5)
    return (Incident("messenger", None, (), 0.25, window(2), window(3), "messages", ALL_KEY, late=late),)


def _pipeline_outage(window: Windows) -> tuple[Incident, ...]:
    return (Incident("messenger", None, (), 0.15, window(3), window(6), "messages", ALL_KEY),)


SCENARIOS: Mapping[str, Plot] = MappingProxyType(
    {
        DEFAULT: Plot(
            shows="likes on Android fall by 35 %, then the messenger by 70 %: each is told, and its end",
            live_windows=12,
            plants=_default,
            expectations=(all_told(),),
        ),
        "os-outage": Plot(
            shows="the feed is down on one OS, and over 40 series with it: one message, headed by that OS",
            live_windows=10,
            plants=_os_outage,
            expectations=(
                all_told(),
                exactly({OPEN: 1, RESOLVED: 1}),
                headed_by("os=Android", *_FEED),
            ),
        ),
        "feed-outage": Plot(
            shows="nearly the whole feed is down, in every slice: one message, about all users",
            live_windows=10,
            plants=_feed_outage,
            expectations=(all_told(), exactly({OPEN: 1, RESOLVED: 1}), headed_by(ALL_KEY, *_FEED)),
        ),
        "source-stops": Plot(
            shows="the feed's events stop: told as a lack of data, not as drops, and when they are back",
            live_windows=8,
            plants=_source_stops,
            expectations=(all_told(), exactly({NODATA: 1, RESOLVED: 1})),
        ),
        "storm": Plot(
            shows="feed and messenger fail together, and most series with them: at most two messages",
            live_windows=10,
            plants=_storm,
            expectations=(
                all_told(),
                exactly({OPEN: (1, 2), RESOLVED: (1, 2)}),
                tells("says that it is a storm", lambda message: message.story.storm is not None),
            ),
        ),
        "flapping": Plot(
            shows="the feed breaks for a quarter of an hour, again and again: told once, then as flapping",
            live_windows=14,
            plants=_flapping,
            expectations=(exactly({OPEN: 1, AGAIN: 1, FLAPPING: 1, RESOLVED: 2}),),
        ),
        "drift": Plot(
            shows="likes fall slowly, by 3 % a window: told once, when a fifth to a third is missing",
            live_windows=20,
            plants=_drift,
            expectations=(
                all_told(),
                exactly({OPEN: 1, WORSE: (0, 1), REMIND: (0, 1), RESOLVED: 1}),
                told_after(4, 13),
            ),
        ),
        "views-rise": Plot(
            shows="views rise by 80 % and likes do not: CTR falls, and the message says why",
            live_windows=10,
            plants=_views_rise,
            expectations=(
                all_told(),
                exactly({OPEN: 1, RESOLVED: 1}),
                tells("says that views explain CTR", lambda message: message.story.explained_by is not None),
            ),
        ),
        "late-rows": Plot(
            shows="most of a window's rows arrive five minutes late: no false drop is left standing",
            live_windows=6,
            plants=_late_rows,
            expectations=(none_left_standing(), exactly({OPEN: (0, 1), CORRECTION: (0, 1)})),
        ),
        "pipeline-outage": Plot(
            shows="the pipeline is down for two hours, and the messenger meanwhile: one summary afterwards",
            live_windows=13,
            plants=_pipeline_outage,
            expectations=(all_told(), exactly({SUMMARY: 1})),
            down=(3, 11),
        ),
    }
)
