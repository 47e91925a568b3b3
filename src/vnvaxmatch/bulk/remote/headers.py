"""What a journal was begun with: only the same run may go on with it."""

from __future__ import annotations

import json
from typing import Final

import attrs

__all__ = ["Header"]

_WORDS: Final = {
    "doses": "list",
    "registry": "address",
    "codec": "codec",
    "options": "codec options",
    "policy": "policy",
    "disclosure": "disclosure",
    "reading": "way of reading the list",
    "reference": "reference date",
    "library": "version of vnvaxmatch",
    "tables": "tables of facts",
}


@attrs.frozen(kw_only=True)
class Header:
    """Who is asked about what, and by which rules.

    ``doses`` and ``tables`` are digests; ``options`` and ``reading`` are keyed ones, for what they
    stand for may name an officer or a heading. ``reference`` is the day that ages count from.
    """

    doses: str
    registry: str
    codec: str
    options: str
    policy: str
    disclosure: str
    reading: str
    reference: str
    library: str
    tables: str

    def to_json(self) -> str:
        """Write it in one line."""
        return json.dumps(attrs.asdict(self), ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Header:
        """Read it; ValueError for a text that is none."""
        said = json.loads(text)
        if not isinstance(said, dict) or set(said) != set(_WORDS):
            raise ValueError("not a header")
        if not all(isinstance(value, str) for value in said.values()):
            raise ValueError("not a header")
        return cls(**said)

    def differences(self, other: Header) -> list[str]:
        """Name what is not the same, in words.

        >>> one = Header(**dict.fromkeys(_WORDS, "x"))
        >>> one.differences(attrs.evolve(one, codec="fhir/1"))
        ['codec']
        """
        return [
            word for name, word in _WORDS.items() if getattr(self, name) != getattr(other, name)
        ]
