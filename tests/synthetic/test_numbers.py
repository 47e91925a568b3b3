"""Numbers of made-up people: nobody shares one, up to the largest population."""

import os

import numpy as np
import pytest

from vnvaxmatch.errors import InputError
from vnvaxmatch.synthetic.numbers import _ranks, _shuffled, _tails
from vnvaxmatch.synthetic.parts import places
from vnvaxmatch.synthetic.people import _AGE_BANDS, BLOCK, MOST_PEOPLE, block_count, people_block

BLOCKS = block_count(MOST_PEOPLE) + 1  # one of people who are not in the population
DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"


def shares() -> np.ndarray:
    return np.diff(np.r_[0, places().provinces.cumulative])


def test_the_most_crowded_head_of_twelve_digits_has_room():
    """Province, sex and year: twelve standard deviations above the mean still have tails."""
    year = max(_AGE_BANDS) / sum(_AGE_BANDS) / 5
    # each person has a place under the right head and one under that of the other sex
    mean = BLOCK * shares().max() * year
    room = (1_000_000 // 2) // BLOCKS

    assert mean + 12 * mean**0.5 < room


def test_the_most_crowded_head_of_nine_digits_has_room():
    """Old prefixes: the people of one province who ever held nine digits fit twice over."""
    prefixes = places().cmnd_prefixes
    crowds = dict.fromkeys({prefix for some in prefixes for prefix in some}, 0.0)
    for share, some in zip(shares(), prefixes, strict=True):
        for prefix in (some[0], some[-1]):
            crowds[prefix] += BLOCK * share / 2
    ever = 0.03 + 0.26  # at most, of all ages

    assert max(crowds.values()) * ever * 2 < 10_000_000 // BLOCKS


@pytest.mark.parametrize("space", [500_000, 10_000_000] if DEEP else [500_000])
@pytest.mark.parametrize("head", [1_085, 79_385, 2])
def test_shuffling_is_a_permutation(space, head):
    """Every tail is given once: two people of one head never get the same."""
    values = np.arange(space)

    shuffled = _shuffled(values, np.full(space, head), space)

    assert np.array_equal(np.sort(shuffled), values)
    assert not np.array_equal(shuffled, values)


def test_ranks_count_each_head():
    """Those of one head are numbered from 0 in their order, wherever they stand."""
    assert _ranks(np.array([7, 3, 7, 7, 3])).tolist() == [0, 0, 1, 2, 1]


def test_blocks_have_tails_of_their_own():
    """A head that is in every block gets another tail each time."""
    heads = np.full(40, 5)
    tails = np.concatenate([_tails(heads, 1_000, block=b, blocks=25) for b in range(25)])

    assert len(np.unique(tails)) == 1_000


def test_in_a_crowded_head_only_holders_get_a_tail():
    """Whoever never held such a number leaves room for those who did."""
    heads, held = np.r_[np.full(50, 5), 6], np.arange(51) % 2 == 0
    tails = [_tails(heads, 1_000, block=b, blocks=25, held=held) for b in range(25)]

    of_holders = np.concatenate([some[:50][held[:50]] for some in tails])

    assert len(np.unique(of_holders)) == 25 * 25
    assert all(some.min() >= 0 and some.max() < 1_000 for some in tails)


def test_a_head_that_is_not_crowded_is_as_ever():
    """The same people have the same numbers, whether somebody else's head is crowded or not."""
    alone = _tails(np.full(10, 6), 1_000, block=3, blocks=25, held=np.zeros(10, dtype=bool))
    heads = np.r_[np.full(10, 6), np.full(50, 5)]
    beside = _tails(heads, 1_000, block=3, blocks=25, held=np.arange(60) < 20)

    assert np.array_equal(alone, beside[:10])


@pytest.mark.parametrize("held", [None, np.ones(41, dtype=bool)])
def test_no_two_people_ever_share_a_number_in_silence(held):
    """If a share ran out, it would be an error and no clash."""
    with pytest.raises(InputError, match="share a number"):
        _tails(np.full(41, 5), 1_000, block=0, blocks=25, held=held)


def test_numbers_are_unique_in_the_largest_population():
    """Blocks from all over the largest population, and the strangers, have no number in common."""
    chosen = range(0, BLOCKS, 40) if DEEP else (0, 1, BLOCKS // 2, BLOCKS - 2, BLOCKS - 1)
    twelve, nine = [], []
    for block in chosen:
        people = people_block(11, block, total=MOST_PEOPLE)
        twelve += [people.number[~people.nine_digits], people.cancelled[people.cancelled >= 0]]
        nine += [people.number[people.nine_digits], people.cmnd[people.cmnd >= 0]]

    for numbers in (np.concatenate(twelve), np.concatenate(nine)):
        assert len(np.unique(numbers)) == len(numbers)
    assert np.concatenate(twelve).max() < 10**12
    assert np.concatenate(nine).max() < 10**9
