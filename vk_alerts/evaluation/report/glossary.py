"""The words of the report."""

from vk_alerts.evaluation.replay import MOST_ALERTS_PER_WEEK
from vk_alerts.evaluation.report.markup import Html, tag

_WORDS = {
    "Production's rules": "Verdicts, lifecycle and grouping are those that send real alerts: a score beyond "
    "its threshold, with a deviation that matters and enough events behind it, twice in a row, three times "
    "in six, or once very strongly. What opens together in one source is one alert.",
    "Thresholds in force": "Those that were calibrated for the alert budget, for the detector that they were "
    "calibrated for; else those that the catalog starts with.",
    "False": "An alert that overlaps no known incident of its source, up to an hour after the end.",
    "Precision": "The share of alerts that were about an incident.",
    "Noise": "Robust standard deviation of (value − expected) ÷ expected, of the metric's total. The lower, "
    "the smaller a deviation that can be told from chance.",
    "r 15 min, r 1 h": "Autocorrelation of these deviations. Near 0, nothing that could have been foreseen "
    "is left in them.",
    "Total crosses, slice crosses": "How often the score of one series crosses its threshold in a week in "
    "which nothing is known to have happened. Most crossings alone send no alert.",
    "No verdict": "Windows without a score: too little history, a missing value, nothing to divide by.",
    "Stopped": f"A detector that tells more than {MOST_ALERTS_PER_WEEK} alerts a week is not followed to the "
    "end; its figures rest on its first days.",
}
_GRADED = ("False", "Precision")


def glossary(*, graded: bool) -> Html:
    """What the words of the report mean.

    Args:
        graded: whether it is known what happened.
    """
    words = {name: text for name, text in _WORDS.items() if graded or name not in _GRADED}
    return tag("dl", *(part for name, text in words.items() for part in (tag("dt", name), tag("dd", text))))
