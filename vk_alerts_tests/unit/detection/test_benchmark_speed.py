import json

from click.testing import CliRunner

from vk_alerts.detection import DETECTORS
from vk_alerts_tests.benchmarks.detection_speed import main


def test_the_speed_of_ticks_states_and_backtests_is_told_as_a_table_and_as_json(tmp_path) -> None:
    path = tmp_path / "speed.json"
    result = CliRunner().invoke(
        main, ["--series", "2", "--many", "3", "--runs", "1", "--json", str(path)], catch_exceptions=False
    )
    assert result.exit_code == 0
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert len(figures) == 4 + 2 * len(DETECTORS)
    for figure in figures:
        assert figure["case"] in result.output
        assert figure["verdicts"] >= figure["series"] * 0.9
        assert min(figure["seconds"], figure["extra_mb"], figure["copies"]) > 0
