"""Reports of the use cases → metadata that the Dagster UI shows with a materialization."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import dagster as dg
import numpy as np

from vk_alerts.alerting.revision import Revision
from vk_alerts.alerting.story import NotificationKind, Story
from vk_alerts.alerting.verdicts import DecidedBy, Scored
from vk_alerts.charts import sparkline
from vk_alerts.pipeline import (
    CalibrationReport,
    DeliveryReport,
    HistoryReport,
    IncidentReport,
    RescoreReport,
    ScoreReport,
    SnapshotReport,
    Stores,
)
from vk_alerts.pipeline.thresholds import LAG
from vk_alerts.pipeline.widened import widened_in
from vk_alerts.state.outbox import RowState
from vk_alerts.windows import STEP, window_key

MAX_SCORE = "max score"
MAX_SERIES = "max score's series"
MAX_WINDOW = "max score's window"
DECIDED_BY = "max score decided by"
MOST_REVISIONS_SHOWN = 20
_DECIDERS = {DecidedBy.OWN: "the series' own value", DecidedBy.SHARE: "the slice's share of the total"}

Metadata = Mapping[str, dg.MetadataValue]


def snapshot_metadata(report: SnapshotReport) -> Metadata:
    """Figures of a materialization of snapshots."""
    return {
        "windows": dg.MetadataValue.int(report.windows),
        "windows without events": dg.MetadataValue.int(report.empty_windows),
        "series": dg.MetadataValue.int(report.series),
        "dagster/row_count": dg.MetadataValue.int(report.rows),
        "events": dg.MetadataValue.int(report.events),
        "query seconds": dg.MetadataValue.float(round(report.query_seconds, 4)),
    }


def score_metadata(stores: Stores, report: ScoreReport, end: datetime) -> Metadata:
    """Figures of a materialization of scores, and the last day of its strangest series as a small chart."""
    figures: dict[str, dg.MetadataValue] = {
        "windows": dg.MetadataValue.int(report.windows),
        "series": dg.MetadataValue.int(report.series),
        "without verdict": dg.MetadataValue.int(report.no_verdict),
        "above threshold": dg.MetadataValue.int(report.above_threshold),
        "judged by their share of the total": dg.MetadataValue.int(report.by_share),
        "history read, seconds": dg.MetadataValue.float(round(report.read_seconds, 4)),
        "scoring, seconds": dg.MetadataValue.float(round(report.score_seconds, 4)),
    }
    widened = widened_in(stores, end - STEP)
    if widened:
        lines = "\n".join(f"- {one}" for one in widened)
        figures["thresholds raised after false alerts"] = dg.MetadataValue.md(lines)
    if report.max_score is None or report.max_window is None:
        return figures
    chart = _spark(stores, report.max_metric, report.max_slice, end)
    return figures | {
        MAX_SCORE: dg.MetadataValue.float(round(report.max_score, 2)),
        MAX_SERIES: dg.MetadataValue.text(report.max_series),
        MAX_WINDOW: dg.MetadataValue.text(window_key(report.max_window)),
        DECIDED_BY: dg.MetadataValue.text(_DECIDERS[report.max_decided_by]),
        "its last day": dg.MetadataValue.md(f"![{report.max_series}](data:image/png;base64,{chart})"),
    }


def revision_metadata(report: RescoreReport) -> Metadata:
    """What scoring windows again changed, old → new; nothing for windows scored for the first time."""
    if not report.again:
        return {}
    shown = report.revisions[:MOST_REVISIONS_SHOWN]
    lines = [
        f"| {window_key(one.window)} | {_cell(one.metric)} | {_cell(one.slice_key)} | "
        f"{_moved(one, lambda row: row.value)} | {_moved(one, lambda row: row.score)} | "
        f"{_turned(one)} |"
        for one in shown
    ]
    head = "| window | metric | slice | value | score | verdict |\n|---|---|---|--:|--:|---|\n"
    more = len(report.revisions) - len(shown)
    table = head + "\n".join(lines) + (f"\n\n… and {more} more" if more else "")
    figures: dict[str, dg.MetadataValue] = {
        "windows scored again": dg.MetadataValue.int(report.again),
        "series changed": dg.MetadataValue.int(len(report.revisions)),
        "verdicts changed": dg.MetadataValue.int(sum(one.turned for one in report.revisions)),
        "what changed": dg.MetadataValue.md(table if lines else "nothing: the same numbers as before"),
    }
    if report.compared < report.again:
        figures["windows compared"] = dg.MetadataValue.int(report.compared)
    return figures


def threshold_metadata(report: CalibrationReport) -> Metadata:
    """What a calibration found, class by class."""
    head = (
        "| class | series | threshold | false alerts a week | fitted on | peaks |\n"
        "|---|--:|--:|--:|---|--:|\n"
    )
    lines = [
        f"| {one.label} | {one.series} | {one.threshold:.2f} | {one.expected_a_week:.2f} | "
        f"{'itself' if one.fitted_on == one.label else one.fitted_on} | {one.tail.peaks} |"
        for one in report.classes
    ]
    return {
        "thresholds": dg.MetadataValue.md(head + "\n".join(lines) if lines else "start values"),
        "series calibrated": dg.MetadataValue.int(report.calibrated),
        "series at their start value": dg.MetadataValue.int(report.waiting),
        "metrics set by hand": dg.MetadataValue.text(", ".join(report.by_hand) or "none"),
        "days of scores": dg.MetadataValue.int(report.days),
        "budget a week": dg.MetadataValue.text(
            f"{report.budget.totals:g} for totals, {report.budget.slices:g} for slices"
        ),
        "expected a week": dg.MetadataValue.float(round(report.expected_a_week, 2)),
        "holds from": dg.MetadataValue.text(f"{report.day + LAG:%Y-%m-%d}"),
        "scores read, seconds": dg.MetadataValue.float(round(report.read_seconds, 4)),
        "fit, seconds": dg.MetadataValue.float(round(report.fit_seconds, 4)),
    }


def incident_metadata(report: IncidentReport) -> Metadata:
    """What the fold did and told, one line per change and per message, also those kept from people."""
    changes = [(folded.window, change) for folded in report.folded for change in folded.changes]
    lines = [
        f"| {window_key(window)} | {change.transition.value} | {change.incident.metric} | "
        f"{_cell(change.incident.slice_key)} | {change.incident.direction.value} | {_cell(change.reason)} |"
        for window, change in changes
    ]
    head = "| window | what | metric | slice | direction | why |\n|---|---|---|---|---|---|\n"
    messages = [
        f"| {window_key(folded.window)} | {message.kind.value} | {message.group.id} | {outcome} | "
        f"{_cell(message.reason)} |"
        for folded in report.folded
        for outcome, some in (("queued", folded.tellings), ("kept back", folded.muted))
        for message in some
    ]
    heading = "| window | message | group | outcome | why |\n|---|---|---|---|---|\n"
    return {
        "windows folded": dg.MetadataValue.int(len(report.folded)),
        "watermark": dg.MetadataValue.text(window_key(report.watermark)),
        "messages queued": dg.MetadataValue.int(sum(len(folded.tellings) for folded in report.folded)),
        "messages kept back": dg.MetadataValue.int(sum(len(folded.muted) for folded in report.folded)),
        "changes": dg.MetadataValue.md(head + "\n".join(lines) if lines else "none"),
        "messages": dg.MetadataValue.md(heading + "\n".join(messages) if messages else "none"),
        **_corrections(report),
    }


def _corrections(report: IncidentReport) -> Metadata:
    """What windows that were computed again led to, and what was summed up; nothing where nothing was."""
    found, summary = report.corrections, report.summary
    figures: dict[str, dg.MetadataValue] = {}
    if found.windows:
        lines = [
            f"| {one.id} | {one.metric} | {_cell(one.slice_key)} | {window_key(one.first_bad)} | {what} |"
            for some, what in ((found.corrected, "corrected"), (found.annulled, "taken back"))
            for one in some
        ]
        head = "| incident | metric | slice | since | what |\n|---|---|---|---|---|\n"
        figures["windows computed again"] = dg.MetadataValue.int(len(found.windows))
        figures["incidents corrected"] = dg.MetadataValue.md(head + "\n".join(lines) if lines else "none")
        figures["messages taken back"] = dg.MetadataValue.int(len(found.retracted))
    if summary is not None:
        figures["incidents summed up after an outage"] = dg.MetadataValue.int(len(summary.passed))
    return figures


def delivery_metadata(report: DeliveryReport) -> Metadata:
    """What became of the messages, and their texts."""
    texts = "\n\n---\n\n".join(
        f"**{fate.state.value}** {fate.problem or ''}\n\n{fate.caption}" for fate in report.fates
    )
    return {
        "sent": dg.MetadataValue.int(report.count(RowState.SENT)),
        "waiting for another attempt": dg.MetadataValue.int(report.count(RowState.READY)),
        "uncertain": dg.MetadataValue.int(report.count(RowState.UNCERTAIN)),
        "undeliverable": dg.MetadataValue.int(report.count(RowState.DEAD)),
        "gathered in a digest": dg.MetadataValue.int(report.swept.merged),
        "too late to be told one by one": dg.MetadataValue.int(report.swept.expired),
        "unsent": dg.MetadataValue.int(report.waiting),
        "ended": dg.MetadataValue.text(report.ended),
        "messages": dg.MetadataValue.md(texts or "none"),
        "causes": dg.MetadataValue.md(causes_table([fate.row.story for fate in report.fates])),
    }


def causes_table(stories: Sequence[Story]) -> str:
    """Where the changes lie that messages tell of, a line per contribution; each message's once."""
    lines = [
        f"| #inc_{_cell(story.short_id)} | {_cell(story.headline.metric)} | "
        f"{_cell(story.headline.slice_key)} | {_cell(cause.label)} | {_number(cause.change)} | "
        f"{'–' if cause.share is None else f'{cause.share:.0%}'} |"
        for story in stories
        if story.kind is not NotificationKind.UPDATE
        for cause in story.causes
    ]
    head = "| incident | metric | slice | lies in | change | share |\n|---|---|---|---|--:|--:|\n"
    return head + "\n".join(dict.fromkeys(lines)) if lines else "none"


def history_metadata(report: HistoryReport) -> Metadata:
    """What was copied to ClickHouse, and why not all of it."""
    return {
        "incidents copied": dg.MetadataValue.int(report.incidents),
        "messages copied": dg.MetadataValue.int(report.messages),
        "problem": dg.MetadataValue.text(report.problem or "none"),
    }


def _cell(text: str) -> str:
    """Text as a cell of a Markdown table takes it."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())


def _moved(revision: Revision, value_of: Callable[[Scored], float | None]) -> str:
    values = [
        None if verdict is None else value_of(verdict.scored) for verdict in (revision.before, revision.after)
    ]
    old, new = ("–" if value is None else _number(value) for value in values)
    return old if values[0] == values[1] else f"{old} → {new}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _turned(revision: Revision) -> str:
    old, new = revision.judgement_before.value, revision.judgement.value
    return f"**{old} → {new}**" if revision.turned else new


def _spark(stores: Stores, metric: str, slice_key: str, end: datetime) -> str:
    frame = stores.results.scores(end - timedelta(days=1), end, metric=metric, slice_key=slice_key)
    columns = {
        name: frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("value", "expected", "score", "threshold")
    }
    bad = columns["score"] >= columns["threshold"]
    return base64.b64encode(sparkline(columns["value"], columns["expected"], bad)).decode("ascii")
