"""The options of ``vk-alerts demo`` that end before anything is played."""

import pytest
from click.testing import CliRunner

from vk_alerts.cli import main
from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.demo.scenarios import SCENARIOS
from vk_alerts.metrics.loader import load_catalog


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


def test_a_scenario_of_another_example_ends_with_one_line_and_touches_nothing(tmp_path):
    home = tmp_path / "home"
    options = ["--example", "api", "--scenario", "storm", "--home", str(home)]
    done = CliRunner().invoke(main, ["demo", *options])
    assert done.exit_code == 2
    assert done.stderr == ("vk-alerts: --scenario 'storm': of --example social, not api; known: default\n")
    assert not home.exists()


def test_the_scenarios_of_an_example_are_listed():
    done = CliRunner().invoke(main, ["demo", "--example", "shop", "--list-scenarios"])
    assert done.exit_code == 0
    assert "checkout on iOS" in " ".join(done.stdout.split())
    assert "os-outage" not in done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_s_catalog_is_copied_as_a_start_for_one_s_own(name, tmp_path):
    folder = tmp_path / "mine" / "catalog"
    done = CliRunner().invoke(main, ["demo", "--example", name, "--catalog-out", str(folder)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert load_catalog(folder) == load_catalog(EXAMPLES[name].catalog)
    assert {file.suffix for file in folder.iterdir()} == {".yaml"}
    assert f"VK_ALERTS_CATALOG={folder}" in done.stdout


def test_no_catalog_is_copied_over_another(tmp_path):
    (tmp_path / "mine.yaml").write_text("mine")
    done = CliRunner().invoke(main, ["demo", "--example", "shop", "--catalog-out", str(tmp_path)])
    assert done.exit_code == 2
    assert done.stderr == f"vk-alerts: --catalog-out {tmp_path}: not empty; name a new folder\n"
    assert [file.name for file in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_catalog_is_not_copied_to_where_nothing_can_be(tmp_path):
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(main, ["demo", "--catalog-out", str(tmp_path / "file" / "catalog")])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"vk-alerts: --catalog-out {tmp_path}/file/catalog: cannot be written: ")
    assert done.stderr.count("\n") == 1


def test_the_help_names_every_example():
    done = CliRunner().invoke(main, ["demo", "--help"])
    assert f"--example {'|'.join(EXAMPLES)} " in done.stdout
