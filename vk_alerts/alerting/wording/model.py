"""What a language must have words for."""

from dataclasses import dataclass

from vk_alerts.alerting.numbers import plural

Forms = tuple[str, str, str]
"""The forms of a noun after 1, 2 and 5, as Russian has them."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One language's phrases. ``{}`` stands for values, already formatted and escaped.

    Attributes:
        told: metric, slice and value: the first two sentences of the fixed template.
        more_than: the third sentence, with the step that the deviation exceeds.
        at_most: the same for a deviation too small to be worth a step.
        within: the same for a value that is back within its normal range.
        not_a_share: the same where nothing was expected, so that no percent exists.
        unknown_deviation: the same where value or expectation is missing.
        everybody: the slice of all users, where no label is given.
        no_value: in the place of a value that does not exist.
        worse: the first line's words when it got much worse; ``still``: when it lasts; ``far_worse``: when
            it crossed the hard threshold; ``unstable``: when it opens again and again; ``unjudged``: when
            nothing is known of it any more.
        over: after the first line of a message whose incident is over; ``corrected``: … was taken back.
        expected: expected value; ``normal``: the band; ``no_less``: only its lower edge; ``no_more``:
            only its upper one; ``by_share``: it is that of the slice's share; ``special_day``: it is that of
            no ordinary day.
        short: how many are missing; ``above``: how many too many.
        lower: how far a ratio lies below; ``higher``: above.
        windows: the forms for windows; ``incidents``, ``messages`` likewise; ``of_series``: after "214 of".
        hard: that the hard threshold was crossed.
        last_told: the deviation that the message before told.
        nobody: that nobody has taken it; ``taken``: who has.
        openings: how often it has opened, and that it will be quiet now.
        silent: for how long there have been no verdicts.
        rose: the metric that rose and so explains a ratio's change; ``fell``: the one that fell.
        causes: head of the slices that explain the change; ``points``: a change of a ratio;
            ``alike``: that all slices changed alike.
        no_source: first line of a source without events; ``late_source``: whose events come late.
        last_event: when its newest event happened, ``ago``: how long that is; ``no_events``: it has none.
        run: for how many windows in a row it is off; ``broken_run``: when some between were not;
            ``in_sum``: that this window is off only together with those before it.
        not_judged: that nothing is judged meanwhile; ``judged_again``: that it is again;
            ``waiting``: head of the metrics that are not.
        source_is_back: first line when it has events again; ``was_away``: for how long it had none.
        storm: how many series of how many are off; ``storm_is_over``: that it is over.
        storm_counts: head of the numbers per metric; ``strongest``: head of the series that are off most.
        false_alarm: that the deviation told before is gone; ``before_correction``: whose values are shown.
        while_down: first line of a summary; ``many``: of a digest; ``missed``: of what could not be sent.
        lasts: that an incident of a list still lasts.
        may_repeat: that nobody knows whether the message had arrived before.
    """

    told: str
    more_than: str
    at_most: str
    within: str
    not_a_share: str
    unknown_deviation: str
    everybody: str
    no_value: str
    worse: str
    still: str
    far_worse: str
    unstable: str
    unjudged: str
    over: str
    corrected: str
    expected: str
    normal: str
    no_less: str
    no_more: str
    by_share: str
    special_day: str
    short: str
    above: str
    lower: str
    higher: str
    yesterday: str
    week_ago: str
    run: str
    single_run: str
    broken_run: str
    in_sum: str
    was_bad: str
    hard: str
    windows: Forms
    incidents: Forms
    messages: Forms
    of_series: Forms
    last_told: str
    nobody: str
    taken: str
    openings: str
    silent: str
    rose: str
    fell: str
    causes: str
    points: str
    alike: str
    members: str
    more: str
    neighbours: str
    recovered: str
    lasted: str
    lowest: str
    highest: str
    shortfall: str
    excess: str
    no_source: str
    late_source: str
    last_event: str
    ago: str
    no_events: str
    not_judged: str
    judged_again: str
    waiting: str
    source_is_back: str
    was_away: str
    storm: str
    storm_is_over: str
    storm_counts: str
    strongest: str
    false_alarm: str
    before_correction: str
    while_down: str
    many: str
    missed: str
    lasts: str
    chart: str
    dashboard: str
    partition: str
    owner: str
    may_repeat: str

    def count(self, amount: int, forms: Forms) -> str:
        """A number with its noun: ``2 интервала``, ``2 windows``."""
        return f"{amount}\u00a0{plural(amount, forms)}"
