"""The direction of imports, as setup.cfg states it."""

import configparser
import logging
import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import vk_alerts

SETUP = Path(__file__).parents[2] / "setup.cfg"


@pytest.fixture(autouse=True)
def loggers_stay_as_they_are() -> Iterator[None]:
    """The linter's own logging disables every logger there is, for the tests that follow, too."""
    yield
    for logger in logging.Logger.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False


def contracts():
    parser = configparser.ConfigParser()
    parser.read(SETUP, encoding="utf-8")
    return {name.rpartition(":")[2]: parser[name] for name in parser.sections() if ":contract:" in name}


def layers():
    lines = contracts()["layers"]["layers"].split("\n")
    return [name.strip() for line in lines if line.strip() for name in line.split("|")]


def test_every_contract_of_imports_is_kept(capsys):
    status = lint_imports(config_filename=str(SETUP), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_the_contracts_are_there():
    assert set(contracts()) == {"layers", "pure", "rim", "drivers"}


@pytest.mark.parametrize("layer", layers())
def test_every_layer_is_a_module(layer):
    assert find_spec(f"vk_alerts.{layer}") is not None


def test_every_module_has_exactly_one_layer():
    modules = {module.name for module in pkgutil.iter_modules(vk_alerts.__path__)}
    assert len(layers()) == len(set(layers()))
    assert set(layers()) == modules


@pytest.mark.parametrize("contract", ["pure", "rim", "drivers"])
def test_every_module_a_contract_speaks_of_exists(contract):
    for module in contracts()[contract]["source_modules"].split():
        assert find_spec(module) is not None, module


def test_a_broken_contract_is_found(tmp_path, capsys):
    given = SETUP.read_text("utf-8")
    # The lowest layer on top.
    text = given.replace("    errors\n", "", 1).replace("layers =\n", "layers =\n    errors\n", 1)
    assert text.count("\n") == given.count("\n")
    assert text != given
    broken = tmp_path / "setup.cfg"
    broken.write_text(text, "utf-8")
    assert lint_imports(config_filename=str(broken), no_cache=True) != 0
    assert "vk_alerts.errors" in capsys.readouterr().out
