"""What a silence covers, and when."""

import pytest

from vk_alerts.alerting.silences import Silence


def silence(
    metric: str | None = None, slice_key: str | None = None, expired_at: float | None = None
) -> Silence:
    return Silence(1, metric, slice_key, 100.0, 200.0, "ann", "", 100.0, expired_at)


@pytest.mark.parametrize(
    ("wanted", "series", "covered"),
    [
        ((None, None), ("likes", "all"), True),
        ((None, None), ("likes", "os=iOS"), True),
        (("likes", None), ("likes", "os=iOS"), True),
        (("likes", None), ("views", "all"), False),
        ((None, "os=iOS"), ("likes", "os=iOS"), True),
        ((None, "os=iOS"), ("likes", "os=iOS,country=Russia"), True),
        ((None, "os=iOS,country=Russia"), ("likes", "os=iOS"), False),
        ((None, "os=iOS"), ("likes", "os=Android"), False),
        ((None, "os=iOS"), ("likes", "all"), False),
        ((None, "all"), ("likes", "all"), True),
        ((None, "all"), ("likes", "os=iOS"), False),
        (("likes", "os=iOS"), ("views", "os=iOS"), False),
    ],
)
def test_a_silence_covers_its_metric_and_its_slice_with_all_parts(
    wanted: tuple[str | None, str | None], series: tuple[str, str], covered: bool
) -> None:
    assert silence(*wanted).covers(*series) is covered


@pytest.mark.parametrize(
    ("expired_at", "moment", "holds"),
    [
        (None, 99.9, False),
        (None, 100.0, True),
        (None, 199.9, True),
        (None, 200.0, False),
        (150.0, 149.9, True),
        (150.0, 150.0, False),
    ],
)
def test_a_silence_holds_from_its_start_until_just_before_its_end(
    expired_at: float | None, moment: float, holds: bool
) -> None:
    assert silence(expired_at=expired_at).holds_at(moment) is holds
