"""Scored rows, verdicts and folds for the tests of the alerting core."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vk_alerts.alerting.graph import graph_of
from vk_alerts.alerting.lifecycle import Incident, Step, Transition, step
from vk_alerts.alerting.plan import Audience, Outcome, Situation, Telling, advance
from vk_alerts.alerting.rules import Rules
from vk_alerts.alerting.sources import SourceState
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import Direction, Judgement, Scored, Verdict
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.windows import STEP

START = datetime(2026, 3, 5, 11, tzinfo=UTC)
RULES = Rules()
EMPTY = Situation(incidents={}, groups={})
GRAPH = graph_of(load_catalog().metrics)
_OPENINGS_AND_ENDS = (NotificationKind.OPEN, NotificationKind.RESOLVED, NotificationKind.FLAPPING)

# One letter per window, for series whose expected value is 100 with a band of 80 to 120.
# Upper case is down, lower case is up; each has a value on the fitting side of the band.
_LETTERS: dict[str, tuple[Judgement, Direction | None, float | None, float | None]] = {
    ".": (Judgement.NORMAL, Direction.DOWN, 99.0, 0.2),
    "?": (Judgement.UNSETTLED, Direction.DOWN, 82.0, 4.2),
    "!": (Judgement.UNSETTLED, Direction.UP, 118.0, 4.2),
    "B": (Judgement.BAD, Direction.DOWN, 70.0, 6.0),
    "H": (Judgement.HARD, Direction.DOWN, 40.0, 12.0),
    "E": (Judgement.HARD, Direction.DOWN, 10.0, 18.0),
    "b": (Judgement.BAD, Direction.UP, 130.0, 6.0),
    "h": (Judgement.HARD, Direction.UP, 160.0, 12.0),
    "-": (Judgement.NONE, None, None, None),
}


def at(number: int) -> datetime:
    """Window number ``number``."""
    return START + number * STEP


def row(window: datetime = START, **changes: object) -> Scored:
    given: dict[str, object] = {
        "source": "feed",
        "metric": "likes",
        "slice_key": "all",
        "window": window,
        "value": 70.0,
        "expected": 100.0,
        "lower": 80.0,
        "upper": 120.0,
        "score": 6.0,
        "evidence": 100.0,
        "threshold": 4.5,
    }
    return Scored(**(given | changes))  # type: ignore[arg-type]


def verdict(letter: str, number: int, **changes: object) -> Verdict:
    """The verdict that a letter stands for, in window ``number``."""
    judgement, direction, value, score = _LETTERS[letter]
    return Verdict(row(at(number), **({"value": value, "score": score} | changes)), judgement, direction)


def fold(
    letters: str,
    *,
    direction: Direction = Direction.DOWN,
    rules: Rules = RULES,
    incident: Incident | None = None,
    first: int = 0,
) -> list[Step]:
    """The steps of one series from window ``first`` on; a space is a window without a row."""
    steps = []
    for number, letter in enumerate(letters, first):
        if letter == " ":
            continue
        result = step(incident, verdict(letter, number), direction, rules)
        incident = result.incident
        steps.append(result)
    return steps


def transitions(steps: Iterable[Step]) -> list[Transition | None]:
    return [result.transition for result in steps]


@dataclass
class Play:
    """A plan that is advanced window by window.

    Attributes:
        rules: of the fold.
        audience: what people want to hear.
        situation: where things stand.
        tellings: every telling, with the number of its window.
    """

    rules: Rules = RULES
    audience: Audience = field(default_factory=Audience)
    situation: Situation = EMPTY
    tellings: list[tuple[int, Telling]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def window(
        self,
        number: int,
        verdicts: Sequence[Verdict],
        *,
        may_tell: bool = True,
        sources: Sequence[SourceState] = (),
    ) -> Outcome:
        outcome = advance(
            self.situation,
            verdicts,
            window=at(number),
            may_tell=may_tell,
            rules=self.rules,
            graph=GRAPH,
            sources=sources,
            audience=self.audience,
        )
        self.situation = outcome.situation
        self.outcomes.append(outcome)
        self.tellings += [(number, telling) for telling in outcome.tellings]
        return outcome

    def series(self, rows: dict[str, str], *, first: int = 0, silent: str = "") -> None:
        """Plays named series of letters side by side; ``silent`` has an ``s`` where nothing may be told.

        A name is a metric, ``metric@slice``, or ``source/metric``.
        """
        for column in range(max(map(len, rows.values()))):
            verdicts = []
            for name, letters in rows.items():
                source, _, series = name.rpartition("/")
                metric, _, slice_key = series.partition("@")
                if column < len(letters) and letters[column] != " ":
                    letter = letters[column]
                    named = {"metric": metric, "slice_key": slice_key or "all", "source": source or "feed"}
                    verdicts.append(verdict(letter, first + column, **named))
            self.window(first + column, verdicts, may_tell=silent[column : column + 1] != "s")

    @property
    def told(self) -> list[tuple[int, str, str, int]]:
        """Window, kind, headline and sequence of every opening and end."""
        return [
            (number, telling.kind.value, telling.group.head.metric, telling.group.sequence)
            for number, telling in self.tellings
            if telling.kind in _OPENINGS_AND_ENDS
        ]

    @property
    def kinds(self) -> list[tuple[int, str]]:
        """Window and kind of every telling."""
        return [(number, telling.kind.value) for number, telling in self.tellings]
