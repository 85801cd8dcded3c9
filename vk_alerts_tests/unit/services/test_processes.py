from pathlib import Path

import pytest

from vk_alerts.services.processes import last_words

OURS = "vk_alerts.errors.ConfigurationError: VK_ALERTS_LANGUAGE: 'xx' is not known; known: ru, en"


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (None, "nothing"),
        ("", ""),
        ("one\n\ntwo\n three \nfour\n", "two | three | four"),
        (f"Traceback\n{OURS}\n\nDuring the above\ndagster._core.Error: loading\n", OURS.partition(": ")[2]),
        (f"{OURS}\n" + "line\n" * 300, "line | line | line"),
        ("not \xff text\n", "not \xff text"),
    ],
    ids=["no log", "empty", "its last three lines", "our error behind Dagster's", "one of long ago", "text"],
)
def test_the_last_words_are_our_error_or_the_end_of_the_log(
    tmp_path: Path, log: str | None, told: str
) -> None:
    file = tmp_path / "a.log"
    if log is not None:
        file.write_text(log, "utf-8")
    assert last_words(file) == told
