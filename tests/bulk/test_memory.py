"""How much a run may take, and who gets what of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.bulk.memory import LEAST, parse_size, shares, whole_machine
from vnvaxmatch.errors import InputError


@pytest.mark.parametrize(
    ("text", "size"),
    [("6GB", 6 * 10**9), ("6 gb", 6 * 10**9), ("512MB", 512 * 10**6), ("1.5G", 1_500_000_000),
     ("2GiB", 2 * 2**30), ("900000000", 900_000_000), ("0.5TB", 5 * 10**11), ("64k", 64_000)],
)  # fmt: skip
def test_sizes_are_read_as_people_write_them(text, size):
    """Powers of a thousand, or of 1,024 with an i."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "6 bananas", "-1GB", "6,5GB", "1e9", "٦GB", "6GBB"])
def test_what_is_no_size_is_refused(text):
    """In one line that shows how to write one."""
    with pytest.raises(InputError, match="write it as 6GB"):
        parse_size(text)


def test_too_little_memory_is_refused():
    """Below the least no list could be worked through."""
    with pytest.raises(InputError, match="too little"):
        shares(LEAST - 1, workers=1)


@given(st.integers(LEAST, 10**12), st.integers(1, 64))
def test_shares_stay_within_the_whole(memory, workers):
    """At least one works, no more than were asked for, and joins take what is left over."""
    share = shares(memory, workers=workers)

    assert 1 <= share.workers <= workers
    assert share.store > 0
    assert share.workers * share.store < memory


@given(st.integers(LEAST, 10**12), st.integers(1, 10**10), st.integers(1, 64))
def test_more_memory_never_means_fewer_workers(memory, more, workers):
    """Nor smaller batches; joins lose something only where others come in or batches grow."""
    less, most = shares(memory, workers=workers), shares(memory + more, workers=workers)

    assert most.workers >= less.workers
    assert most.rows is None or most.rows == less.rows
    alike = (most.workers, most.rows) == (less.workers, less.rows)
    assert not alike or most.store >= less.store


def test_the_default_is_of_this_machine():
    """Half of it, whatever a container grants."""
    assert whole_machine() > 10**8
    assert shares(None, workers=1).store <= whole_machine() // 2
