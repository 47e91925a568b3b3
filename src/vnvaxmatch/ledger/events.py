"""What a ledger keeps and gives back: events, where streams stand, and what checking came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import attrs

from vnvaxmatch.outcome import redact

__all__ = ["JSON", "Checked", "Checkpoint", "Event", "Fault", "Head", "Recorded", "Seal", "Tally"]

JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None"
"""What stands in an event's ``data``: no floats, integers within ±2^53, ASCII names."""


@attrs.frozen
class Event:
    """Something that happened, as its writer tells it.

    ``stream`` is what it is about (``case/17``), ``kind`` the writer's word for what happened, and
    ``at`` when: aware, since a ledger has no clock. ``data`` is kept in the clear and must hold
    nothing personal. ``personal`` is encrypted under the data key of ``person`` (the stream's name
    where empty), which is itself nothing personal. ``label`` says where the stream stands after
    the event; it is kept beside the tree, not in it, and None leaves it as it was.
    """

    stream: str
    kind: str
    at: datetime
    data: Mapping[str, JSON] = attrs.Factory(dict)
    personal: Mapping[str, str] = attrs.field(factory=dict, repr=redact)
    person: str = ""
    label: str | None = None


class Seal(StrEnum):
    """Whether the personal values of an event can be read."""

    NONE = "none"
    """There are none."""
    OPEN = "open"
    """They were decrypted."""
    LOCKED = "locked"
    """They are there, but the master key is not in the key ring."""
    DESTROYED = "destroyed"
    """Their data key was destroyed: nobody can read them any more."""


@attrs.frozen
class Recorded:
    """An event as a ledger gives it back.

    ``index`` is its leaf's in the whole log, from 0; ``number`` its place in its stream, from 1;
    ``leaf`` its leaf hash. Where ``seal`` is not ``open``, ``event.personal`` is empty.
    """

    index: int
    number: int
    event: Event
    seal: Seal
    leaf: bytes


@attrs.frozen
class Head:
    """Where a stream stands: how many events it has, its label, and the last event's time."""

    stream: str
    number: int
    label: str
    at: datetime


@attrs.frozen
class Tally:
    """How many streams have a label, and the last event's time of the one longest untouched."""

    count: int
    oldest: datetime


@attrs.frozen
class Checkpoint:
    """How long a log was, and the root of its tree: kept elsewhere, it pins all before it."""

    size: int
    root: bytes


class Fault(StrEnum):
    """What is wrong with the first bad event of a log."""

    UNREADABLE = "unreadable"
    """What stands there is no event."""
    ALTERED = "altered"
    """The event is not the one whose hash was kept."""
    MISSING = "missing"
    """An event that was there is gone."""
    NUMBER = "number"
    """It is not the next of its stream."""
    NODE = "node"
    """A node of the tree above it does not follow from the events below it."""
    TREE = "tree"
    """The end of the tree that was kept does not follow from the events."""
    CHECKPOINT = "checkpoint"
    """The log does not continue the one that the checkpoint was taken of."""


@attrs.frozen
class Checked:
    """What checking a whole log came to.

    ``fault`` is None where the log is sound, and then ``checkpoint`` is that of all events, made
    of the events alone. Otherwise the first bad event is at ``index``; where what is left cannot
    tell which, it is one from ``index`` to ``last``. ``astray`` names streams (the first hundred)
    whose head or label is not what their events make it: these are derived, and no part of the
    tree.
    """

    checkpoint: Checkpoint
    fault: Fault | None = None
    index: int | None = None
    last: int | None = None
    astray: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether every event is as it was written, and every head as its events make it."""
        return self.fault is None and not self.astray
