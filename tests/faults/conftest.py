"""What all tests of faults share."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    """Collect what broken connections leave, so that no other test is blamed for it.

    asyncio forgets a connection that is given up in the middle of a TLS handshake.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
