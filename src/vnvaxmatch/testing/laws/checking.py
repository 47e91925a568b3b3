"""How a law is checked, and what several laws look for."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
from hypothesis import HealthCheck, settings

from vnvaxmatch.records import Entry

__all__ = ["Laws", "logged", "shown"]

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)


class Laws:
    """``max_examples`` overrides the Hypothesis profile's, for what is slow to make."""

    max_examples: int | None = None

    def check(self, law: Callable[[], None]) -> None:
        """Run a property with the examples of this class, and no deadline."""
        examples = self.max_examples or settings().max_examples
        settings(max_examples=examples, deadline=None, suppress_health_check=_SLOW)(law)()


def shown(text: str, entry: Entry) -> list[str]:
    """List the fields of an entry whose value stands in a text."""
    return [
        attribute.name
        for attribute in attrs.fields(Entry)
        if attribute.name not in {"sex", "former_numbers"}
        and (value := getattr(entry, attribute.name)) is not None
        and _stands_in(str(value), text)
    ]


def _stands_in(value: str, text: str) -> bool:
    """Tell whether a value stands in a text; digits of a longer number are not one of theirs."""
    pattern = re.escape(value)
    if value.isdecimal():
        pattern = rf"(?<![0-9.]){pattern}(?![0-9])"
    return re.search(pattern, text) is not None


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect every line that is logged, at any level."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
