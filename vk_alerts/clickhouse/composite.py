"""Arrays, tuples and maps as ClickHouse writes them in text: ``[1,2]``, ``('a',1)``, ``{'a':1}``."""

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.escapes import unescape
from vk_alerts.clickhouse.temporal import parse_dates, parse_moments, width_of
from vk_alerts.clickhouse.types import Type

_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_BARE = re.compile(r"[^,\[\](){}:']+")
NUMPY_TYPES = {
    **{f"{sign}Int{bits}": f"{sign}int{bits}".lower() for sign in ("", "U") for bits in (8, 16, 32, 64)},
    "Float32": "float32",
    "Float64": "float64",
}
_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2])
# Before pandas 3.1 the default was off by one unit in the last place now and then; since then the option
# is deprecated.
EXACT_FLOATS: dict[str, Any] = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}
"""How pandas' CSV parser is told to read floats exactly."""

BIG_INTEGERS = {f"{sign}Int{bits}" for sign in ("", "U") for bits in (128, 256)}


def parse_arrays(texts: npt.NDArray[np.object_], element: Type, server_zone: str) -> npt.NDArray[np.object_]:
    """One value per row.

    Args:
        texts: (n,) of str, one array each.
        element: the type of the elements.
        server_zone: the zone of DateTime elements which name none.

    Returns:
        (n,) of object: numpy arrays of the element's own dtype for numbers; of ``datetime64`` in UTC for
        Date, DateTime and DateTime64; float64 with NaN for Nullable floats; lists of Python values (None for
        NULL) for all else.

    Raises:
        ValueError: a text is not such an array.
    """
    if element.name in NUMPY_TYPES or (element.is_nullable and element.bare.name in {"Float32", "Float64"}):
        return _split(texts, lambda inner: _numbers(inner, NUMPY_TYPES[element.bare.name]))
    if element.name in {"Date", "DateTime", "DateTime64"}:
        return _split(texts, lambda inner: _moments(inner, element, server_zone))
    if element.bare.name == "String" and not element.is_nullable:
        return _objects([_strings(text) for text in texts])
    kind = Type("Array", (element,))
    return _objects([parse_value(text, kind, server_zone) for text in texts])


def parse_value(text: str, kind: Type, server_zone: str) -> object:
    """The value of one text: list, tuple, dict, str, int, float, Decimal, bool, datetime64 or None."""
    value, end = _value(text, 0, kind, server_zone)
    if end != len(text):
        raise ValueError(f"unexpected text after a value: {text[end : end + 20]!r}")
    return value


def _split(
    texts: npt.NDArray[np.object_], convert: Callable[[str], npt.NDArray[np.generic]]
) -> npt.NDArray[np.object_]:
    """Convert the elements of all rows in one call, then cut them into rows again."""
    if any(text[:1] != "[" or text[-1:] != "]" for text in texts):
        raise ValueError("an array has no brackets")
    lengths = [text.count(",") + 1 if text != "[]" else 0 for text in texts]
    elements = convert(",".join(text[1:-1] for text in texts if text != "[]"))
    if len(elements) != sum(lengths):
        raise ValueError("an array has elements of another type")
    ends = np.cumsum(lengths, dtype=np.int64)
    return _objects(
        [elements[end - length : end] for length, end in zip(lengths, ends.tolist(), strict=True)]
    )


def _numbers(inner: str, dtype: str) -> npt.NDArray[np.generic]:
    if not inner:
        return np.empty(0, dtype)
    if "N" in inner:
        inner = inner.replace("NULL", "nan")
    if not dtype.startswith("float"):
        return np.fromstring(inner, dtype=dtype, sep=",")
    # Ten times as fast as fromstring, which is only quick at integers; one "line" per element.
    text = io.StringIO(inner)
    column = pd.read_csv(text, lineterminator=",", header=None, dtype=dtype, **EXACT_FLOATS)[0]
    return cast("npt.NDArray[np.generic]", column.to_numpy())


def _moments(inner: str, element: Type, server_zone: str) -> npt.NDArray[np.generic]:
    texts = np.array(
        inner.replace("'", "").encode().split(b",") if inner else [], dtype=f"S{width_of(element)}"
    )
    if element.name == "Date":
        return parse_dates(texts)
    return parse_moments(texts, element, server_zone)


def _strings(text: str) -> list[str]:
    if text == "[]":
        return []
    if text[:2] != "['" or text[-2:] != "']":
        raise ValueError("an array of strings has no brackets")
    if "\\" not in text:
        # A quote inside a value would be escaped.
        return text[2:-2].split("','")
    return [unescape(inner) for inner in _QUOTED.findall(text[1:-1])]


def _objects(
    values: list[object] | list[list[str]] | list[npt.NDArray[np.generic]],
) -> npt.NDArray[np.object_]:
    # np.array would make a matrix of rows of equal length.
    result = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        result[i] = value
    return result


def _value(text: str, at: int, kind: Type, zone: str) -> tuple[object, int]:
    if text.startswith("NULL", at):
        return None, at + 4
    bare = kind.bare
    if bare.name == "Array":
        return _sequence(text, at, "[]", lambda _: bare.inner[0], zone)
    if bare.name == "Tuple":
        elements, end = _sequence(text, at, "()", lambda i: bare.inner[i], zone)
        return tuple(elements), end
    if bare.name == "Map":
        return _mapping(text, at, bare, zone)
    quoted = _QUOTED.match(text, at)
    if quoted:
        return _scalar(unescape(quoted.group(1)), bare, zone), quoted.end()
    word = _BARE.match(text, at)
    if word is None:
        raise ValueError(f"not a value of {kind.name}: {text[at : at + 20]!r}")
    return _scalar(word.group(), bare, zone), word.end()


def _sequence(
    text: str, at: int, brackets: str, kind_of: Callable[[int], Type], zone: str
) -> tuple[list[object], int]:
    if text[at : at + 1] != brackets[0]:
        raise ValueError(f"expected {brackets[0]}: {text[at : at + 20]!r}")
    values: list[object] = []
    at += 1
    while text[at : at + 1] != brackets[1]:
        value, at = _value(text, at, kind_of(len(values)), zone)
        values.append(value)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != brackets[1]:
            raise ValueError(f"expected , or {brackets[1]}: {text[at : at + 20]!r}")
    return values, at + 1


def _mapping(text: str, at: int, kind: Type, zone: str) -> tuple[dict[object, object], int]:
    result: dict[object, object] = {}
    if text.startswith("{}", at):
        return result, at + 2
    if text[at : at + 1] != "{":
        raise ValueError(f"not a map: {text[at : at + 20]!r}")
    while text[at : at + 1] in {"{", ","}:
        key, at = _value(text, at + 1, kind.inner[0], zone)
        if text[at : at + 1] != ":":
            raise ValueError(f"not a map: {text[at : at + 20]!r}")
        result[key], at = _value(text, at + 1, kind.inner[1], zone)
    if text[at : at + 1] != "}":
        raise ValueError(f"not a map: {text[at : at + 20]!r}")
    return result, at + 1


def _scalar(text: str, kind: Type, zone: str) -> object:
    if kind.name.startswith("Float"):
        return float(text)
    if kind.name in NUMPY_TYPES or kind.name in BIG_INTEGERS:
        return int(text)
    if kind.name == "Bool":
        return {"true": True, "false": False}[text]
    if kind.name.startswith("Decimal"):
        return Decimal(text)
    if kind.name == "Date":
        return parse_dates(np.array([text.encode()]))[0]
    if kind.name.startswith("DateTime"):
        return parse_moments(np.array([text.encode()]), kind, zone)[0]
    return text
