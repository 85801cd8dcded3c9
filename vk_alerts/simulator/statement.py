"""One INSERT that makes the events of a range of windows: the .sql files with their parameters filled in."""

import math
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from string import Template

from vk_alerts.clickhouse.literals import identifier, literal
from vk_alerts.simulator.habits import drawn_sessions
from vk_alerts.simulator.incidents import Incident
from vk_alerts.simulator.people import people_parameters
from vk_alerts.simulator.simulation import USERS_PER_BLOCK, Simulation
from vk_alerts.simulator.worlds import STREAMS
from vk_alerts.windows import STEP

# Cells (window × cohort) in one block of the engine, at the default rates about 180,000 rows. Of 256, 1024
# and 65,536 it was the fastest.
_CELLS_PER_BLOCK = 1024
_ROLL_UNITS = 2**32


def insert_statement(
    simulation: Simulation, source: str, *, first: int, last: int, late_rows: bool = False
) -> str:
    """The INSERT of the source's events in windows ``first`` to ``last − 1`` (ordinals), for 18.16 and newer.

    It grows by about 60 bytes a window: a week is 45 kB of the 256 kB that a server parses by default.

    Args:
        simulation: whose.
        source: one of its streams.
        first: the first window.
        last: the one after the last.
        late_rows: only the rows that late incidents held back, instead of all others.
    """
    sessions = drawn_sessions(simulation, source, first=first, last=last).ravel().tolist()
    touching = [incident for incident in simulation.incidents if incident.source == source]
    stream = STREAMS[source]
    gap_min, gap_choices = stream.gap_seconds
    values = people_parameters() | {
        "seed": literal(simulation.seed % 2**64),
        "stream": literal(stream.number),
        "users": literal(simulation.users),
        "blocks": literal(simulation.users // USERS_PER_BLOCK),
        "start_epoch": literal(int(simulation.start.timestamp())),
        "window_seconds": literal(STEP.seconds),
        "first_ordinal": literal(first),
        "cells": literal(list(range(len(sessions)))),
        "cell_count": literal(len(sessions)),
        "sessions": literal(sessions),
        "gap_min": literal(gap_min),
        "gap_choices": literal(gap_choices),
        "cells_per_block": literal(_CELLS_PER_BLOCK),
        "session_copies": _session_copies(simulation, touching, first=first, last=last, late_rows=late_rows),
    }
    values["sessions_query"] = _template("sessions.sql").substitute(values)
    if stream.actions:
        singles = [incident for incident in touching if incident.action in stream.actions]
        copies = _copies(simulation, singles, "event_key", first=first, last=last)
        values["repetition"] = "repetition" if copies else "0"
        values["event_copies"] = f"ARRAY JOIN range(toUInt64({copies})) AS repetition" if copies else ""
    for measure in stream.measures:
        changed = [incident for incident in touching if incident.action == measure]
        values[f"{measure}_factor"] = _multiplied(simulation, changed, first=first, last=last)
    return _template(stream.file).substitute(values)


def _multiplied(simulation: Simulation, incidents: list[Incident], *, first: int, last: int) -> str:
    """SQL: by how much the incidents that touch [first, last) multiply a measure of an event."""
    factors = [
        f"if({' AND '.join(_conditions(incident, begin=begin, end=end))}, {literal(float(factor))}, 1.0)"
        for incident, factor, begin, end in _touching(simulation, incidents, first=first, last=last)
    ]
    return " * ".join(factors) or "1.0"


def _session_copies(
    simulation: Simulation, incidents: list[Incident], *, first: int, last: int, late_rows: bool
) -> str:
    """SQL: how often a session happens; of late rows only those that were not there in time."""
    sessions = [incident for incident in incidents if incident.action is None]

    held_back = [incident for incident in sessions if incident.is_late]
    others = [incident for incident in sessions if not incident.is_late]
    in_time = _copies(simulation, held_back, "session_key", first=first, last=last) or "1"
    copies = _copies(simulation, others, "session_key", first=first, last=last) or "1"
    return f"{copies} * ({f'1 - {in_time}' if late_rows else in_time})" if held_back else copies


def _copies(simulation: Simulation, incidents: list[Incident], key: str, *, first: int, last: int) -> str:
    """SQL: how often a row stays under the incidents that touch [first, last); empty when none does."""
    return " * ".join(
        _factor(incident, factor, key, begin=begin, end=end)
        for incident, factor, begin, end in _touching(simulation, incidents, first=first, last=last)
    )


def _touching(
    simulation: Simulation, incidents: list[Incident], *, first: int, last: int
) -> Iterator[tuple[Incident, float, int, int]]:
    """The parts of incidents that touch [first, last): whose, the factor, first window, the one after it."""
    for incident in incidents:
        for start, until, factor in incident.parts:
            begin, end = simulation.ordinal(start), simulation.ordinal(until)
            if begin < last and first < end:
                yield incident, factor, begin, end


def _factor(incident: Incident, factor: float, key: str, *, begin: int, end: int) -> str:
    """SQL: the whole part of the factor, and one more for the fraction of the rows that its remainder is."""
    where = _conditions(incident, begin=begin, end=end)
    whole = math.floor(factor)
    cut = round((factor - whole) * _ROLL_UNITS)
    # Salted with the incident itself, not its place in the list: what it drops does not depend on others.
    salt = zlib.crc32(repr((incident.action, incident.where, factor, begin, end)).encode())
    roll = f"bitAnd(cityHash64({key}, {literal(salt)}), {_ROLL_UNITS - 1}) < {literal(cut)}"
    return f"if({' AND '.join(where)}, {literal(whole)} + ({roll}), 1)"


def _conditions(incident: Incident, *, begin: int, end: int) -> list[str]:
    """SQL: the rows that an incident is about, from one window to before another."""
    conditions = [f"ordinal >= {literal(begin)}", f"ordinal < {literal(end)}"]
    which = STREAMS[incident.source].actions.get(incident.action or "")
    if which is not None:
        conditions.append(which)
    return conditions + [f"toString({identifier(name)}) = {literal(value)}" for name, value in incident.where]


@cache
def _template(name: str) -> Template:
    """The file without its comments: they are for readers, and would only swell the server's query log."""
    lines = files("vk_alerts.simulator").joinpath("sql", name).read_text(encoding="utf-8").splitlines()
    return Template("\n".join(line for line in lines if not line.lstrip().startswith("--")))
