"""One series in the newest window that was judged: why it is judged so, and its chart."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vk_alerts.alerting import numbers
from vk_alerts.alerting.markup import TEXT_LIMIT, length, safe
from vk_alerts.alerting.messages.voice import Voice
from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.alerting.verdicts import DecidedBy, Judgement, Verdict
from vk_alerts.alerting.wording import wording
from vk_alerts.bot.desk import TITLE_LIMIT, Desk
from vk_alerts.charts import ChartInput, draw
from vk_alerts.clickhouse.versions import SCORES_ASSET
from vk_alerts.metrics.model import Metric
from vk_alerts.pipeline import Stores
from vk_alerts.pipeline.causes import contributions
from vk_alerts.pipeline.charting import chart_of
from vk_alerts.pipeline.surroundings import Window, noted_events, window_of_verdicts
from vk_alerts.pipeline.verdicts import verdicts_on
from vk_alerts.pipeline.widened import widened_in
from vk_alerts.state.groups import GroupWithMembers
from vk_alerts.windows import STEP, window_of

_LOOK_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Look:
    """A series in a window.

    Attributes:
        stores: where it was read.
        metric: its metric.
        slice_key: its slice.
        window: the newest one that was judged.
        verdicts: on all series of the window.
        own: on this one; None = it was not judged.
        open_in: the group it is open in; None = none.
    """

    stores: Stores
    metric: Metric
    slice_key: str
    window: datetime
    verdicts: tuple[Verdict, ...]
    own: Verdict | None
    open_in: GroupWithMembers | None

    @property
    def surroundings(self) -> Window:
        """All series of the window as messages show them."""
        return window_of_verdicts(self.stores, self.verdicts, set())


def newest_window(stores: Stores, now: datetime) -> datetime | None:
    """The newest window of the last day whose scores are committed; None = there is none."""
    commits = stores.results.commits(SCORES_ASSET, window_of(now) - _LOOK_BACK, window_of(now) + STEP)
    return commits[-1].window if commits else None


def slices_in(stores: Stores, metric: Metric, now: datetime) -> list[str]:
    """The slices in which a metric was judged last."""
    window = newest_window(stores, now)
    if window is None:
        return []
    frame = stores.results.scores(window, window + STEP, metric=metric.name)
    return sorted(str(key) for key in frame["slice"])


def look_at(desk: Desk, metric: Metric, slice_key: str, now: datetime) -> Look | None:
    """The series as it was judged last; None when no window was judged in the last day.

    Raises:
        ClickHouseError: scores cannot be read.
        StateError: the state database cannot be used.
    """
    stores = desk.stores()
    window = newest_window(stores, now)
    if window is None:
        return None
    verdicts = verdicts_on(stores.catalog, stores.results.scores(window, window + STEP))
    series = (metric.name, slice_key)
    own = (v for v in verdicts if (v.scored.metric, v.scored.slice_key) == series)
    return Look(
        stores=stores,
        metric=metric,
        slice_key=slice_key,
        window=window,
        verdicts=tuple(verdicts),
        own=next(own, None),
        open_in=_open_group(desk, series),
    )


def why(desk: Desk, look: Look, now: datetime) -> str:
    """Value, band, score, threshold, and what they lead to; where the change lies; HTML."""
    words, voice = desk.words, Voice(wording(desk.language), desk.language, desk.settings.zone)
    span = voice.span(look.window, look.window + STEP, seen_from=now)
    lines = [f"<b>{desk.series(look.metric.name, look.slice_key)}</b> · {span}"]
    if look.own is None:
        return "\n".join([*lines, words.no_row])
    row, surroundings = look.own.scored, look.surroundings
    reading = surroundings.reading((look.metric.name, look.slice_key))
    value = words.value.format(voice.value(row.value, reading))
    if row.expected is not None:
        value += f" · {voice.words.expected.format(voice.value(row.expected, reading))}"
    band = voice.band(reading)
    if band:
        value += voice.words.normal.format(band)
    if row.deviation is not None:
        value += f": {voice.signed(row.deviation)}"
    lines.append(value)
    lines.append(
        words.judged.format(
            "—" if row.score is None else numbers.decimal(row.score, desk.language, decimals=1),
            numbers.decimal(row.threshold, desk.language, decimals=1),
            _judgement(desk, look),
        )
    )
    if row.decided_by is DecidedBy.SHARE:
        lines.append(words.by_share)
    lines += _raised(desk, look, now)
    if look.open_in is not None:
        group = look.open_in.group
        lines.append(words.incident.format(group.id[:4].upper(), desk.clock(group.head.first_bad, now=now)))
    return _fitted(lines, [*_causes(desk, look), *_beside(desk, look, voice)])


def chart(look: Look) -> bytes | None:
    """The chart of the last day; None when the series has none.

    Raises:
        ClickHouseError: what it shows cannot be read.
    """
    found = chart_of(look.stores, _story(look))
    if isinstance(found, ChartInput) and look.open_in is None:
        found = replace(found, incident_start=None)
    return None if found is None else draw(found)


def _story(look: Look) -> Story:
    surroundings = look.surroundings
    head = surroundings.reading((look.metric.name, look.slice_key))
    first_bad = look.window
    if look.open_in is not None:
        mine = (m for m in look.open_in.members if (m.metric, m.slice_key) == (head.metric, head.slice_key))
        first_bad = next((member.first_bad for member in mine), look.window)
    source = look.stores.catalog.source_of(look.metric.name).name
    return Story(
        kind=NotificationKind.OPEN,
        short_id="",
        window=look.window,
        first_bad=first_bad,
        bad_windows=0,
        headline=head,
        yesterday=None,
        week_ago=None,
        members=(),
        neighbours=(),
        chart_url=None,
        dashboard_url=None,
        partition_url=None,
        owner="",
        events=noted_events(look.stores, head.metric, source, first_bad=first_bad, window=look.window),
    )


def _open_group(desk: Desk, series: tuple[str, str]) -> GroupWithMembers | None:
    for found in desk.groups.unfinished():
        if any((m.metric, m.slice_key) == series and m.closed_at is None for m in found.members):
            return found
    return None


def _judgement(desk: Desk, look: Look) -> str:
    words, verdict, metric = desk.words.judgements, look.own, look.metric
    if verdict is None:
        return words[Judgement.NONE.value]
    row = verdict.scored
    if verdict.is_bad or row.score is None or row.score < row.threshold:
        return words[verdict.judgement.value]
    # Beyond the threshold and not bad: one of the two other conditions does not hold.
    if row.deviation is not None and abs(row.deviation) < metric.min_deviation:
        return words["small"].format(numbers.percent(metric.min_deviation, desk.language))
    return words["few"].format(numbers.decimal(metric.min_evidence, desk.language))


def _raised(desk: Desk, look: Look, now: datetime) -> list[str]:
    series = (look.metric.name, look.slice_key)
    return [
        desk.words.raised.format(
            numbers.decimal(one.factor, desk.language, decimals=2),
            desk.clock(one.until, now=now),
            safe(", ".join(one.by), limit=TITLE_LIMIT),
        )
        for one in widened_in(look.stores, look.window)
        if (one.metric, one.slice_key) == series
    ]


def _causes(desk: Desk, look: Look) -> list[str]:
    if look.own is None or look.own.judgement is Judgement.NORMAL:
        return []
    rows = [v.scored for v in look.verdicts if v.scored.metric == look.metric.name]
    reading = look.surroundings.reading((look.metric.name, look.slice_key))
    found = contributions(look.stores, look.metric, reading, rows, look.window)
    lines = [
        f"• {safe(cause.label, limit=TITLE_LIMIT)}"
        + ("" if cause.share is None else f" ({numbers.percent(min(cause.share, 1.0), desk.language)})")
        for cause in found
    ]
    return [f"<b>{desk.words.causes}</b>", *lines] if lines else []


def _beside(desk: Desk, look: Look, voice: Voice) -> list[str]:
    near = look.surroundings.neighbours((look.metric.name, look.slice_key))
    told = [
        f"{'🔴' if reading.is_bad else '🟢'} {voice.moved(reading)} · {voice.label(reading)}"
        for reading in near
    ]
    return [f"<b>{desk.words.neighbours}</b>", *told] if told else []


def _fitted(needed: list[str], more: list[str]) -> str:
    lines = [*needed]
    for line in more:
        if sum(length(one) + 1 for one in (*lines, line)) > TEXT_LIMIT:
            break
        lines.append(line)
    return "\n".join(lines)
