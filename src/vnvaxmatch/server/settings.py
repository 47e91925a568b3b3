"""What a server serves, to what measure, and how much it puts up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from vnvaxmatch.errors import InputError
from vnvaxmatch.policy import Disclosure, Policy, strict

__all__ = ["Settings"]

_BODY_LIMIT: Final = 64 * 1024
"""The codecs read no longer question: a person and some wrapping have less than 2 KB."""


def _positive(_settings: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if not value > 0:
        raise InputError(f"{attribute.name} must be more than 0")


@attrs.frozen
class Settings:
    """The settings of a server; the defaults tell the least.

    ``codecs`` are the protocols served, each below a prefix of its name, with the options of its
    class in ``options``. ``disclosure`` is the most that an answer tells: at ``verdict`` right or
    wrong, at ``findings`` which field. ``values`` hands out what the registry holds, and is taken
    only together with ``everything_we_hold_may_be_read``.

    Times are in seconds: ``read_timeout`` for a whole request, ``answer_timeout`` for the registry,
    ``stop_timeout`` for what still runs when the server stops, ``drain`` for how long it says that
    it is not ready before it stops. At most ``most_at_once`` questions are worked on at a time and
    ``most_connections`` are open; more is turned away. ``threads`` look people up beside the event
    loop; with 0 the loop does, and None chooses by matcher and store.

    >>> Settings().disclosure.value
    'verdict'
    """

    codecs: tuple[str, ...] = attrs.field(default=("osia",), converter=tuple)
    disclosure: Disclosure = attrs.field(default=Disclosure.VERDICT, converter=Disclosure)
    everything_we_hold_may_be_read: bool = False
    policy: Policy = strict
    options: Mapping[str, Mapping[str, object]] = attrs.field(factory=dict, repr=False)
    body_limit: int = attrs.field(default=_BODY_LIMIT, validator=_positive)
    read_timeout: float = attrs.field(default=10.0, validator=_positive)
    answer_timeout: float = attrs.field(default=10.0, validator=_positive)
    stop_timeout: float = attrs.field(default=10.0, validator=_positive)
    drain: float = 0.0
    most_at_once: int = attrs.field(default=256, validator=_positive)
    most_connections: int = attrs.field(default=1_000, validator=_positive)
    threads: int | None = None

    def __attrs_post_init__(self) -> None:
        if len(set(self.codecs)) != len(self.codecs):
            raise InputError("a codec is named twice: name each once")
        if self.disclosure is Disclosure.VALUES and not self.everything_we_hold_may_be_read:
            raise InputError(
                "disclosure values hands whole people to whoever may ask: serve findings, or say "
                "everything_we_hold_may_be_read if they work in the body that owns the registry"
            )
