import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vk_alerts_tests.benchmarks.detection.command import main
from vk_alerts_tests.benchmarks.detection.suites import DESIGN_SEEDS, REPORT_SEEDS

SMALL = ["--worlds", "1", "--series", "2", "--weeks", "1"]


def test_every_method_and_seed_is_told_and_written(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    result = CliRunner().invoke(main, [*SMALL, "--json", str(path)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    for text in ("report seeds 101–101", "oracle", "slot z-score", "by kind of incident", "1 a month"):
        assert text in result.output
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["seeds"] == "report"
    assert {run["seed"] for run in record["runs"]} == {101}
    assert {run["suite"] for run in record["runs"]} == {
        "counts",
        "ratios",
        "slices, own counts",
        "slices, share",
    }


def test_seeds_for_design_are_not_those_of_the_report() -> None:
    assert not set(DESIGN_SEEDS) & set(REPORT_SEEDS)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--with", "arima"], "'arima': unknown; known: prophet, pyod"),
        (["--twitter", "."], "no labels/combined_windows.json; name the folder of the NAB"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], told: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
