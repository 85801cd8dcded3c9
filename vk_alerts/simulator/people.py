"""Who the users are: places and the weights of their attributes, as SQL over bits of a user's hash."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from vk_alerts.clickhouse.literals import literal
from vk_alerts.simulator.habits import COHORTS

FIRST_USER: Final = 100_000
# Hashes are compared in units of 1/65536: 16 bits of them.
_UNITS = 65_536
REGIONS: Final = ("west", "east")
# With 41 users of 50 in the west: 64 % Android in all.
_ANDROID_SHARE = {"west": 0.62, "east": 0.731}
_ORGANIC_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Place:
    """Where users live; ``weight`` is relative to the other places of the region."""

    region: str
    country: str
    city: str
    weight: float


PLACES: Final = (
    Place("west", "Russia", "Moscow", 24),
    Place("west", "Russia", "Saint Petersburg", 13),
    Place("west", "Russia", "Kazan", 7),
    Place("west", "Russia", "Krasnodar", 7),
    Place("west", "Russia", "Nizhny Novgorod", 6),
    Place("west", "Russia", "Rostov-on-Don", 6),
    Place("west", "Russia", "Samara", 5),
    Place("west", "Russia", "Voronezh", 4),
    Place("west", "Russia", "Volgograd", 4),
    Place("west", "Belarus", "Minsk", 8),
    Place("west", "Belarus", "Gomel", 3),
    Place("west", "Belarus", "Brest", 2),
    Place("west", "Armenia", "Yerevan", 4),
    Place("west", "Turkey", "Istanbul", 3),
    Place("west", "Turkey", "Antalya", 1),
    Place("west", "Azerbaijan", "Baku", 3),
    Place("east", "Russia", "Yekaterinburg", 18),
    Place("east", "Russia", "Novosibirsk", 18),
    Place("east", "Russia", "Omsk", 8),
    Place("east", "Russia", "Krasnoyarsk", 8),
    Place("east", "Kazakhstan", "Almaty", 17),
    Place("east", "Kazakhstan", "Astana", 9),
    Place("east", "Uzbekistan", "Tashkent", 17),
    Place("east", "Uzbekistan", "Samarkand", 5),
)


def people_parameters() -> dict[str, str]:
    """The SQL text of the parameters of sql/sessions.sql that say who the users are."""
    shares = [cohort.share for cohort in COHORTS]
    return {
        "first_user": literal(FIRST_USER),
        "shares": literal(sum(shares)),
        "cohort_count": literal(len(COHORTS)),
        "cohorts": literal(list(range(len(COHORTS)))),
        "cohort_shares": literal(shares),
        "cohort_offsets": literal([0, *accumulate(shares)][:-1]),
        "cohort_regions": literal([REGIONS.index(cohort.region) for cohort in COHORTS]),
        "cohort_age_skews": literal([cohort.age_skew for cohort in COHORTS]),
        "regions": literal(list(range(len(REGIONS)))),
        "region_android_cuts": literal([round(_ANDROID_SHARE[region] * _UNITS) for region in REGIONS]),
        "organic_cut": literal(round(_ORGANIC_SHARE * _UNITS)),
        "place": _place(),
        "country": _named([place.country for place in PLACES]),
        "city": _named([place.city for place in PLACES]),
    }


def _place() -> str:
    """SQL: the index in PLACES, by ``draw`` (16 bits) within the ``region``."""
    branches = []
    for number, region in enumerate(REGIONS):
        indices = [index for index, place in enumerate(PLACES) if place.region == region]
        weights = [PLACES[index].weight for index in indices]
        for index, reached in zip(indices, accumulate(weights), strict=True):
            cut = number * _UNITS + round(reached / sum(weights) * _UNITS)
            branches.append(f"region * {_UNITS} + draw < {literal(cut)}, {literal(index)}")
    return f"multiIf({', '.join(branches)}, {literal(len(PLACES) - 1)})"


def _named(names: list[str]) -> str:
    return f"transform(place, {literal(list(range(len(names))))}, {literal(names)}, '')"
