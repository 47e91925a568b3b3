"""What all tests of commands need."""

import signal

import pytest


@pytest.fixture(autouse=True)
def _as_before():
    """A command that is run in this process leaves no handler of signals to the next test."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
