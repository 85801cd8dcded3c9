"""Days on which people live differently: public holidays, days off and Saturdays moved for them."""

from collections import Counter
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Self

import holidays
from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator, model_validator


def _day(given: Any) -> date:
    """A date, or the text of one; pydantic alone would take numbers for seconds since 1970."""
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError(f"{str(given)!r} is no date; write one such as 2026-05-10") from None


Day = Annotated[date, BeforeValidator(_day)]


class Calendar(BaseModel):
    """Which days are no ordinary ones.

    Attributes:
        country: two letters; its public holidays are known, with the days off and the working Saturdays that
            its government moves for them; None = none of them.
        dates: more such days.
        without: days that are ordinary here whatever the country says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str | None = "RU"
    dates: tuple[Day, ...] = ()
    without: tuple[Day, ...] = ()

    @field_validator("country", mode="before")
    @classmethod
    def _country_is_text(cls, country: Any) -> Any:
        if isinstance(country, bool):  # what YAML makes of an unquoted NO
            raise ValueError(  # noqa: TRY004 - pydantic takes no TypeError
                'YAML reads no as false; write "NO" for Norway, null for no country'
            )
        return country

    @field_validator("country")
    @classmethod
    def _country_is_known(cls, country: str | None) -> str | None:
        if country is None or (len(country) == 2 and _is_known(country)):
            return country
        near = country.strip().upper()
        hint = f"did you mean {near!r}? " if len(near) == 2 and _is_known(near) else ""
        raise ValueError(f"unknown country {country!r}; {hint}known: codes such as RU, BY, KZ; null for none")

    @model_validator(mode="after")
    def _days_stand_once(self) -> Self:
        counted = Counter((*self.dates, *self.without))
        for day, times in counted.items():
            if times > 1:
                raise ValueError(f"{day} stands twice in dates and without")
        return self


def holidays_between(calendar: Calendar, first: date, last: date) -> tuple[date, ...]:
    """The days of a calendar from ``first`` to ``last``, both included, in order.

    A Saturday that is made a working day is one of them: it is like no other Saturday, and teaches nothing
    about them. What a government has not decreed yet, or the installed release of ``holidays`` does not know
    yet, is missing.
    """
    days = set(calendar.dates)
    if calendar.country is not None:
        for year in range(first.year, last.year + 1):
            days |= _public(calendar.country, year)
    return tuple(sorted(day for day in days - set(calendar.without) if first <= day <= last))


@lru_cache(maxsize=256)
def _public(country: str, year: int) -> frozenset[date]:
    # A day may be moved to another year.
    known = holidays.country_holidays(country, years=range(year - 1, year + 2))
    return frozenset(day for day in {*known, *known.weekend_workdays} if day.year == year)


@lru_cache(maxsize=256)
def _is_known(country: str) -> bool:
    try:
        holidays.country_holidays(country)
    except NotImplementedError:
        return False
    return True
