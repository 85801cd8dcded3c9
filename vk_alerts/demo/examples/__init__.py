"""What can be demonstrated: the social app, a shop and an API, each with a catalog and scenarios."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Final

from vk_alerts.demo.examples.api_scenarios import API_SCENARIOS
from vk_alerts.demo.examples.shop_scenarios import SHOP_SCENARIOS
from vk_alerts.demo.scenario import Plot
from vk_alerts.demo.scenarios import SCENARIOS
from vk_alerts.errors import ConfigurationError
from vk_alerts.simulator.worlds import API, SHOP, SOCIAL


@dataclass(frozen=True, slots=True)
class Example:
    """A world with what is watched in it.

    Attributes:
        world: the name of the simulator's world, and of the example.
        shows: what it shows, in one line.
        scenarios: what can be played in it, by name.
    """

    world: str
    shows: str
    scenarios: Mapping[str, Plot]

    @property
    def catalog(self) -> Path:
        """The folder of its catalog."""
        if self.world == SOCIAL:
            return Path(str(resources.files("vk_alerts.metrics") / "catalog"))
        return Path(str(resources.files("vk_alerts.demo.examples") / self.world))

    def plot(self, name: str) -> Plot:
        """The plot of the scenario with this name.

        Raises:
            ConfigurationError: there is none in this example; the message names those that are near.
        """
        if name in self.scenarios:
            return self.scenarios[name]
        known = ", ".join(self.scenarios)
        others = [other.world for other in EXAMPLES.values() if name in other.scenarios]
        if others:
            raise ConfigurationError(
                f"--scenario {name!r}: of --example {' or '.join(others)}, not {self.world}; known: {known}"
            )
        raise ConfigurationError(
            f"--scenario {name!r}: not known; {_hint(name, self.scenarios)}known: {known}"
        )


EXAMPLES: Final[Mapping[str, Example]] = MappingProxyType(
    {
        SOCIAL: Example(SOCIAL, "a social app: views, likes, messages and who is there", SCENARIOS),
        SHOP: Example(SHOP, "a shop: visits, orders, revenue, conversion", SHOP_SCENARIOS),
        API: Example(API, "an API: requests, error rate, p95 of the latency", API_SCENARIOS),
    }
)


def example_named(name: str) -> Example:
    """The example with this name.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in EXAMPLES:
        known = ", ".join(EXAMPLES)
        raise ConfigurationError(f"--example {name!r}: not known; {_hint(name, EXAMPLES)}known: {known}")
    return EXAMPLES[name]


def _hint(name: str, known: Iterable[str]) -> str:
    """What a mistyped name may mean."""
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    return f"did you mean {' or '.join(repr(one) for one in near)}? " if near else ""
