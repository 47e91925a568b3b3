"""The protocols that registries speak, each a pure pair of functions and loaded by name.

No codec is loaded, nor what it needs, before it is asked for by :func:`codec`.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Final

from vnvaxmatch.backends.remote.codecs.protocol import Answerer, Codec
from vnvaxmatch.errors import BackendError, InputError

__all__ = ["CODECS", "Answerer", "Codec", "answerer", "codec"]

CODECS: Final = {
    "osia": ("vnvaxmatch.backends.remote.codecs.osia", "Osia"),
    "fhir": ("vnvaxmatch.backends.remote.codecs.fhir", "Fhir"),
    "ndxp": ("vnvaxmatch.backends.remote.codecs.ndxp", "Ndxp"),
}
"""Name -> module and class."""


def codec(name: str, /, **options: object) -> Codec:
    """Make the codec of a protocol; the options are those of its class.

    Raises :class:`~vnvaxmatch.errors.BackendError` if there is none of that name,
    :class:`~vnvaxmatch.errors.InputError` for an option that does not fit, and
    :class:`~vnvaxmatch.errors.MissingExtraError` if it needs what is not installed.

    >>> codec("osia", operation="match").name
    'osia/1'
    """
    made: Codec = _make(name, options)
    return made


def answerer(name: str, /, **options: object) -> Answerer:
    """Make the answering side of a protocol, of the same names and options as :func:`codec`."""
    made: Answerer = _make(name, options)
    return made


def _make(name: str, options: dict[str, object]):  # type: ignore[no-untyped-def] # both sides
    if name not in CODECS:
        raise BackendError(f"there is no codec «{name}»: choose one of {', '.join(CODECS)}")
    module, kind = CODECS[name]
    made = getattr(import_module(module), kind)
    known = list(inspect.signature(made).parameters)
    if unknown := sorted(set(options) - set(known)):
        raise InputError(
            f"the codec {name} has no option {', '.join(unknown)}: it has {', '.join(known)}"
        )
    return made(**options)
