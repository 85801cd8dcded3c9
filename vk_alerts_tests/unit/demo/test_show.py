from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console

from vk_alerts.demo.examples import EXAMPLES
from vk_alerts.demo.expectations import all_told
from vk_alerts.demo.outcome import grade
from vk_alerts.demo.show import show_beginning, show_end, show_what_next
from vk_alerts_tests.unit.demo.test_options import options
from vk_alerts_tests.unit.demo.test_outcome import FALSE, FEED, LIKES, MESSAGES, told
from vk_alerts_tests.unit.demo.test_scenario import laid_out


def shown(show, *arguments):
    console = Console(file=StringIO(), width=160)
    show(console, options(), *arguments)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "messages · all −70 %"),
        ({"factor": 1.5}, "messages · all +50 %"),
        ({"factor": 0.0}, "messages · all stops"),
        ({"factors": (0.6, 0.3)}, "messages · all slowly −70 %"),
        ({"late": timedelta(minutes=5)}, "messages · all −70 %, the rest 5 min late"),
    ],
)
def test_what_was_planted_is_told_in_words(changes, words):
    outcome = grade("default", [replace(MESSAGES, **changes)], (all_told(),), [], {})
    assert words in shown(show_end, outcome)


def test_the_end_shows_what_was_expected_and_what_was_found():
    outcome = grade("default", [LIKES, MESSAGES], (all_told(),), [*FEED, *FALSE], {"live": 2.0})
    lines = shown(show_end, outcome).splitlines()
    (finding,) = [line.split("  ") for line in lines if "every planted incident" in line]
    assert [cell.strip() for cell in finding if cell.strip()] == [
        "every planted incident and its end is told",
        "1 of 2 told, 1 of 2 ends",
        "NO",
    ]
    assert "Messages sent: 4. False alerts: 2." in lines
    assert any(line.split()[-2:] == ["NOT", "TOLD"] for line in lines if "messages · all" in line)


def test_what_is_told_as_flapping_is_not_called_missed():
    outcome = grade("default", [LIKES], (all_told(),), [told("flapping", 1)], {})
    (line,) = [line for line in shown(show_end, outcome).splitlines() if "os=Android" in line]
    assert "as flapping" in line
    assert not {"MISSED", "NOT TOLD"} & set(line.split("  "))


def test_the_beginning_names_the_scenario_and_what_it_shows():
    scenario = laid_out("feed-outage")
    said = shown(show_beginning, scenario)
    assert f"Scenario feed-outage: {scenario.plot.shows}." in said
    assert "1 incident planted" in said
    assert "2 incidents planted" in shown(show_beginning, laid_out())


def test_the_command_that_goes_on_names_the_home_and_an_example_s_catalog():
    shop = EXAMPLES["shop"]
    assert shown(show_what_next, EXAMPLES["social"]) == "Go on: VK_ALERTS_HOME=/h vk-alerts backtest\n"
    assert shown(show_what_next, shop) == (
        f"Go on: VK_ALERTS_HOME=/h VK_ALERTS_CATALOG={shop.catalog} vk-alerts backtest\n"
    )
