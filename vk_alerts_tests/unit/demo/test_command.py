"""The options of ``vk-alerts demo`` that end before anything is played."""

from click.testing import CliRunner

from vk_alerts.cli import main
from vk_alerts.demo.scenarios import SCENARIOS


def test_the_scenarios_are_listed_with_what_they_show():
    done = CliRunner().invoke(main, ["demo", "--list-scenarios"])
    assert done.exit_code == 0
    for name, plot in SCENARIOS.items():
        assert name in done.stdout
        assert " ".join(plot.shows.split()[:3]) in done.stdout


def test_an_unknown_scenario_ends_with_one_line_and_touches_nothing(tmp_path):
    home = tmp_path / "home"
    done = CliRunner().invoke(main, ["demo", "--scenario", "feed-outge", "--home", str(home)])
    assert done.exit_code == 2
    assert done.stderr.startswith("vk-alerts: --scenario 'feed-outge': not known; did you mean 'feed-outage'")
    assert done.stderr.count("\n") == 1
    assert not home.exists()
