"""Numbers for people by digest: a dictionary that fits ten million."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.bulk.remote.people import People, as_digests

FEW = [bytes([n % 7]) * 8 + n.to_bytes(8, "big") for n in range(60)]
"""Digests that want a few slots only, so that they are in each other's way."""


@given(st.lists(st.lists(st.sampled_from(FEW) | st.binary(min_size=16, max_size=16), min_size=1)))
def test_it_numbers_as_a_dictionary_does(batches):
    """The same digest has the same number, another digest another, counted from 0."""
    people, known = People(), {}

    for batch in batches:
        numbers = people.number(as_digests(batch)).tolist()
        for digest, number in zip(batch, numbers, strict=True):
            assert known.setdefault(digest, number) == number

    assert sorted(known.values()) == list(range(people.count))


def test_it_grows():
    """Who was numbered before stays so, with what is known of them, whoever comes after."""
    random = np.random.default_rng(1)
    digests = random.integers(0, 2**63, size=(50_000, 2), dtype=np.uint64)
    people = People()
    first = people.number(digests[:1_000])
    people.decision[first] = first + 1
    people.failed(int(first[3]))

    rest = np.concatenate([people.number(part) for part in np.array_split(digests[1_000:], 37)])

    assert people.count == len(digests)
    assert sorted(np.concatenate([first, rest]).tolist()) == list(range(len(digests)))
    assert (people.number(digests) == np.concatenate([first, rest])).all()
    assert (people.decision[first] == first + 1).all()
    assert people.decision[rest].sum() == 0
    assert people.times[first[3]] == 1


def test_failures_are_counted_up_to_a_byte():
    """However often a run is resumed in vain."""
    people = People()
    (number,) = people.number(as_digests([bytes(16)])).tolist()
    for _ in range(300):
        people.failed(number)

    assert people.times[number] == 255
