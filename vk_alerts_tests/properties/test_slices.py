"""Whatever the values are, a slice and its key name each other."""

import string

from hypothesis import given
from hypothesis import strategies as st

from vk_alerts.metrics.slices import Slice
from vk_alerts.pipeline.panels import dimensions_of

dimensions = st.text(string.ascii_lowercase + "_", min_size=1, max_size=6)
# All of Unicode, lone surrogates and controls too, and often the characters that keys are made of.
values = st.text(st.one_of(st.characters(), st.sampled_from("\\,=\\,=all ")), max_size=12)
slices = st.lists(st.tuples(dimensions, values), max_size=4).map(lambda items: Slice(tuple(items)))


@given(slices)
def test_a_key_gives_its_slice_back(part):
    assert Slice.from_key(part.key) == part


@given(slices, slices)
def test_two_slices_have_two_keys(one, other):
    assert (one.key == other.key) is (one == other)


@given(slices)
def test_only_everybody_is_called_all(part):
    assert (part.key == "all") is part.is_total
    assert part.is_total is (part == Slice())


@given(slices, slices)
def test_a_slice_contains_its_narrower_ones(part, other):
    narrower = Slice((*part.items, *other.items))
    assert part.contains(narrower)
    assert Slice().contains(part)
    assert part.contains(part)


@given(slices, slices, slices)
def test_containing_is_transitive(wide, middle, narrow):
    if wide.contains(middle) and middle.contains(narrow):
        assert wide.contains(narrow)


@given(st.text(st.one_of(st.characters(), st.sampled_from("\\,="))))
def test_any_text_gives_a_slice_that_has_a_key(text):
    part = Slice.from_key(text)
    assert Slice.from_key(part.key) == part


names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


@given(st.lists(st.tuples(names, values), max_size=4))
def test_the_dimensions_of_a_key_are_found_without_taking_it_apart(items):
    assert dimensions_of(Slice(tuple(items)).key) == tuple(name for name, _ in items)
