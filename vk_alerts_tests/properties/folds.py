"""Strategies for whole histories of verdicts, for the laws of the fold."""

from dataclasses import dataclass

from hypothesis import strategies as st

from vk_alerts.alerting.verdicts import Verdict
from vk_alerts_tests.unit.alerting.series import Play, verdict

# Bad windows are as likely as good ones, so that short histories open, close and open again.
LETTERS = "...?!BBHbh- "
SERIES = (
    ("feed", "likes", "all"),
    ("feed", "likes", "os=iOS"),
    ("feed", "views", "all"),
    ("messenger", "messages", "all"),
)


@dataclass(frozen=True)
class History:
    """Windows of verdicts and whether each may be told."""

    windows: tuple[tuple[Verdict, ...], ...]
    may_tell: tuple[bool, ...]

    def played(self) -> Play:
        play = Play()
        for number, verdicts in enumerate(self.windows):
            play.window(number, verdicts, may_tell=self.may_tell[number])
        return play


letters = st.text(st.sampled_from(LETTERS), min_size=1, max_size=40)


@st.composite
def histories(draw: st.DrawFn, alphabet: str = LETTERS) -> History:
    length = draw(st.integers(1, 30))
    line = st.text(st.sampled_from(alphabet), min_size=length, max_size=length)
    lines = [
        (series, draw(line)) for series in draw(st.lists(st.sampled_from(SERIES), min_size=1, unique=True))
    ]
    windows = tuple(
        tuple(
            verdict(text[number], number, source=source, metric=metric, slice_key=slice_key)
            for (source, metric, slice_key), text in lines
            if text[number] != " "
        )
        for number in range(length)
    )
    # Long silent stretches, as an outage makes them, not single silent windows only.
    stretches = draw(st.lists(st.tuples(st.integers(1, 8), st.booleans()), min_size=length, max_size=length))
    may_tell = [live for size, live in stretches for _ in range(size)]
    return History(windows, tuple(may_tell[:length]))
