"""Stories to tell, as an engineer on duty might meet them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vk_alerts.alerting.story import Contribution, NotificationKind, Reading, Recovery, Story

WINDOW = datetime(2026, 1, 31, 11, 15, tzinfo=UTC)


def reading(**changes: object) -> Reading:
    """Likes on Android, a third below what was expected."""
    usual = Reading("likes", "Лайки", "os=Android", "Android", False, 8412, 12190, 11020, 13360, 7.4, True)
    return replace(usual, **changes)  # type: ignore[arg-type]


VIEWS = reading(metric="views", title="Просмотры", value=70100, expected=71000, is_bad=False)
CTR = reading(metric="ctr", title="CTR", is_ratio=True, value=0.1198, expected=0.1688)
USERS = reading(metric="feed_users", title="Пользователи ленты", value=5100, expected=5080, is_bad=False)


def story(**changes: object) -> Story:
    """The example of the design."""
    usual = Story(
        kind=NotificationKind.OPEN,
        short_id="4F2A",
        window=WINDOW,
        first_bad=WINDOW - timedelta(minutes=15),
        bad_windows=2,
        headline=reading(),
        yesterday=12304,
        week_ago=11960,
        members=(),
        neighbours=(VIEWS, CTR, USERS),
        chart_url="https://bi.example/chart?metric=likes&os=Android",
        dashboard_url="https://bi.example/dashboard",
        partition_url="https://dagster.example/assets/anomaly_scores?partition=2026-01-31-11%3A15",
        owner="@likes_owner",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def stories() -> dict[str, Story]:
    """One story of each sort."""
    total = {"slice_key": "all", "slice_label": "все пользователи"}
    rise = reading(
        metric="messages",
        title="Отправленные сообщения",
        **total,
        value=48_930,
        expected=21_400,
        lower=17_900,
        upper=24_800,
    )
    ctr = reading(
        metric="ctr",
        title="CTR",
        is_ratio=True,
        **total,
        value=0.1652,
        expected=0.2113,
        lower=0.2001,
        upper=0.2225,
    )
    women = reading(slice_key="gender=1", slice_label="женщины", value=5200, expected=7000)
    russia = reading(
        slice_key="os=Android,country=Russia", slice_label="Android · Russia", value=5830, expected=8730
    )
    recovered = reading(value=12_010, is_bad=False, score=0.4)
    return {
        "a drop in a slice": story(),
        "a rise of everybody": story(
            headline=rise, yesterday=21_050, week_ago=20_770, neighbours=(), first_bad=WINDOW, bad_windows=1
        ),
        "a ratio": story(headline=ctr, yesterday=0.2098, week_ago=0.2131, neighbours=(VIEWS,)),
        "a change that lies in slices": story(
            causes=(
                Contribution("Android · Russia", -2_900.4, 0.767),
                Contribution("<Android> & web", -512.0, 0.135),
                Contribution("все пользователи", -40.0, None),
            )
        ),
        "a ratio's change that lies in a slice": story(
            headline=ctr, yesterday=0.2098, week_ago=0.2131, causes=(Contribution("iOS", -0.0419, 1.004),)
        ),
        "several series at once": story(
            members=(CTR, russia, women, replace(VIEWS, value=50_000.0, is_bad=True), CTR),
            neighbours=(replace(USERS, value=None), VIEWS),
            first_bad=WINDOW - timedelta(hours=14, minutes=45),
            bad_windows=60,
        ),
        "tiny counts without links": story(
            headline=reading(value=0, expected=4.6, lower=1.5, upper=7.7),
            yesterday=3,
            week_ago=0,
            neighbours=(),
            chart_url=None,
            dashboard_url=None,
            partition_url=None,
        ),
        "a slice by its share on a holiday": story(headline=reading(by_share=True), special_day=True),
        "nothing known of the past": story(
            headline=reading(expected=None, lower=None, upper=None, score=None), yesterday=None, week_ago=None
        ),
        "nothing was expected": story(headline=reading(value=37, expected=0, lower=0, upper=0), week_ago=0),
        "no value": story(headline=reading(value=None), neighbours=()),
        "recovered": story(
            kind=NotificationKind.RESOLVED,
            headline=recovered,
            first_bad=WINDOW - timedelta(minutes=90),
            bad_windows=0,
            recovery=Recovery(timedelta(minutes=75), -0.34, -14_120),
            neighbours=(VIEWS, USERS),
        ),
        "a ratio recovered after midnight": story(
            kind=NotificationKind.RESOLVED,
            window=datetime(2026, 1, 31, 21, 30, tzinfo=UTC),
            headline=replace(ctr, value=0.2244, is_bad=False),
            first_bad=datetime(2026, 1, 31, 20, 0, tzinfo=UTC),
            bad_windows=0,
            recovery=Recovery(timedelta(minutes=60), 0.31, None),
            yesterday=None,
            week_ago=None,
            neighbours=(),
        ),
        "names that are markup": story(
            headline=reading(
                title='<b>Лайки</b> & "дизлайки"',
                slice_key="source=a\\,b\\=c<script>",
                slice_label="a,b=c<script>",
            ),
            owner="@a <tg>",
            neighbours=(),
        ),
    }


_ENGLISH = {
    "Лайки": "Likes",
    "Просмотры": "Views",
    "Пользователи ленты": "Feed users",
    "Отправленные сообщения": "Messages sent",
    "все пользователи": "all users",
    "женщины": "women",
    "релиз Android 8.42": "release Android 8.42",
    "рассылка <весна & лето>": "mailing <spring & summer>",
}


def in_english(told: Story) -> Story:
    """The same story with English titles and labels."""

    def word(text: str) -> str:
        return _ENGLISH.get(text, text)

    def translated(one: Reading) -> Reading:
        return replace(one, title=word(one.title), slice_label=word(one.slice_label))

    return replace(
        told,
        headline=translated(told.headline),
        members=tuple(translated(member) for member in told.members),
        neighbours=tuple(translated(near) for near in told.neighbours),
        causes=tuple(replace(cause, label=word(cause.label)) for cause in told.causes),
        events=tuple(replace(event, text=word(event.text)) for event in told.events),
        explained_by=told.explained_by and (word(told.explained_by[0]), told.explained_by[1]),
        storm=told.storm
        and replace(told.storm, metrics=tuple((word(title), size) for title, size in told.storm.metrics)),
        passed=tuple(
            replace(one, title=word(one.title), slice_label=word(one.slice_label)) for one in told.passed
        ),
    )
