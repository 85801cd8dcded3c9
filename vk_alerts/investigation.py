"""The job `what_if`: one partition under another threshold or detector, without writing anything."""

import base64
import math
from datetime import datetime

import dagster as dg
import numpy as np

from vk_alerts import pipeline
from vk_alerts.charts import sparkline
from vk_alerts.partitions import quarter_hours
from vk_alerts.pipeline.what_if import Course
from vk_alerts.resources import AlertingResource
from vk_alerts.windows import window_from_key, window_key


class WhatIf(dg.Config):
    """What is tried; left out, it is as in the catalog.

    Attributes:
        metric: its name in the catalog.
        slice: such as ``all``, ``os=Android`` or ``os=Android,country=Russia``.
        detector: ``seasonal``, ``iqr`` or ``day_ago``.
        threshold: the score from which on a window is bad.
        min_deviation: the deviation from which on it matters: 0.1 = 10 %.
    """

    metric: str
    slice: str = "all"
    detector: str | None = None
    threshold: float | None = None
    min_deviation: float | None = None


@dg.op(description="Scores a day of one series under other settings; its output tells what would have been.")
def compare(context: dg.OpExecutionContext, config: WhatIf, alerting: AlertingResource) -> dg.Output[None]:
    """Tries the settings on the partition of the run."""
    question = pipeline.Question(
        window=window_from_key(context.partition_key),
        metric=config.metric,
        slice_key=config.slice,
        detector=config.detector,
        threshold=config.threshold,
        min_deviation=config.min_deviation,
    )
    with alerting.open() as stores:
        answer = pipeline.what_if(stores, question)
    return dg.Output(None, metadata=answer_metadata(answer))


def build_what_if(start: datetime) -> dg.JobDefinition:
    """The job, for windows from ``start`` on."""

    @dg.job(
        name="what_if",
        partitions_def=quarter_hours(start),
        description=(
            "To investigate: choose a partition, name a metric and slice, and another threshold, detector or "
            "least deviation in the run's config. Nothing is written and nobody is told; the op's output "
            "shows what was and what would have been."
        ),
    )
    def what_if() -> None:
        compare()

    return what_if


def answer_metadata(answer: pipeline.Answer) -> dict[str, dg.MetadataValue]:
    """The answer as the Dagster UI shows it: figures, what would have opened, and both days as charts."""
    was, tried = answer.committed, answer.tried
    rows = [
        ("value", _number(was.last.scored.value), _number(tried.last.scored.value)),
        ("expected", _number(was.last.scored.expected), _number(tried.last.scored.expected)),
        ("score", _number(was.last.scored.score), _number(tried.last.scored.score)),
        ("threshold", _number(was.last.scored.threshold), _number(tried.last.scored.threshold)),
        ("verdict", was.last.judgement.value, tried.last.judgement.value),
        ("bad windows in the day", str(_bad(was).sum()), str(_bad(tried).sum())),
        ("incidents opened in the day", str(len(was.openings)), str(len(tried.openings))),
    ]
    table = "\n".join(f"| {name} | {old} | {new} |" for name, old, new in rows)
    return {
        "comparison": dg.MetadataValue.md(f"| | as it was | as tried |\n|---|--:|--:|\n{table}"),
        "value as the events stand now": dg.MetadataValue.text(_number(answer.value_now)),
        "would have opened": dg.MetadataValue.md(_openings(tried)),
        "the day as it was": _chart(was),
        "the day as tried": _chart(tried),
    }


def _openings(course: Course) -> str:
    lines = [
        f"- {window_key(opening.window)} {opening.direction.value}: {opening.reason}"
        for opening in course.openings
    ]
    return "\n".join(lines) or "nothing"


def _bad(course: Course) -> np.ndarray:
    return np.array([verdict.is_bad for verdict in course.verdicts])


def _chart(course: Course) -> dg.MetadataValue:
    def column(name: str) -> np.ndarray:
        values = [getattr(verdict.scored, name) for verdict in course.verdicts]
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)

    png = sparkline(column("value"), column("expected"), _bad(course))
    return dg.MetadataValue.md(f"![value, dashed what was expected](data:image/png;base64,{_text(png)})")


def _text(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.4g}" if abs(value) < 100 else f"{value:,.0f}"
