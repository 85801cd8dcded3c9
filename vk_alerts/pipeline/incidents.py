"""Committed scores → incidents and messages in the outbox, window by window, in one transaction each."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.alerting.graph import graph_of
from vk_alerts.alerting.plan import LIVE_WITHIN, Change, Muted, Outcome, Telling, advance, is_live
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.sources import SourceState
from vk_alerts.alerting.story import Story
from vk_alerts.alerting.verdicts import Verdict
from vk_alerts.clickhouse.versions import SCORES_ASSET, Commit, Origin
from vk_alerts.pipeline.arrivals import source_states
from vk_alerts.pipeline.awaiting import pending_commits
from vk_alerts.pipeline.corrections import NOTHING_CORRECTED, CorrectionReport, correct_incidents
from vk_alerts.pipeline.routing import addressed
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.storytelling import tell
from vk_alerts.pipeline.summaries import summarize_outage
from vk_alerts.pipeline.verdicts import verdicts_on
from vk_alerts.state.foldings import Folding
from vk_alerts.state.incidents import Committed
from vk_alerts.state.outbox import NewRow
from vk_alerts.windows import STEP, last_closed, window_key

LOGGER = logging.getLogger(__name__)

# A decision that somebody's word or a correction outdates is taken again so often, then by the next run.
_MOST_ATTEMPTS = 5
_READ_STRETCH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FoldedWindow:
    """One window that was folded.

    Attributes:
        window: its start.
        changes: what happened to incidents.
        tellings: messages that were queued.
        muted: messages that were kept from people.
    """

    window: datetime
    changes: tuple[Change, ...]
    tellings: tuple[Telling, ...]
    muted: tuple[Muted, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """What a run of the fold did.

    Attributes:
        folded: the windows, in order.
        watermark: newest window folded by now.
        corrections: what windows that were computed again led to.
        summary: what was queued about incidents that passed while the pipeline was down.
    """

    folded: tuple[FoldedWindow, ...]
    watermark: datetime
    corrections: CorrectionReport = NOTHING_CORRECTED
    summary: Story | None = None


def advance_incidents(stores: Stores, *, now: datetime, rules: Rules | None = None) -> IncidentReport:
    """Folds every committed window after the watermark, oldest first, and queues what is to be told.

    Only a window that a live run scored and that ended a short while ago may lead to a message; any other
    moves the incidents silently. Two runs at once cannot fold a window twice: the later one finds the
    watermark moved and stops.

    Raises:
        ClickHouseError: scores cannot be read.
        StateError: the state database cannot be used; nothing of the window is written then.
    """
    rules = rules or Rules()
    corrections = correct_incidents(stores, now=now, rules=rules)
    watermark = stores.incidents.begin_at(_first_watermark(now))
    folded: list[FoldedWindow] = []
    if corrections.is_news:
        folded += _look_again(stores, watermark, now=now, rules=rules)
    newest: datetime | None = None
    for stretch in _stretches(pending_commits(stores, watermark, now)):
        windows = [commit.window for commit in stretch]
        by_window, states = _verdicts(stores, stretch), source_states(stores, windows, now=now)
        for commit in stretch:
            evidence = _Evidence(commit, by_window.get(commit.window, []), states[commit.window])
            outcome = _fold(stores, evidence, previous=watermark, now=now, rules=rules)
            if outcome is None:
                return IncidentReport(tuple(folded), stores.incidents.begin_at(watermark), corrections)
            watermark = commit.window
            newest = watermark if may_tell(commit, now) else None
            folded.append(FoldedWindow(commit.window, outcome.changes, outcome.tellings, outcome.muted))
    summary = None if newest is None else summarize_outage(stores, newest, now=now)
    return IncidentReport(tuple(folded), watermark, corrections, summary)


def may_tell(commit: Commit, now: datetime) -> bool:
    """Whether a window may lead to messages: a live run has scored it, and it ended a short while ago."""
    return commit.origin is Origin.LIVE and is_live(commit.window, now)


def _first_watermark(now: datetime) -> datetime:
    """Where a new installation begins: with what is live, not with history."""
    return last_closed(now - LIVE_WITHIN)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of a window: its scores' commit, the verdicts on them, and how far sources reach."""

    commit: Commit
    verdicts: list[Verdict]
    sources: list[SourceState]


def _fold(
    stores: Stores, evidence: _Evidence, *, previous: datetime, now: datetime, rules: Rules
) -> Outcome | None:
    """Folds a window; None when another run has done so."""
    commit, window = evidence.commit, evidence.commit.window
    folding = Folding(window, commit.version, commit.origin.value, now.timestamp())
    for _ in range(_MOST_ATTEMPTS):
        before = stores.incidents.situation(since=window - rules.remembered)
        audience = stores.incidents.audience(before, now=now.timestamp())
        outcome = advance(
            before,
            evidence.verdicts,
            window=window,
            may_tell=commit.origin is Origin.LIVE and is_live(window, now),
            rules=rules,
            graph=graph_of(stores.catalog.metrics),
            sources=evidence.sources,
            audience=audience,
        )
        committed = stores.incidents.commit(
            previous=previous,
            window=window,
            before=before,
            outcome=outcome,
            rows=_rows(stores, outcome, evidence.verdicts, window=window, now=now),
            folding=folding,
            audience=audience,
        )
        if committed is Committed.FOLDED_ELSEWHERE:
            LOGGER.info("window=%s outcome=left reason=another run has folded it", window_key(window))
            return None
        if committed is Committed.DONE:
            _log(window, outcome)
            return outcome
    LOGGER.warning("window=%s outcome=left reason=somebody changes what it is decided on", window_key(window))
    return None


def _look_again(stores: Stores, window: datetime, *, now: datetime, rules: Rules) -> list[FoldedWindow]:
    """Folds the newest window a second time, which only opens what a correction found to fire."""
    kept = stores.foldings.between(window, window + STEP).get(window)
    for commit in stores.results.commits(SCORES_ASSET, window, window + STEP):
        if kept is None or kept.version != commit.version or not may_tell(commit, now):
            continue
        verdicts, states = _verdicts(stores, [commit]), source_states(stores, [window], now=now)
        evidence = _Evidence(commit, verdicts.get(window, []), states[window])
        outcome = _fold(stores, evidence, previous=window, now=now, rules=rules)
        if outcome is not None and outcome.changes:
            return [FoldedWindow(window, outcome.changes, outcome.tellings, outcome.muted)]
    return []


def _rows(
    stores: Stores, outcome: Outcome, verdicts: list[Verdict], *, window: datetime, now: datetime
) -> list[NewRow]:
    return [
        row
        for telling in outcome.tellings
        for row in addressed(
            stores,
            tell(stores, telling, outcome.situation, verdicts, window=window),
            group=telling.group.id,
            sequence=telling.sequence,
            now=now,
            window=window,
        )
    ]


def _log(window: datetime, outcome: Outcome) -> None:
    for change in outcome.changes:
        LOGGER.info(
            "window=%s incident=%s metric=%s slice=%s transition=%s reason=%s",
            window_key(window),
            change.incident.id,
            change.incident.metric,
            change.incident.slice_key,
            change.transition.value,
            change.reason,
        )
    for outcome_of, messages in (("queued", outcome.tellings), ("muted", outcome.muted)):
        for message in messages:
            LOGGER.info(
                "window=%s group=%s message=%s outcome=%s reason=%s",
                window_key(window),
                message.group.id,
                message.kind.value,
                outcome_of,
                message.reason,
            )


def _stretches(commits: list[Commit]) -> list[list[Commit]]:
    """The commits in stretches short enough to read their scores at once."""
    stretches: list[list[Commit]] = []
    for commit in commits:
        if stretches and commit.window - stretches[-1][0].window < _READ_STRETCH:
            stretches[-1].append(commit)
        else:
            stretches.append([commit])
    return stretches


def _verdicts(stores: Stores, commits: list[Commit]) -> dict[datetime, list[Verdict]]:
    frame = stores.results.scores(commits[0].window, commits[-1].window + STEP)
    by_window: dict[datetime, list[Verdict]] = {}
    for verdict in verdicts_on(stores.catalog, frame):
        by_window.setdefault(verdict.scored.window, []).append(verdict)
    return by_window
