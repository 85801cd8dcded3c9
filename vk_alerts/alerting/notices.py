"""What who runs the bot is told of the pipeline itself: what fails, that it is over, and that it lives."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vk_alerts.alerting.markup import link, safe
from vk_alerts.alerting.story import Language
from vk_alerts.alerting.troubles import Trouble

_CAUSE_LIMIT = 300
_JOBS_LIMIT = 120
_WORDS = {
    Language.RUSSIAN: {
        "fails": "🛠 <b>Сбой {jobs}</b>",
        "windows": "Окон без результата: {n}",
        "run": "запуск",
        "again": "Повторяется сам; отсюда напишу ещё раз, когда пройдёт.",
        "remedy": "Что не так, покажет <code>vk-alerts doctor</code>.",
        "over": "✅ <b>Сбой {jobs} прошёл</b> ({since}–{last}, неудач: {failures})",
        "quiet": "🔇 <b>Сбой {jobs} больше не повторяется</b> ({since}–{last}, неудач: {failures})",
        "left": "Остались без результата: {n}. Заполнить: <code>vk-alerts backfill</code>",
        "alive": "💚 Жив. За {day}: окон {judged} из {due}, алертов {alerts}, «ложный» нажали {false}",
        "slowest": "дольше всего ждали окно {window}: {minutes} мин",
        "silent": "рядов без вердикта {silent} из {series}",
    },
    Language.ENGLISH: {
        "fails": "🛠 <b>{jobs} fails</b>",
        "windows": "Windows without a result: {n}",
        "run": "the run",
        "again": "It is tried again by itself; you will hear once more, when it is over.",
        "remedy": "<code>vk-alerts doctor</code> shows what is wrong.",
        "over": "✅ <b>{jobs} works again</b> ({since}–{last}, failures: {failures})",
        "quiet": "🔇 <b>{jobs} has not failed again</b> ({since}–{last}, failures: {failures})",
        "left": "Still without a result: {n}. To fill them: <code>vk-alerts backfill</code>",
        "alive": "💚 Alive. {day}: windows {judged} of {due}, alerts {alerts}, called false {false}",
        "slowest": "the slowest window {window}: {minutes} min",
        "silent": "series without a verdict {silent} of {series}",
    },
}


@dataclass(frozen=True, slots=True)
class DayFigures:
    """How a local day went for the pipeline.

    Attributes:
        day: the local day.
        judged: windows that are scored.
        due: windows that the day has: 96, or 92 or 100 where the clock changes.
        alerts: messages that told of something new.
        called_false: how often somebody pressed that an alert was false.
        slowest: start of the window that was folded the latest after its end; None = none was live.
        slowest_minutes: how long after its end.
        series: series in the day's last scored window.
        silent: those of them without a verdict.
    """

    day: date
    judged: int
    due: int
    alerts: int
    called_false: int
    slowest: datetime | None
    slowest_minutes: float
    series: int
    silent: int


def failure_notice(trouble: Trouble, *, language: Language, dagster_url: str | None) -> str:
    """Telegram HTML that tells of a trouble once: jobs, cause, windows, and where to look."""
    words = _WORDS[language]
    lines = [words["fails"].format(jobs=_jobs(trouble)), safe(trouble.cause, limit=_CAUSE_LIMIT)]
    if trouble.partitions:
        lines.append(words["windows"].format(n=trouble.partitions))
    # What is ours to say names the remedy after a semicolon.
    if ";" not in trouble.cause:
        lines.append(words["remedy"])
    lines.append(words["again"])
    if dagster_url is not None:
        lines.append(link(words["run"], f"{dagster_url}/runs/{trouble.run}"))
    return "\n".join(lines)


def over_notice(trouble: Trouble, *, language: Language, zone: str) -> str:
    """Telegram HTML that tells that a trouble is over, or at least quiet."""
    words = _WORDS[language]
    times = {
        name: f"{at.astimezone(ZoneInfo(zone)):%d.%m %H:%M}"
        for name, at in (("since", trouble.since), ("last", trouble.last))
    }
    told = words["quiet" if trouble.left else "over"]
    lines = [
        told.format(jobs=_jobs(trouble), failures=trouble.failures, **times),
        safe(trouble.cause, limit=_CAUSE_LIMIT),
    ]
    if trouble.partitions_left:
        lines.append(words["left"].format(n=trouble.partitions_left))
    return "\n".join(lines)


def alive_line(figures: DayFigures, *, language: Language, zone: str) -> str:
    """The daily sign of life, one line of Telegram HTML."""
    words = _WORDS[language]
    parts = [
        words["alive"].format(
            day=f"{figures.day:%d.%m}",
            judged=figures.judged,
            due=figures.due,
            alerts=figures.alerts,
            false=figures.called_false,
        )
    ]
    if figures.slowest is not None:
        window = f"{figures.slowest.astimezone(ZoneInfo(zone)):%H:%M}"
        parts.append(words["slowest"].format(window=window, minutes=f"{figures.slowest_minutes:.1f}"))
    parts.append(words["silent"].format(silent=figures.silent, series=figures.series))
    return ", ".join(parts) + "."


def _jobs(trouble: Trouble) -> str:
    return safe(", ".join(trouble.jobs), limit=_JOBS_LIMIT)
