"""Reading ahead and writing behind: the same items in order, and every error comes out."""

import threading
import time
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.bulk.pipes import Behind, ahead


def threads():
    return [t.name for t in threading.enumerate() if t.name.startswith("vnvaxmatch")]


@given(items=st.lists(st.one_of(st.none(), st.integers()), max_size=20))
def test_ahead_gives_the_same_items(items):
    """Every item, None too, in order."""
    assert list(ahead(iter(items))) == items


@pytest.mark.parametrize("good", [0, 1, 5])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, StopAsyncIteration])
def test_ahead_gives_an_error_where_it_happened(good, error):
    """The items before an error come first, then the error itself."""

    def source():
        yield from range(good)
        raise error

    got = []
    with pytest.raises(error):
        deque(map(got.append, ahead(source())))

    assert got == list(range(good))
    assert threads() == []


def test_ahead_stops_when_nobody_reads_on():
    """A reader that leaves early ends the thread, however long the source."""
    items = ahead(iter(range(10**9)))
    next(items)

    items.close()

    assert threads() == []


def test_ahead_holds_few_items():
    """Memory is bounded: the source is only so far ahead."""
    taken = []
    items = ahead(taken.append(n) or n for n in range(100))
    next(items)
    time.sleep(0.05)

    assert len(taken) <= 5
    items.close()


@given(items=st.lists(st.integers(), max_size=20))
def test_behind_does_all_in_order(items):
    """At the end of the block everything is done."""
    done = []
    with Behind(done.append) as behind:
        for item in items:
            behind.put(item)

    assert done == items


@pytest.mark.parametrize("bad", range(4))
def test_an_error_behind_comes_out(bad):
    """The error of one item ends the block; nothing after it is done, nothing hangs."""
    done = []

    def work(item):
        if item == bad:
            raise OSError("full")
        done.append(item)

    with pytest.raises(OSError, match="full"), Behind(work) as behind:
        deque(map(behind.put, range(4)))

    assert done == list(range(bad))
    assert threads() == []


def test_the_first_error_is_the_one_told():
    """An error of the block itself is not hidden by one of the work behind."""

    def work(_):
        raise OSError("second")

    def items():
        yield 1
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"), Behind(work) as behind:
        deque(map(behind.put, items()))

    assert threads() == []
