"""Numbers, texts and flags as fields of ClickHouse's CSV."""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vk_alerts.clickhouse.misfit import Misfit, Texts, each, shown
from vk_alerts.clickhouse.types import Type

INTEGER_BITS = {f"{sign}Int{bits}": bits for sign in ("", "U") for bits in (8, 16, 32, 64)}
_EXACT_FLOAT = 2**53  # beyond, a float no longer tells neighbouring integers apart
_LEAST_WITHOUT_EXPONENT = 1e-30
_SAMPLE_ROWS = 1000
_DECIMAL_DIGITS = {"Decimal32": 9, "Decimal64": 18, "Decimal128": 38, "Decimal256": 76}
_AMPLE = Context(prec=200)  # more digits than any Decimal of ClickHouse


def integers(series: "pd.Series[Any]", kind: Type) -> Texts:
    """Integers of the type's width; whole floats and booleans count as such."""
    bits = INTEGER_BITS[kind.name]
    low, high = (0, 2**bits - 1) if kind.name.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    values = _whole(series, kind)
    if values and (min(values) < low or max(values) > high):
        row = next(i for i, value in enumerate(values) if not low <= value <= high)
        raise Misfit(row, f"{values[row]} does not fit {kind.name}")
    return list(map(str, values))


def _whole(series: "pd.Series[Any]", kind: Type) -> list[int]:
    if series.dtype.kind in "iu":
        values: list[int] = series.tolist()
        return values
    result: list[int] = []
    for i, value in enumerate(series.tolist()):
        is_integer = isinstance(value, (int, np.integer, np.bool_))
        is_float = isinstance(value, (float, np.floating))
        if not (is_integer or (is_float and float(value).is_integer() and abs(value) <= _EXACT_FLOAT)):
            raise Misfit(i, f"{shown(value)} is not a whole number, which {kind.name} needs")
        result.append(int(value))
    return result


def floats(series: "pd.Series[Any]", kind: Type) -> Texts:
    """Floats with so many digits that they are read back the same, also by servers that read them carelessly.

    ClickHouse 18.16 is off by one unit in the last place for one in a hundred of the shortest texts, but for
    none of 17 digits without an exponent, from 1e-10 to 1e17. Beyond, no text is read exactly by it always.
    """
    values = series.to_numpy(dtype="float64") if series.dtype.kind in "iufb" else _numbers(series, kind)
    if kind.name == "Float32":
        with np.errstate(over="ignore"):
            narrow = values.astype("float32").astype("float64")
        overflow = np.isinf(narrow) & ~np.isinf(values)
        if overflow.any():
            raise Misfit(int(overflow.argmax()), f"{values[overflow.argmax()]!r} does not fit Float32")
        values = narrow
    return [_digits(value) for value in values.tolist()]


def _digits(value: float) -> str:
    text = f"{value:.17g}"
    if "e" not in text:
        return text
    return f"{Decimal(text):f}" if _LEAST_WITHOUT_EXPONENT <= abs(value) < 1 else repr(value)


def _numbers(series: "pd.Series[Any]", kind: Type) -> npt.NDArray[np.float64]:
    found: list[float] = []
    for i, value in enumerate(series.tolist()):
        if not isinstance(value, (int, float, np.integer, np.floating, Decimal)):
            raise Misfit(i, f"{shown(value)} is not a number, which {kind.name} needs")
        try:
            found.append(float(value))
        except OverflowError:
            raise Misfit(i, f"{shown(value)} does not fit {kind.name}") from None
    return np.array(found, dtype="float64")


def texts(series: "pd.Series[Any]", kind: Type) -> Texts:
    """Quoted texts, checked for length or against the names of an enum."""
    check = _text_check(kind)

    def render(value: object) -> str:
        if not isinstance(value, str):
            raise Misfit(None, f"{shown(value)} is not text, which {kind.name} needs")
        why_not = check(value)
        if why_not:
            raise Misfit(None, f"{shown(value)} {why_not}")
        return quoted(value)

    return _by_distinct_value(series, render)


def quoted(text: str) -> str:
    """The text as a quoted CSV field."""
    return f'"{text.replace(chr(34), chr(34) * 2)}"'


def _text_check(kind: Type) -> Callable[[str], str]:
    def is_unicode(value: str) -> str:
        return (
            ""
            if value.isascii() or value.encode(errors="ignore").decode() == value
            else "is not valid Unicode"
        )

    def is_short(value: str) -> str:
        return is_unicode(value) or ("" if len(value.encode()) <= int(kind.arguments[0]) else "is too long")

    def is_named(value: str) -> str:
        return "" if value in kind.arguments else f"is none of {', '.join(kind.arguments)}"

    return {"FixedString": is_short, "Enum8": is_named, "Enum16": is_named}.get(kind.name, is_unicode)


def _by_distinct_value(series: "pd.Series[Any]", render: Callable[[object], str]) -> Texts:
    """Render each distinct value once when values repeat, which the texts of events and series do."""
    sample = series.iloc[:_SAMPLE_ROWS].tolist()
    if (
        not all(isinstance(value, (str, pd.Timestamp)) for value in sample)
        or len(set(sample)) > len(sample) // 2
    ):
        return each(series.tolist(), render)
    codes, uniques = pd.factorize(series)
    try:
        rendered = np.array([render(value) for value in uniques], dtype=object)
    except Misfit:
        return each(series.tolist(), render)  # finds the row
    return rendered[codes].tolist()  # type: ignore[no-any-return]


def booleans(series: "pd.Series[Any]", kind: Type) -> Texts:
    """``true`` and ``false``."""
    for i, value in enumerate(series.tolist()):
        if value not in (0, 1):
            raise Misfit(i, f"{shown(value)} is neither true nor false, which {kind.name} needs")
    return ["true" if value else "false" for value in series.tolist()]


def decimals(series: "pd.Series[Any]", kind: Type) -> Texts:
    """Decimals that need no rounding."""
    scale = int(kind.arguments[-1])

    def render(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, (Decimal, int, np.integer)):
            raise Misfit(None, f"{shown(value)} is not a Decimal, which {kind.name} needs")
        number = Decimal(int(value)) if not isinstance(value, Decimal) else value
        if not number.is_finite() or number != number.quantize(Decimal(1).scaleb(-scale), context=_AMPLE):
            raise Misfit(None, f"{shown(value)} has more than {scale} decimals")
        digits = len(f"{abs(number):f}".partition(".")[0].lstrip("0"))
        if digits > (_DECIMAL_DIGITS.get(kind.name) or int(kind.arguments[0])) - scale:
            raise Misfit(None, f"{shown(value)} has too many digits for {kind.name}")
        return f"{number:f}"

    return each(series.tolist(), render)
