"""The aggregates within a gauge's expression, computed per leaf and put together per slice.

``sum(amount) / uniqExact(user_id)``: of every leaf the query takes ``sumState(amount)`` and
``uniqExactState(user_id)``, of every slice ``sumMerge(…) / uniqExactMerge(…)``. So whatever a gauge is
made of, the events are read once, and one counts in each of its slices.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

# Those whose value does not depend on the order in which threads see events: a rerun must find the same. What
# parts equal arguments (argMax of two events in one second) is the one exception that is worth it.
_AGGREGATES = (
    *("count", "sum", "avg", "min", "max", "argMin", "argMax"),
    *("uniq", "uniqExact", "uniqCombined", "uniqHLL12"),
    *("quantileExact", "medianExact", "quantileTiming", "medianTiming"),
    *("quantileDeterministic", "medianDeterministic"),
    *("varPop", "varSamp", "stddevPop", "stddevSamp", "covarPop", "covarSamp", "corr"),
)
_ANY_CASE = {name.lower(): name for name in ("count", "sum", "avg", "min", "max")}
_INSTEAD = {"quantile": "quantileExact", "median": "medianExact", "uniqDistinct": "uniqExact"}
_TOKEN = re.compile(
    r"""(?P<text>'(?:\\.|''|[^'\\])*'|`[^`]*`|"[^"]*")|(?P<call>[A-Za-z_][A-Za-z0-9_]*)\s*\(|(?P<mark>[()])""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class AggregateCall:
    """One call of an aggregate function in an expression.

    Attributes:
        start: where it stands in the expression.
        end: where it ends.
        name: the function, with ``If`` where it has a condition.
        parameters: ``(0.95)`` of ``quantileExact(0.95)(x)``, or nothing.
        arguments: what is between the brackets.
    """

    start: int
    end: int
    name: str
    parameters: str
    arguments: str

    @property
    def of_leaf(self) -> str:
        """What is taken of a leaf."""
        return f"{self.name}State{self.parameters}({self.arguments})"

    def of_slice(self, part: str) -> str:
        """The value for a slice from the column with its leaves' parts."""
        return f"{self.name}Merge{self.parameters}({part})"


def aggregate_calls(expression: str, *, condition: str | None = None) -> tuple[AggregateCall, ...]:
    """The aggregates in an expression, in its order.

    Args:
        expression: SQL, such as ``sum(amount) / count()``.
        condition: SQL; only events that meet it are aggregated.

    Raises:
        ValueError: there is none, or one that does not suit.
    """
    found: list[AggregateCall] = []
    place = 0
    while token := _TOKEN.search(expression, place):
        place = token.end()
        name = _canonical(token["call"] or "")
        if not name:
            continue
        parameters, opened = "", token.end() - 1
        closed = _closing(expression, opened)
        if expression[closed:].lstrip().startswith("("):
            parameters = expression[opened:closed]
            opened = expression.index("(", closed)
            closed = _closing(expression, opened)
        arguments = expression[opened + 1 : closed - 1].strip()
        name, arguments = _with_condition(name, arguments, condition)
        found.append(AggregateCall(token.start(), closed, name, parameters, arguments))
        place = closed
    if not found:
        raise ValueError(f"expression: no aggregate in {expression!r}; {_known_for(expression)}")
    return tuple(found)


def put_together(expression: str, calls: tuple[AggregateCall, ...], column: Callable[[int], str]) -> str:
    """The expression over the parts of leaves; ``column`` names the column of each call's parts."""
    text, place = "", 0
    for number, call in enumerate(calls):
        text += expression[place : call.start] + call.of_slice(column(number))
        place = call.end
    return text + expression[place:]


def _canonical(name: str) -> str | None:
    """The aggregate's name, None for another function."""
    base = name.removesuffix("If")
    if base in _AGGREGATES:
        return name
    return _ANY_CASE.get(name.lower())


def _with_condition(name: str, arguments: str, condition: str | None) -> tuple[str, str]:
    if arguments == "*":
        arguments = ""
    if re.match(r"distinct\b", arguments, re.IGNORECASE):
        raise ValueError(f"expression: {name}({arguments}): write uniqExact(…) for distinct values")
    if any(_canonical(token["call"] or "") for token in _TOKEN.finditer(arguments)):
        raise ValueError(f"expression: {name}({arguments}): an aggregate within an aggregate")
    if condition is None:
        return name, arguments
    if name.endswith("If"):
        raise ValueError(f"condition: {name} has one already; write all of it there")
    return f"{name}If", ", ".join(filter(None, [arguments, f"toUInt8({condition})"]))


def _closing(expression: str, opened: int) -> int:
    """Where the bracket that opens there has closed."""
    depth = 0
    for token in _TOKEN.finditer(expression, opened):
        if token["text"]:
            continue
        depth += -1 if token["mark"] == ")" else 1
        if not depth:
            return token.end()
    raise ValueError(f"expression: a bracket does not close in {expression!r}")


def _known_for(expression: str) -> str:
    for token in _TOKEN.finditer(expression):
        name = token["call"]
        if not name:
            continue
        if name in _INSTEAD:
            return f"{name} may differ from run to run, use {_INSTEAD[name]}"
        near = difflib.get_close_matches(name, _AGGREGATES, n=1)
        if near:
            return f"did you mean {near[0]!r}? known: {', '.join(_AGGREGATES)}"
    return f"known: {', '.join(_AGGREGATES)}"
