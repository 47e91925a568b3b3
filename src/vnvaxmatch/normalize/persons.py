"""The value that a name normalises to."""

from __future__ import annotations

import attrs

from vnvaxmatch.normalize.minorities import marker_at
from vnvaxmatch.normalize.vocabulary import vocabulary
from vnvaxmatch.normalize.words import fold_keys
from vnvaxmatch.outcome import redact

__all__ = ["NEWBORN", "PersonName"]

NEWBORN = "(CB) "
"""What stands before the mother's name in the name of a newborn («con bà»: child of)."""


@attrs.frozen
class PersonName:
    """A person's name in its canonical spelling. Two names are equal if their texts are.

    ``key`` is the same for the same name spelt otherwise (tone placement is canonical already;
    toned i and y; the apostrophe of H' and K'); it is what an exact comparison compares.

    >>> from vnvaxmatch.normalize.names import name
    >>> person = name("LÍ THỊ HOÀ").unwrap()
    >>> str(person), person.key, person.fold, person.surname, person.middle, person.given
    ('Lí Thị Hòa', 'lý thị hòa', 'ly thi hoa', 'Lí', 'Thị', 'Hòa')
    """

    text: str = attrs.field(repr=redact)
    key: str = attrs.field(repr=redact, eq=False)
    newborn: bool = attrs.field(default=False, eq=False)

    def __str__(self) -> str:
        return self.text

    @property
    def fold(self) -> str:
        """The key without any mark, a-z and spaces: a hint for finding, never proof of identity."""
        return fold_keys(self.key)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of the text."""
        return tuple(self.text.split(" "))

    @property
    def surname(self) -> str:
        """The family name, or nothing where the name holds none that can be told."""
        return " ".join(self._parts()[0])

    @property
    def middle(self) -> str:
        """What stands between surname and given name."""
        return " ".join(self._parts()[1])

    @property
    def given(self) -> str:
        """The given name: the last word, or in names with H' or Y the marker and what it marks."""
        return " ".join(self._parts()[2])

    def _words(self) -> list[str]:
        return self.text.removeprefix(NEWBORN).split(" ")

    def _parts(self) -> tuple[list[str], list[str], list[str]]:
        words = self._words()
        if marked := marker_at(words):
            start, end = marked
            return (
                (words[end:], [], words[:end]) if start == 0 else (words[:start], [], words[start:])
            )
        if len(words) == 1:
            return [], [], words
        pair = (words[0].lower(), words[1].lower())
        first = 2 if len(words) > 2 and pair in vocabulary().compound_surnames else 1
        return words[:first], words[first:-1], words[-1:]
