"""The laws of a normaliser."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from time import monotonic
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.outcome import BLANK, Normalized, Reading, Reason, Rejected
from vnvaxmatch.testing.laws.checking import Laws
from vnvaxmatch.testing.strategies import texts

__all__ = ["NormalizerLaws"]

_SHORT = 7


class NormalizerLaws(Laws):
    """What a function from text to a reading keeps to.

    Fill ``normalizer``, and ``plausible`` with a strategy of texts that it should be able to read::

        class TestMyNormalizer(NormalizerLaws):
            normalizer = my_normalizer
            plausible = misspelt(names())
    """

    normalizer: Callable[..., Reading[Any]]
    plausible: st.SearchStrategy[str] = st.text(max_size=40)

    def read(self, text: str) -> Reading[Any]:
        """Read a text; overwrite it if your function needs more than the text."""
        function = inspect.getattr_static(type(self), "normalizer")
        function = function.__func__ if isinstance(function, staticmethod) else function
        reading: Reading[Any] = function(text)
        return reading

    def test_any_text_is_read_or_rejected_with_a_reason(self) -> None:
        """No text at all makes it raise."""

        @given(st.one_of(texts(), self.plausible))
        def law(text: str) -> None:
            reading = self.read(text)
            assert isinstance(reading, Normalized | Rejected)
            if isinstance(reading, Rejected):
                assert isinstance(reading.reason, Reason)

        self.check(law)

    def test_reading_its_own_output_changes_nothing(self) -> None:
        """The text of a value reads as that value, with nothing left to change."""

        @given(st.one_of(texts(), self.plausible))
        def law(text: str) -> None:
            first = self.read(text)
            if isinstance(first, Normalized):
                again = self.read(str(first.value))
                assert isinstance(again, Normalized)
                assert again.value == first.value
                assert str(again.value) == str(first.value)
                assert again.changes == ()

        self.check(law)

    def test_the_same_text_gives_the_same_reading(self) -> None:
        """Nothing but the text decides."""

        @given(st.one_of(texts(), self.plausible))
        def law(text: str) -> None:
            assert self.read(text) == self.read(text)

        self.check(law)

    def test_a_blank_is_missing(self) -> None:
        """White space of any kind is a missing value, not a wrong one."""
        for blank in ("", " ", "\t", "\r\n", "\u00a0", " \u3000 "):
            assert self.read(blank) == BLANK

    def test_an_endless_text_is_too_long_at_once(self) -> None:
        """A cell of ten million characters is refused before any work is done on it."""
        for text in ("a" * 1001, "1" * 1001, "ễ" * 10_000_000, "0" * 10_000_000):
            started = monotonic()
            assert self.read(text) == Rejected(Reason.TOO_LONG)
            assert monotonic() - started < timedelta(milliseconds=100).total_seconds()

    def test_the_repr_shows_no_value(self) -> None:
        """Neither a reading nor its value shows what was read; a StrEnum's word is no secret."""

        @given(self.plausible)
        def law(text: str) -> None:
            reading = self.read(text)
            if isinstance(reading, Normalized):
                assert repr(reading).startswith("Normalized(value=<redacted>")
                value = str(reading.value)
                # a shorter one may stand in the name of a class or a field
                if len(value) > _SHORT and not isinstance(reading.value, Enum):
                    shown = repr(reading.value).removeprefix(type(reading.value).__name__)
                    assert value not in shown

        self.check(law)
