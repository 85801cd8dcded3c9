"""What a mistyped name may have meant."""

import difflib
from collections.abc import Iterable

_MOST_LISTED = 12


def meant(name: object, known: Iterable[object]) -> str:
    """``did you mean 'views'? ``, with a space after it; empty when nothing known is near."""
    names = [str(one) for one in known]
    near = difflib.get_close_matches(str(name), names, n=1)
    if not near:  # ORDERS for orders
        near = [one for one in names if one.casefold() == str(name).casefold()]
    return f"did you mean {near[0]!r}? " if near else ""


def hint(name: object, known: Iterable[object], *, most: int = _MOST_LISTED) -> str:
    """What was meant, if something is near, and what is known: ``did you mean …? known: views, likes``."""
    names = [str(one) for one in known]
    more = ", …" if len(names) > most else ""
    return f"{meant(name, names)}known: {', '.join(names[:most]) or 'none'}{more}"
