"""What opened in one window → its causes: slices of one metric first, then metrics that move metrics."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vk_alerts.alerting.groups import Explanation
from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.relations import Picture, are_similar, contains, items_of, may_overlap
from vk_alerts.alerting.verdicts import Direction
from vk_alerts.metrics.slices import ALL_KEY


@dataclass(frozen=True, slots=True)
class Root:
    """A cause and what it explains.

    Attributes:
        head: the incident that the message is about.
        members: all of them, the head first, then the strongest first.
        explained: ratios that moved because their denominators did, the head first.
    """

    head: Incident
    members: tuple[Incident, ...]
    explained: tuple[Explanation, ...] = ()


def strength(incident: Incident) -> tuple[float, float, str]:
    """Sorts the strongest first, in the same order whatever order they came in."""
    return -incident.score, -abs(incident.worst), incident.id


def find_roots(opened: Iterable[Incident], picture: Picture) -> list[Root]:
    """The causes of what opened in one window, strongest first.

    Args:
        opened: incidents that opened, at most one per series and direction.
        picture: the window.
    """
    by_metric: dict[tuple[str, Direction], list[Incident]] = defaultdict(list)
    for incident in sorted(opened, key=strength):
        by_metric[incident.metric, incident.direction].append(incident)
    strands = [strand for incidents in by_metric.values() for strand in _strands(incidents, picture)]
    roots = [_root(strands_of_one, picture) for strands_of_one in _tied(strands, picture)]
    return sorted(roots, key=lambda root: strength(root.head))


def merged(roots: Sequence[Root]) -> Root:
    """Several causes as one, headed by the strongest, totals before slices."""
    first = min(roots, key=lambda root: (root.head.slice_key != ALL_KEY, strength(root.head)))
    ordered = [first, *(root for root in roots if root is not first)]
    rest = sorted((m for root in ordered for m in root.members if m is not first.head), key=strength)
    return Root(first.head, (first.head, *rest), tuple(e for root in ordered for e in root.explained))


def _strands(incidents: Sequence[Incident], picture: Picture) -> list[Root]:
    """Incidents of one metric and direction, put together where one slice explains another."""
    by_slice = {incident.slice_key: incident for incident in incidents}
    links = _Links(by_slice)
    heads: dict[str, str] = {}
    cause = _cause_of(ALL_KEY, by_slice, picture)
    if cause != ALL_KEY:
        # Whatever else lies across the cause moved with it: the total and slices by other dimensions.
        heads[cause] = cause
        links.tie(cause, (key for key in by_slice if may_overlap(key, cause)))
    elif ALL_KEY in by_slice:
        heads[ALL_KEY] = ALL_KEY
        links.tie(ALL_KEY, (key for key in by_slice if _moved_alike(key, ALL_KEY, by_slice, picture)))
    for key in sorted(by_slice, key=lambda key: (len(items_of(key)), strength(by_slice[key]))):
        if key == ALL_KEY:
            continue
        part = heads[key] = _cause_of(key, by_slice, picture)
        finer = [other for other in by_slice if other != key and contains(key, other)]
        if part == key:
            links.tie(key, (other for other in finer if _moved_alike(other, key, by_slice, picture)))
        else:
            links.tie(key, (other for other in finer if may_overlap(other, part)))
    strands = []
    for keys in links.groups():
        coarsest = min(keys, key=lambda key: (len(items_of(key)), strength(by_slice[key])))
        head = by_slice[cause if cause in keys else heads.get(coarsest, coarsest)]
        rest = sorted((by_slice[key] for key in keys if key != head.slice_key), key=strength)
        strands.append(Root(head, (head, *rest)))
    return strands


def _cause_of(whole: str, by_slice: Mapping[str, Incident], picture: Picture) -> str:
    """The slice that holds nearly all of the change of ``whole``, and of that slice's, and so on."""
    metric = next(iter(by_slice.values())).metric
    while True:
        inside = [key for key in by_slice if key != whole and contains(whole, key)]
        causes = [key for key in inside if picture.explains(metric, key, whole)]
        if not causes:
            return whole
        coarsest = min(len(items_of(key)) for key in causes)
        near = [key for key in causes if len(items_of(key)) == coarsest]
        whole = max(near, key=lambda key: (abs(picture.change(metric, key)), key))


def _moved_alike(part: str, whole: str, by_slice: Mapping[str, Incident], picture: Picture) -> bool:
    return are_similar(picture.deviation_of(by_slice[part]), picture.deviation_of(by_slice[whole]))


def _tied(strands: Sequence[Root], picture: Picture) -> list[list[Root]]:
    """Strands put together where one metric moves another, or explains a ratio."""
    by_head = {strand.head.id: strand for strand in strands}
    links = _Links(by_head)
    of_metric: dict[tuple[str, Direction], list[Root]] = defaultdict(list)
    for strand in strands:
        of_metric[strand.head.metric, strand.head.direction].append(strand)
    for strand in strands:
        head = strand.head
        for metric in sorted(picture.graph.upstream.get(head.metric, ())):
            above = of_metric.get((metric, head.direction), ())
            links.tie(head.id, (one.head.id for one in above if picture.follows(head, one.head)))
        explanation = picture.explanation(head)
        if explanation is not None:
            denominators = of_metric.get((explanation.by, _other(head.direction)), ())
            links.tie(
                head.id,
                (o.head.id for o in denominators if may_overlap(o.head.slice_key, head.slice_key)),
            )
    return [[by_head[name] for name in names] for names in links.groups()]


def _root(strands: Sequence[Root], picture: Picture) -> Root:
    """One cause: headed by what lies furthest upstream."""
    graph = picture.graph

    def is_topmost(one: Root) -> bool:
        return not any(
            other.head.direction is one.head.direction
            and graph.is_upstream(other.head.metric, one.head.metric)
            for other in strands
        )

    found = {strand.head.id: picture.explanation(strand.head) for strand in strands}
    top = [strand for strand in strands if is_topmost(strand)] or list(strands)
    heads = sorted((strand.head for strand in top), key=strength)
    head = next((one for one in heads if not _is_evidence(one, found, strands, top)), heads[0])
    rest = sorted((m for strand in strands for m in strand.members if m.id != head.id), key=strength)
    explained = explanations((e for e in found.values() if e is not None), head)
    return Root(head, (head, *rest), explained)


def explanations(found: Iterable[Explanation], head: Incident) -> tuple[Explanation, ...]:
    """Explanations, the headline's first."""
    headline = (head.metric, head.slice_key)
    series = {(e.metric, e.slice_key): e for e in found}
    return tuple(series[one] for one in sorted(series, key=lambda one: (one != headline, one)))


def _is_evidence(
    head: Incident,
    found: Mapping[str, Explanation | None],
    strands: Sequence[Root],
    top: Sequence[Root],
) -> bool:
    """Whether another headline says more: of a ratio and the denominator behind it, what fell is the news."""
    explanation = found[head.id]
    if explanation is None:
        told = [found[one.head.id] for one in top]
        return any(e is not None and e.by == head.metric and e.deviation > 0 for e in told)
    if not any(one.head.metric == explanation.by for one in strands):
        return False
    falls_by_itself = any(one.head.metric == explanation.by for one in top)
    return head.direction is Direction.UP or not falls_by_itself


def _other(direction: Direction) -> Direction:
    return Direction.UP if direction is Direction.DOWN else Direction.DOWN


class _Links:
    """Names tied to each other, directly or by way of others."""

    def __init__(self, names: Iterable[str]) -> None:
        self._group: dict[str, list[str]] = {name: [name] for name in names}

    def tie(self, name: str, others: Iterable[str]) -> None:
        """Ties others to a name."""
        for other in others:
            mine, theirs = self._group[name], self._group[other]
            if mine is theirs:
                continue
            if len(mine) < len(theirs):
                mine, theirs = theirs, mine
            mine += theirs
            self._group.update(dict.fromkeys(theirs, mine))

    def groups(self) -> list[list[str]]:
        """What is tied together, each once."""
        return list({id(group): group for group in self._group.values()}.values())
