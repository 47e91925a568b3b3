"""The protocol ``entries/1``: keys go out, whole entries come back.

For the parts of one body, which may read what its registry holds: it hides nothing. Each message is
one object of JSON. ``format`` says how entries are written and keys are made, and both ends must be
of one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Final

from vnvaxmatch.backends.answers import filed_under
from vnvaxmatch.backends.protocols import Found
from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.shapes import Json, take, thing
from vnvaxmatch.backends.remote.codecs.texts import check_media, dump_json, read_json
from vnvaxmatch.backends.remote.entries.frequencies import read_counts, write_counts
from vnvaxmatch.backends.remote.entries.keys import KEYS_LIMIT, is_key, write_keys
from vnvaxmatch.backends.remote.entries.rows import read_row, write_entry
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.backends.stored import FORMAT, Row
from vnvaxmatch.blocking import CAPS, Key, KeyKind
from vnvaxmatch.errors import RefusedError, ReplyError, RequestError
from vnvaxmatch.model.frequencies import Frequencies

__all__ = [
    "BODY_LIMIT",
    "FIND",
    "FREQUENCIES",
    "NAME",
    "STATUSES",
    "ask_find",
    "ask_frequencies",
    "parse_find",
    "read_found",
    "read_frequencies",
    "render_found",
    "render_frequencies",
]

NAME: Final = "entries/1"
FIND: Final = "/v1/find"
FREQUENCIES: Final = "/v1/frequencies"
STATUSES: Final = frozenset({200})
"""Statuses of HTTP that an answer may come with: that nobody has a key is one like any other."""

BODY_LIMIT: Final = 16_000_000
"""Bytes of the longest answer that is read: the counts of a nation have some 3,000,000."""

_KINDS: Final = {kind.value: kind for kind in KeyKind}
_JSON: Final = {"content-type": "application/json", "accept": "application/json"}


def ask_find(keys: Sequence[Key], /) -> Request:
    """Ask who has one of the keys; RefusedError for what cannot be asked so."""
    if not all(map(is_key, keys)):
        raise RefusedError("a key is none that vnvaxmatch.blocking makes: take its keys only")
    written = write_keys(keys)
    if len(written) > KEYS_LIMIT:
        raise RefusedError(f"{len(written)} keys are too many for one question: ask in parts")
    return Request("POST", FIND, _dump({"keys": written}), dict(_JSON))


def parse_find(request: Request, /) -> tuple[Key, ...]:
    """Read the keys that are asked for; RequestError says in one word what is wrong."""
    if request.path != FIND:
        raise RequestError("path")
    if request.method != "POST":
        raise RequestError("method")
    try:
        return _keys(read_json(request.body))
    except ReplyError as error:
        kind = error.kind
    raise RequestError(kind)


def render_found(found: Found, /) -> Response:
    """Say who was found, and all that the registry holds of them."""
    return _answer(
        {
            "format": FORMAT,
            "entries": [write_entry(entry) for entry in found.entries],
            "skipped": [kind.value for kind in found.skipped],
            "blocks": {kind.value: found.blocks[kind] for kind in KeyKind if kind in found.blocks},
        }
    )


def read_found(response: Response, keys: Sequence[Key], /) -> Found:
    """Read who has one of the keys that were asked for; ReplyError if that is not told.

    What is told is held against the keys: whoever has none of them, comes twice or out of order, or
    is counted wrongly makes it no answer.
    """
    said = _said(response, {"entries", "skipped", "blocks"})
    items = _list(said, "entries")
    if len(items) > sum(CAPS[key.kind] for key in set(keys)):
        raise ReplyError(ReplyFault.CONTRADICTION)
    read = [read_row(thing(item)) for item in items]
    entries = tuple(entry for _, entry in read)
    if any(one.key >= other.key for one, other in pairwise(entries)):
        raise ReplyError(ReplyFault.SHAPE)
    skipped, sizes = _skipped(said), _sizes(said)
    _check_blocks([row for row, _ in read], keys, skipped=skipped, sizes=sizes)
    return Found(entries, skipped, sizes)


def ask_frequencies() -> Request:
    """Ask how common names and births are."""
    return Request("GET", FREQUENCIES, headers={"accept": "application/json"})


def render_frequencies(frequencies: Frequencies, /) -> Response:
    """Say how common names and births are."""
    return _answer({"format": FORMAT, **write_counts(frequencies)})


def read_frequencies(response: Response, /) -> Frequencies:
    """Read how common names and births are; ReplyError if that is not told."""
    said = _said(response, {"total", "surnames", "rests", "births"})
    return read_counts(said)


def _keys(said: object) -> tuple[Key, ...]:
    if not isinstance(said, dict) or set(said) != {"keys"}:
        raise RequestError("shape")
    items = _list(said, "keys")
    if len(items) > KEYS_LIMIT:
        raise RequestError("too_many_keys")
    return tuple(map(_key, items))


def _key(item: object) -> Key:
    if not isinstance(item, dict) or set(item) != {"kind", "value"}:
        raise RequestError("shape")
    kind, value = item["kind"], item["value"]
    if not isinstance(kind, str) or not isinstance(value, str):
        raise RequestError("shape")
    if kind not in _KINDS:
        raise RequestError("unknown_kind")
    key = Key(_KINDS[kind], value)
    if not is_key(key):
        raise RequestError("value")
    return key


def _said(response: Response, names: Collection[str]) -> Json:
    """Take the object of an answer, with these members and no others."""
    if response.status not in STATUSES:
        raise ReplyError(ReplyFault.STATUS)
    check_media(response, "json")
    said = thing(read_json(response.body, limit=BODY_LIMIT))
    spoken = take(said, "format", str)
    if spoken is None or not re.fullmatch("[0-9]{1,4}", spoken):
        raise ReplyError(ReplyFault.SHAPE)
    if spoken != FORMAT:
        raise RefusedError(
            f"the registry speaks of entries in format {spoken}, and this version of the library "
            f"in format {FORMAT}: use one version at both ends"
        )
    if set(said) != {"format", *names}:
        raise ReplyError(ReplyFault.SHAPE)
    return said


def _list(said: Json, name: str) -> list[object]:
    items = take(said, name, list)
    if items is None:
        raise ReplyError(ReplyFault.SHAPE)
    return items


def _skipped(said: Json) -> tuple[KeyKind, ...]:
    """Read which kinds were skipped, each once and in their order."""
    given = _list(said, "skipped")
    kinds = tuple(kind for kind in KeyKind if kind.value in given)
    if [kind.value for kind in kinds] != given:
        raise ReplyError(ReplyFault.SHAPE)
    return kinds


def _sizes(said: Json) -> dict[KeyKind, int]:
    """Read how many people each kind of key led to."""
    blocks = thing(said["blocks"])
    if not set(blocks) <= set(_KINDS):
        raise ReplyError(ReplyFault.SHAPE)
    sizes = {kind: take(blocks, kind.value, int) for kind in KeyKind if kind.value in blocks}
    if not all(sizes.values()):
        raise ReplyError(ReplyFault.SHAPE)
    return {kind: size for kind, size in sizes.items() if size}


def _check_blocks(
    rows: Sequence[Row],
    keys: Sequence[Key],
    *,
    skipped: Collection[KeyKind],
    sizes: Mapping[KeyKind, int],
) -> None:
    """Hold what was found against the keys: every key leads to whom it leads to, and no further.

    Of a kind that was skipped nobody can tell which of its keys were; so there its count may be
    lower.
    """
    led: dict[KeyKind, set[int]] = {key.kind: set() for key in keys}
    if not {*skipped, *sizes} <= set(led):
        raise ReplyError(ReplyFault.CONTRADICTION)
    for key in set(keys):
        holds = filed_under(key)
        block = {position for position, row in enumerate(rows) if holds(row)}
        if len(block) > CAPS[key.kind] and key.kind not in skipped:
            raise ReplyError(ReplyFault.CONTRADICTION)
        led[key.kind] |= block
    reached = set[int]().union(*(block for kind, block in led.items() if kind in sizes))
    if len(reached) < len(rows):
        raise ReplyError(ReplyFault.ANOTHER_PERSON)
    for kind, block in led.items():
        size = sizes.get(kind, 0)
        if size > len(block) or (size < len(block) and kind not in skipped):
            raise ReplyError(ReplyFault.CONTRADICTION)


def _answer(value: object) -> Response:
    return Response(200, _dump(value), {"content-type": "application/json"})


def _dump(value: object) -> bytes:
    """Write JSON; where a text has half a surrogate pair, which UTF-8 has not, in ASCII."""
    try:
        return dump_json(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
