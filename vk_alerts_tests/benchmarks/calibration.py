"""Realised false alerts against the budget: ``python -m vk_alerts_tests.benchmarks.calibration``.

Series with habits and restless levels, two sources, the largest of them totals. Eight weeks of scores are the
past; then, day by day for eight weeks, thresholds are calibrated on the eight weeks before and the day is
played through the rules that production uses (``judge``, ``advance``). What is told anew is counted. With
``--outages`` real incidents are planted, also in the past, where nobody knows of them; messages headed by a
series that was hit within the last 24 hours are true, the others false.
"""

import json
import time
from dataclasses import dataclass, field
from functools import cached_property

import click
import numpy as np

from vk_alerts.alerting.lifecycle import Phase, Rules
from vk_alerts.alerting.plan import Situation, advance
from vk_alerts.alerting.story import NotificationKind
from vk_alerts.alerting.verdicts import Scored, judge
from vk_alerts.detection import score_history
from vk_alerts.detection.calibration import FLOOR, Budget, Calibration, calibrate
from vk_alerts.detection.opening import Exceedances
from vk_alerts.detection.series_classes import Population
from vk_alerts.detection.spans import Spans
from vk_alerts.metrics.model import Policy
from vk_alerts.windows import STEP
from vk_alerts_tests.benchmarks.detection.habits import (
    PER_DAY,
    Calendar,
    draw_calendar,
    habit,
    restless,
    shifts,
)
from vk_alerts_tests.benchmarks.detection.simulator import FEWEST, MOST
from vk_alerts_tests.benchmarks.detection.simulator import FIRST as PAST
from vk_alerts_tests.benchmarks.detection.world import MONDAY as START
from vk_alerts_tests.benchmarks.detection.world import MOSCOW as TIMEZONE

SEEDS = tuple(range(201, 211))
DESIGN_SEEDS = (1, 2, 3)
PAST_DAYS = 56
SOURCES = 2
TOTALS = 1 / 50
RATIOS = 1 / 3
_BLOCK = 100
_ARRAYS = ("score", "value", "expected", "lower", "upper", "evidence")
RULES, POLICY = Rules(), Policy()


@dataclass
class World:
    """Scores of all series from the end of history on, and the truth about outages.

    Each array of ``scores`` is float32 (n_series, n_windows); ``hit``: bool, whether an outage touches a
    series or ended less than a day ago.
    """

    scores: dict[str, np.ndarray]
    is_ratio: np.ndarray
    source: np.ndarray
    is_total: np.ndarray
    hit: np.ndarray

    @cached_property
    def signed(self) -> np.ndarray:
        """Scores of relevant and founded windows, negative below the expected value; 0 elsewhere."""
        away = self.scores["value"] - self.scores["expected"]
        with np.errstate(invalid="ignore"):
            counts = np.abs(away) >= POLICY.min_deviation * self.scores["expected"]
            counts &= self.scores["evidence"] >= POLICY.min_evidence
            return np.where(counts, np.nan_to_num(self.scores["score"]) * np.sign(away), 0.0)

    @cached_property
    def found(self) -> Exceedances:
        """The windows that may matter."""
        series, window = np.nonzero(np.abs(self.signed) >= FLOOR)
        return Exceedances(series, window, self.signed[series, window].astype(float))


def simulate(seed: int, *, series: int, weeks: int, outages: float) -> World:
    """A world of two times eight weeks, scored."""
    rng = np.random.default_rng(seed)
    windows = PAST + (PAST_DAYS + 7 * weeks) * PER_DAY
    source = rng.integers(0, SOURCES, series)
    calendar = draw_calendar(rng, windows)
    factor, hit = plant_outages(rng, source, windows, outages)
    is_ratio = np.arange(series) < RATIOS * series
    parts: dict[str, list[np.ndarray]] = {name: [] for name in _ARRAYS}
    for first in range(0, series, _BLOCK):
        some = slice(first, min(first + _BLOCK, series))
        values, trials = observe(rng, is_ratio[some], factor[some], calendar)
        for ratio in (True, False):
            rows = is_ratio[some] == ratio
            if rows.any():
                part = scored(values[rows], trials[rows] if ratio else None, calendar)
                for name in _ARRAYS:
                    parts[name].append(part[name])
    scores = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    # Ratios come first in every block and in the whole: the rows are in the order of the series.
    volume = np.nanmedian(scores["evidence"][:, : PER_DAY * 7], axis=1)
    is_total = np.zeros(series, dtype=bool)
    is_total[np.argsort(-volume)[: max(1, round(TOTALS * series))]] = True
    return World(scores, is_ratio, source, is_total, hit[:, PAST:])


def observe(
    rng: np.random.Generator, is_ratio: np.ndarray, factor: np.ndarray, calendar: Calendar
) -> tuple[np.ndarray, np.ndarray]:
    """Counts, or shares and their trials."""
    series, windows = factor.shape
    low = np.where(is_ratio, 300, FEWEST)[:, None]
    level = np.exp(rng.uniform(np.log(low), np.log(MOST), (series, 1)))
    white = np.exp(rng.uniform(0.005, 0.03, (series, 1)) * rng.standard_normal((series, windows)))
    trials = level * habit(rng, series, windows, calendar) * _moving(rng, series, windows) * white
    trials = rng.poisson(np.where(is_ratio[:, None], trials, trials * factor)).astype(float)
    rate = rng.uniform(0.03, 0.4, (series, 1)) * habit(rng, series, windows, calendar) ** 0.15
    rate *= _moving(rng, series, windows) ** 0.4
    hits = rng.binomial(trials.astype(int), np.clip(rate * factor, 0.0, 0.95))
    with np.errstate(invalid="ignore"):
        shares = np.where(trials > 0, hits / trials, np.nan)
    return np.where(is_ratio[:, None], shares, trials), trials


def _moving(rng: np.random.Generator, series: int, windows: int) -> np.ndarray:
    return restless(rng, series, windows) * shifts(rng, series, windows)


def scored(values: np.ndarray, trials: np.ndarray | None, calendar: Calendar) -> dict[str, np.ndarray]:
    scores = score_history(
        values, start=START, trials=trials, holidays=calendar.holidays, timezone=TIMEZONE, first=PAST
    )
    arrays = {
        "score": scores.score,
        "value": values,
        "expected": scores.expected,
        "lower": scores.lower,
        "upper": scores.upper,
        "evidence": np.fmax(values, scores.expected) if trials is None else trials,
    }
    return {name: array[:, PAST:].astype(np.float32) for name, array in arrays.items()}


def plant_outages(
    rng: np.random.Generator, source: np.ndarray, windows: int, a_week: float
) -> tuple[np.ndarray, np.ndarray]:
    """Factors on the mean, and where they are felt; each outage hits 1 to 60 series of a source for hours."""
    factor = np.ones((len(source), windows), dtype=np.float32)
    hit = np.zeros(factor.shape, dtype=bool)
    for begin in np.sort(rng.integers(0, windows, rng.poisson(a_week * windows / (7 * PER_DAY)))):
        members = np.flatnonzero(source == rng.integers(SOURCES))
        members = rng.choice(
            members, min(len(members), round(np.exp(rng.uniform(0, np.log(60))))), replace=False
        )
        end = begin + round(np.exp(rng.uniform(np.log(3), np.log(32))))
        change = rng.choice([1 - np.exp(rng.uniform(np.log(0.12), np.log(0.9))), 1 + rng.uniform(0.15, 1.0)])
        factor[members, begin:end] = change
        hit[members, begin : end + PER_DAY] = True
    return factor, hit


def population(world: World, days: slice) -> Population:
    """What the past says of the series."""
    windows = slice(days.start * PER_DAY, days.stop * PER_DAY)
    score, evidence = (world.scores[name][:, windows] for name in ("score", "evidence"))
    by_day = (len(score), days.stop - days.start, PER_DAY)
    series = len(score)
    return Population(
        source=world.source.astype(np.int64),
        is_total=world.is_total,
        kind=np.where(world.is_ratio, "ratio", "count"),
        detector=np.full(series, "seasonal"),
        volume=np.median(np.nan_to_num(evidence).reshape(by_day).mean(axis=2), axis=1),
        daily_peak=np.median(np.nan_to_num(score).reshape(by_day).max(axis=2), axis=1).astype(float),
        judged=(~np.isnan(score)).sum(axis=1),
        hard_ratio=np.full(series, POLICY.hard_threshold / POLICY.threshold),
        start=np.full(series, POLICY.threshold),
        for_windows=np.full(series, 2),
    )


def found_in(world: World, days: slice) -> Exceedances:
    """What ``calibrate`` is to be told of some days."""
    begin, end = days.start * PER_DAY, days.stop * PER_DAY
    known = world.found.only((world.found.window >= begin) & (world.found.window < end))
    return Exceedances(known.series, known.window - begin, known.score)


@dataclass
class Play:
    """The fold over a world, day by day."""

    world: World
    situation: Situation = field(default_factory=lambda: Situation(incidents={}, groups={}))
    incidents: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    told: list[tuple[bool, bool]] = field(default_factory=list)
    reopened: int = 0

    def day(self, day: int, threshold: np.ndarray) -> None:
        """Plays a day; ``told`` takes up whether each message is about a total, and whether it is false."""
        first = day * PER_DAY
        signed = self.world.signed[:, first : first + PER_DAY]
        over = np.abs(signed) >= threshold[:, None]
        for offset in range(PER_DAY):
            self._window(first + offset, set(np.flatnonzero(over[:, offset])), threshold)

    def known(self, days: slice) -> Spans:
        """Incidents known so far, by their windows within the days."""
        begin = days.start * PER_DAY
        end = days.stop * PER_DAY
        kept = [
            (s, max(a, begin), min(b, end - 1))
            for s, a, b in self.incidents.values()
            if b >= begin and a < end
        ]
        rows = np.array(kept, dtype=np.int64).reshape(-1, 3)
        return Spans(rows[:, 0], rows[:, 1] - begin, rows[:, 2] - begin)

    def _window(self, number: int, bad: set[int], threshold: np.ndarray) -> None:
        start = START + (PAST + number) * STEP
        incidents = {
            key: incident
            for key, incident in self.situation.incidents.items()
            if incident.phase is not Phase.CLOSED or start - incident.closed_at <= RULES.remembered
        }
        # A series that is neither bad nor has an incident is not touched by a window.
        series = sorted(bad | {int(metric[1:]) for metric, _, _ in incidents})
        if not series and not self.situation.groups:
            return
        verdicts = [judge(self._row(s, number, start, float(threshold[s])), POLICY) for s in series]
        before = Situation(incidents, self.situation.groups)
        outcome = advance(before, verdicts, window=start, may_tell=True, rules=RULES)
        self.situation = outcome.situation
        for incident in outcome.situation.incidents.values():
            if incident.phase is not Phase.PENDING:
                first, last = (
                    (moment - START) // STEP - PAST for moment in (incident.first_bad, incident.last_bad)
                )
                self.incidents[incident.id] = (int(incident.metric[1:]), first, last)
        for telling in outcome.tellings:
            if telling.kind is NotificationKind.OPEN and telling.group.sequence:
                self.reopened += 1
            elif telling.kind is NotificationKind.OPEN:
                head = int(telling.group.head.metric[1:])
                self.told.append((bool(self.world.is_total[head]), not self.world.hit[head, number]))

    def _row(self, series: int, number: int, start, threshold: float) -> Scored:
        values = {name: float(self.world.scores[name][series, number]) for name in _ARRAYS}
        return Scored(
            source=f"source{self.world.source[series]}",
            metric=f"m{series}",
            slice_key="all" if self.world.is_total[series] else "os=x",
            window=start,
            threshold=threshold,
            **{name: None if value != value else value for name, value in values.items()},
        )


def calibrated(world: World, play: Play, day: int, budget: Budget) -> Calibration:
    """What holds on a day: computed the night before it, as in production from whole days."""
    days = slice(day - 1 - PAST_DAYS if day > PAST_DAYS else 0, max(day - 1, PAST_DAYS))
    return calibrate(
        found_in(world, days),
        population(world, days),
        windows=(days.stop - days.start) * PER_DAY,
        budget=budget,
        incidents=play.known(days),
    )


def realised(
    seed: int, *, series: int, weeks: int, budget: Budget, outages: float, every: int
) -> dict[str, float]:
    """Figures of one seed."""
    began = time.perf_counter()
    world = simulate(seed, series=series, weeks=weeks, outages=outages)
    play = Play(world)
    for number in range(7 * weeks):
        day = PAST_DAYS + number
        if number % every == 0:
            calibration = calibrated(world, play, day, budget)
        play.day(day, calibration.threshold)
    false = [is_total for is_total, is_false in play.told if is_false]
    allowed = (budget.totals + budget.slices) * weeks
    return {
        "seed": seed,
        "allowed": allowed,
        "false": len(false),
        "false_totals": sum(false),
        "share": len(false) / allowed,
        "true": len(play.told) - len(false),
        "reopened": play.reopened,
        "threshold_totals": float(np.median(calibration.threshold[world.is_total])),
        "threshold_slices": float(np.median(calibration.threshold[~world.is_total])),
        "seconds": time.perf_counter() - began,
    }


def line_of(row: dict[str, float]) -> str:
    return (
        f"  seed {row['seed']}: {row['false']} false of {row['allowed']:g} allowed ({row['share']:.2f}), "
        f"{row['false_totals']} on totals; {row['true']} true; {row['reopened']} came back; thresholds "
        f"{row['threshold_totals']:.2f} and {row['threshold_slices']:.2f}; {row['seconds']:.0f} s"
    )


@click.command()
@click.option("--series", default=1200, show_default=True)
@click.option("--weeks", default=8, show_default=True, help="Weeks judged.")
@click.option("--totals", default=1.0, show_default=True, help="Budget: false alerts a week.")
@click.option("--slices", default=1.0, show_default=True, help="Budget: false alerts a week.")
@click.option("--outages", default=0.0, show_default=True, help="True incidents planted a week.")
@click.option("--every", default=1, show_default=True, help="Days from one calibration to the next.")
@click.option("--seed", "chosen", type=int, multiple=True, help="Instead of the report's ten.")
@click.option("--design", is_flag=True, help="Design seeds instead of the report's.")
@click.option("--json", "as_json", is_flag=True)
def main(
    totals: float, slices: float, chosen: tuple[int, ...], design: bool, as_json: bool, **how: int | float
) -> None:
    """Print how many false alerts a calibrated system sends, beside its budget."""
    seeds = chosen or (DESIGN_SEEDS if design else SEEDS)
    found = []
    if not as_json:
        outages = f"{how['outages']:g} outages a week" if how["outages"] else "no outages"
        click.echo(f"{how['series']} series, {totals + slices:g} a week for {how['weeks']} weeks, {outages}")
    for seed in seeds:
        found.append(realised(seed, budget=Budget(totals, slices), **how))
        if not as_json:
            click.echo(line_of(found[-1]))
    within = sum(0.5 <= row["share"] <= 2 for row in found)
    if as_json:
        click.echo(json.dumps({"seeds": found, "within_half_and_double": within}))
    else:
        click.echo(f"between half and double the budget: {within} of {len(found)} seeds")


if __name__ == "__main__":
    main()
