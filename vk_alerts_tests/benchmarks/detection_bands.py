"""Bands to look at: ``python -m vk_alerts_tests.benchmarks.detection_bands --out FOLDER``.

Ten series of different kinds with what was expected of them; does a band look like what a person would draw?
One PNG each. The Twitter series is drawn where ``--twitter`` names the folder of the NAB.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from vk_alerts.detection import HISTORY, score_history
from vk_alerts_tests.benchmarks.detection.habits import PER_DAY, restless
from vk_alerts_tests.benchmarks.detection.twitter import LABELS, twitter_world

STEP = timedelta(minutes=15)
SHOWN_DAYS = 7
PAST = HISTORY // STEP
WINDOWS = PAST + SHOWN_DAYS * PER_DAY
MONDAY = datetime(2026, 1, 4, 21, tzinfo=UTC)
THRESHOLD = 5.0


@dataclass(frozen=True)
class Series:
    """What is drawn: values of (n_windows,), the last week of them."""

    values: np.ndarray
    trials: np.ndarray | None = None
    start: datetime = MONDAY
    timezone: str = "Europe/Moscow"
    holidays: list[date] = field(default_factory=list)


def rate(rng: np.random.Generator, level: float, *, shift: int = 0) -> np.ndarray:
    """A mean that is quiet at night and at weekends, and a little restless; (n_windows,)."""
    time = np.arange(WINDOWS) + shift
    day = 1 + 0.75 * np.sin(2 * np.pi * (time % PER_DAY - 0.4 * PER_DAY) / PER_DAY)
    weekend = (time // PER_DAY) % 7 >= 5
    return level * day * np.where(weekend, 0.75, 1.0) * restless(rng, 1, WINDOWS)[0]


def count(level: float) -> Callable[[np.random.Generator], Series]:
    return lambda rng: Series(rng.poisson(rate(rng, level)).astype(float))


def ratio(trials_a_window: float) -> Callable[[np.random.Generator], Series]:
    def make(rng: np.random.Generator) -> Series:
        trials = rng.poisson(rate(rng, trials_a_window)).astype(float)
        chance = 0.2 * restless(rng, 1, WINDOWS)[0]
        hits = rng.binomial(trials.astype(int), np.minimum(chance, 1.0))
        with np.errstate(invalid="ignore"):
            return Series(np.where(trials > 0, hits / trials, np.nan), trials)

    return make


def holiday(rng: np.random.Generator) -> Series:
    """The Thursday shown is lived like a Sunday."""
    mean = rate(rng, 900.0)
    day = PAST // PER_DAY + 3
    mean[day * PER_DAY : (day + 1) * PER_DAY] *= 0.75
    return Series(rng.poisson(mean).astype(float), holidays=[date(2026, 1, 5) + timedelta(days=day)])


def level_shift(rng: np.random.Generator) -> Series:
    mean = rate(rng, 900.0)
    mean[PAST + 2 * PER_DAY + PER_DAY // 2 :] *= 0.6
    return Series(rng.poisson(mean).astype(float))


def clock_change(rng: np.random.Generator) -> Series:
    """Berlin, where clocks go forward in the week shown and habits with them."""
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    start = datetime(2026, 3, 25, 23, tzinfo=UTC) - PAST * STEP
    mean, later = rate(rng, 900.0), (change - start) // STEP
    mean[later:] = np.concatenate([mean[later + 4 :], mean[-4:]])
    return Series(rng.poisson(mean).astype(float), start=start, timezone="Europe/Berlin")


def newcomer(rng: np.random.Generator) -> Series:
    """It has a past of eleven days when the week begins: verdicts begin within it."""
    values = rng.poisson(rate(rng, 300.0)).astype(float)
    values[: PAST - 11 * PER_DAY] = np.nan
    return Series(values)


def incident(rng: np.random.Generator) -> Series:
    mean = rate(rng, 900.0)
    mean[PAST + 3 * PER_DAY + 50 : PAST + 3 * PER_DAY + 62] *= 0.7
    return Series(rng.poisson(mean).astype(float))


KINDS: dict[str, Callable[[np.random.Generator], Series]] = {
    "big count": count(40_000.0),
    "incident": incident,
    "tiny count": count(6.0),
    "zero-heavy": count(0.3),
    "ratio": ratio(5_000.0),
    "ratio of tiny denominators": ratio(8.0),
    "holiday": holiday,
    "level shift": level_shift,
    "clock change": clock_change,
    "new series": newcomer,
}


def picture(name: str, series: Series) -> Figure:
    """The last week: value, expected, band and the windows beyond ``THRESHOLD``."""
    values = series.values[None]
    trials = None if series.trials is None else series.trials[None]
    scores = score_history(
        values,
        start=series.start,
        trials=trials,
        holidays=series.holidays,
        timezone=series.timezone,
        first=values.shape[1] - SHOWN_DAYS * PER_DAY,
    )
    shown = slice(values.shape[1] - SHOWN_DAYS * PER_DAY, None)
    times = np.datetime64(series.start.replace(tzinfo=None)) + np.arange(values.shape[1]) * np.timedelta64(
        15, "m"
    )
    score, value = scores.score[0, shown], values[0, shown]
    figure = Figure(figsize=(13, 4.5), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.fill_between(
        times[shown], scores.lower[0, shown], scores.upper[0, shown], color="#56b4e9", alpha=0.3, linewidth=0
    )
    axes.plot(times[shown], scores.expected[0, shown], color="#6b7682", linestyle="--", linewidth=1)
    axes.plot(times[shown], value, color="#0173b2", linewidth=1)
    bad = score >= THRESHOLD
    axes.plot(times[shown][bad], value[bad], ".", color="#c8320a")
    beyond = (value < scores.lower[0, shown]) | (value > scores.upper[0, shown])
    axes.set_title(
        f"{name}: {bad.sum()} windows score {THRESHOLD:g}, {beyond.sum()} lie beyond the band; UTC"
    )
    axes.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    return figure


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder.")
@click.option("--twitter", type=click.Path(exists=True, path_type=Path), help="Folder of the NAB.")
@click.option("--seed", default=1, show_default=True)
def main(out: Path, twitter: Path | None, seed: int) -> None:
    """Draw value and band of ten kinds of series, one PNG each."""
    if twitter and not (twitter / LABELS).is_file():
        raise click.BadParameter(
            f"{twitter}: no {LABELS}; name the folder of the NAB", param_hint="--twitter"
        )
    drawn = {name: make(np.random.default_rng(seed)) for name, make in KINDS.items()}
    if twitter:
        world = twitter_world(twitter, step=STEP)
        known = ~np.isnan(world.values[0])
        drawn["twitter"] = Series(world.values[0, known], start=world.start, timezone=world.timezone)
    out.mkdir(parents=True, exist_ok=True)
    for name, series in drawn.items():
        path = out / f"{name.replace(' ', '-')}.png"
        picture(name, series).savefig(path)
        click.echo(path)


if __name__ == "__main__":
    main()
