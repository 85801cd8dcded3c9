"""A story of each kind of message, as an engineer on duty might meet them."""

from dataclasses import replace
from datetime import timedelta

from vk_alerts.alerting.story import (
    Contribution,
    Event,
    NotificationKind,
    Outage,
    Passed,
    Recovery,
    Storm,
    Story,
)
from vk_alerts_tests.unit.alerting.stories import CTR, USERS, VIEWS, WINDOW, in_english, reading, story

_HOUR = timedelta(hours=1)
_IOS = reading(slice_key="os=iOS", slice_label="iOS", value=9_100, expected=9_050, is_bad=False)
_EVENTS = (
    Event(WINDOW - timedelta(minutes=23), "релиз Android 8.42"),
    Event(WINDOW - timedelta(minutes=95), "рассылка <весна & лето>"),
)
_NOTHING = {"value": None, "expected": None, "lower": None, "upper": None, "score": None, "is_bad": False}
_TOTAL = {"slice_key": "all", "slice_label": "все пользователи"}


def _passed(number: int, **changes: object) -> Passed:
    lasted = timedelta(minutes=15 * (number % 5 + 1))
    usual = Passed(
        short_id=f"{0x4F2A + number:X}",
        title=("Лайки", "Просмотры", "CTR")[number % 3],
        slice_label=("Android", "все пользователи")[number % 2],
        first_bad=WINDOW - (9 - number % 9) * timedelta(minutes=15),
        recovery=Recovery(lasted, -0.34, None),
        worst=-0.34,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def kinds() -> dict[str, Story]:
    """At least one story of each `NotificationKind`, by what it is about."""
    causes = (
        Contribution("Android · Russia", -2_900.4, 0.767),
        Contribution("Android · Egypt", -512.0, 0.135),
    )
    whole = story(causes=causes, neighbours=(VIEWS, CTR, USERS, _IOS), events=_EVENTS)
    recovery = Recovery(timedelta(minutes=75), -0.34, -14_120)
    deeper = reading(value=5_830, score=11.0)
    ctr = reading(
        metric="ctr",
        title="CTR",
        is_ratio=True,
        **_TOTAL,
        value=0.1198,
        expected=0.1688,
        lower=0.16,
        upper=0.178,
    )
    risen = replace(VIEWS, **_TOTAL, value=102_900.0, is_bad=True)
    blind = reading(**_NOTHING, **_TOTAL)
    waiting = tuple(replace(near, **_NOTHING) for near in (VIEWS, CTR, USERS))
    storm = Storm(214, 480, (("Лайки", 80), ("Просмотры", 74), ("CTR", 60)))
    many = tuple(_passed(number) for number in range(12))
    silent = {"chart_url": None, "members": (), "neighbours": (), "yesterday": None, "week_ago": None}
    return {
        "open with all there is to tell": whole,
        "open at once": story(is_hard=True, bad_windows=1, first_bad=WINDOW, headline=deeper),
        "open because a denominator rose": story(
            headline=ctr,
            yesterday=0.1702,
            week_ago=0.1671,
            explained_by=("Просмотры", 0.42),
            neighbours=(risen, replace(USERS, **_TOTAL)),
        ),
        "open of a storm": story(
            headline=reading(**_TOTAL), storm=storm, members=(replace(CTR, **_TOTAL), risen), events=_EVENTS
        ),
        "update: members joined": replace(whole, kind=NotificationKind.UPDATE, members=(CTR,)),
        "update: it is over": replace(whole, kind=NotificationKind.UPDATE, is_over=True, recovery=recovery),
        "update: it was corrected": replace(whole, kind=NotificationKind.UPDATE, is_corrected=True),
        "update: somebody has taken it": replace(whole, kind=NotificationKind.UPDATE, taken_by="@ivan"),
        "worse": replace(
            whole,
            kind=NotificationKind.WORSE,
            headline=deeper,
            last_told=-0.31,
            bad_windows=5,
            first_bad=WINDOW - _HOUR,
            taken_by="@ivan",
        ),
        "remind": replace(
            whole, kind=NotificationKind.REMIND, first_bad=WINDOW - _HOUR, bad_windows=5, events=()
        ),
        "escalate": replace(
            whole,
            kind=NotificationKind.ESCALATE,
            headline=reading(value=1_830, score=21.0),
            last_told=-0.31,
            bad_windows=3,
            is_hard=True,
        ),
        "flapping": replace(whole, kind=NotificationKind.FLAPPING, openings=3, causes=(), events=()),
        "stale": story(
            kind=NotificationKind.STALE,
            headline=reading(**_NOTHING),
            silent_since=WINDOW - 2 * _HOUR,
            **silent,
        ),
        "resolved": story(
            kind=NotificationKind.RESOLVED,
            headline=reading(value=12_010, is_bad=False, score=0.4),
            first_bad=WINDOW - timedelta(minutes=90),
            bad_windows=0,
            recovery=recovery,
            neighbours=(VIEWS, USERS, _IOS),
            taken_by="@ivan",
        ),
        "resolved: a storm": story(
            kind=NotificationKind.RESOLVED,
            headline=reading(**_TOTAL, value=12_010, is_bad=False),
            storm=storm,
            recovery=recovery,
            neighbours=(),
        ),
        "nodata: it stopped": story(
            kind=NotificationKind.NODATA,
            headline=blind,
            neighbours=waiting,
            outage=Outage("feed_actions", WINDOW - timedelta(minutes=13), is_late=False),
        ),
        "nodata: it is late": story(
            kind=NotificationKind.NODATA,
            headline=blind,
            neighbours=waiting,
            outage=Outage("feed_actions", WINDOW + timedelta(minutes=2), is_late=True),
            events=_EVENTS[:1],
        ),
        "nodata: never anything": story(
            kind=NotificationKind.NODATA,
            headline=blind,
            outage=Outage("feed_actions", None, is_late=False),
            **silent,
        ),
        "resolved: a source is back": story(
            kind=NotificationKind.RESOLVED,
            headline=reading(value=12_010, is_bad=False, **_TOTAL),
            outage=Outage("feed_actions", WINDOW + timedelta(minutes=14), is_late=False),
            is_over=True,
            recovery=Recovery(timedelta(minutes=75), 0.0, None),
        ),
        "update: a source is back": story(
            kind=NotificationKind.UPDATE,
            headline=blind,
            outage=Outage("feed_actions", WINDOW - timedelta(minutes=13), is_late=False),
            is_over=True,
            recovery=Recovery(timedelta(minutes=75), 0.0, None),
        ),
        "remind: a source": story(
            kind=NotificationKind.REMIND,
            headline=blind,
            neighbours=waiting,
            outage=Outage("feed_actions", WINDOW - timedelta(minutes=73), is_late=False),
        ),
        "correction": story(
            kind=NotificationKind.CORRECTION,
            headline=reading(value=12_010, is_bad=False, score=0.4),
            last_told=-0.31,
            is_corrected=True,
        ),
        "summary": story(
            kind=NotificationKind.SUMMARY,
            first_bad=WINDOW - 2 * _HOUR,
            passed=(_passed(1), _passed(2), _passed(3, recovery=None)),
            **silent,
        ),
        "digest": story(kind=NotificationKind.DIGEST, passed=many, **silent),
    }


def kinds_in_english() -> dict[str, Story]:
    """The same with English titles and labels."""
    return {name: in_english(told) for name, told in kinds().items()}
