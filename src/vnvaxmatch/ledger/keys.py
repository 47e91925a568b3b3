"""The caller's master keys, and the data keys that they wrap: one for each person.

Personal values are encrypted (AES-256-GCM) under the data key of their person; the data key is kept
encrypted under a master key, which is never kept. To destroy the data key is to destroy the values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.events import Seal
from vnvaxmatch.outcome import redact

__all__ = [
    "DESTROYED",
    "KEY_BYTES",
    "NONCE_BYTES",
    "WRAPPED_BYTES",
    "KeyRing",
    "Master",
    "Random",
    "Sealer",
]

KEY_BYTES: Final = 32
WRAPPED_BYTES: Final = 64
"""Four bytes of the master key's number, a nonce of 12, the key of 32, a tag of 16."""
DESTROYED: Final = bytes(WRAPPED_BYTES)
"""What stands where a wrapped data key was: the same length, so that it is overwritten in place."""

NONCE_BYTES: Final = 12
_PAD: Final = 32
"""Personal values are filled up to a multiple of this, so that their length says little."""

Random: TypeAlias = Callable[[int], bytes]
"""Gives so many random bytes that nobody can guess, as :func:`os.urandom` does."""
Master: TypeAlias = tuple[str, bytes]
"""What a log keeps of a master key: its id, and a proof by which the right one is known."""


def _frozen(keys: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return MappingProxyType(dict(keys))


@attrs.frozen
class KeyRing:
    """Master keys of 32 bytes by their ids, and the id of the one that wraps new data keys.

    Keep former keys in the ring until :meth:`Ledger.rotate` has wrapped all under the current one.

    >>> KeyRing({"2026": bytes(32)}, current="2026")
    KeyRing(keys=<redacted>, current='2026')
    """

    keys: Mapping[str, bytes] = attrs.field(converter=_frozen, repr=redact)
    current: str = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name, key in self.keys.items():
            if not isinstance(name, str) or not name.isascii() or not 0 < len(name) <= 100:
                raise LedgerError("the id of a master key is not ASCII text of 1 to 100 letters")
            if not isinstance(key, bytes) or len(key) != KEY_BYTES:
                raise LedgerError(f"the master key {name!r} is not {KEY_BYTES} bytes long")
        if self.current not in self.keys:
            raise LedgerError(f"the current master key {self.current!r} is not in the key ring")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without the view that keeps ``keys`` as they are."""
        return _again, (dict(self.keys), self.current)


def _again(keys: Mapping[str, bytes], current: str) -> KeyRing:
    return KeyRing(keys, current=current)


class Sealer:
    """Encrypts and decrypts personal values with the data keys that a key ring unlocks.

    It knows the master keys that a log has seen (:meth:`learn`) by their numbers there. No data
    key outlives the call that needed it. It holds no lock: whoever uses it does.
    """

    def __init__(self, ring: KeyRing | None, *, random: Random) -> None:
        self.ring = ring
        self.random = random
        self._known: frozenset[int] = frozenset()
        self._masters: dict[int, AESGCM] = {}
        self._current: int | None = None

    def learn(self, masters: Mapping[int, Master]) -> None:
        """Take note of the master keys of a log; one that is another by the same id is an error."""
        keys = self.ring.keys if self.ring else {}
        found = {}
        for number, (name, proof) in masters.items():
            if name in keys:
                found[number] = _proven(name, keys[name], proof)
        self._masters, self._known = found, frozenset(masters)
        current = self.ring.current if self.ring else None
        self._current = next((n for n, (name, _) in masters.items() if name == current), None)

    def knows(self, wrapped: bytes, /) -> bool:
        """Tell whether the master key that a data key is wrapped under was learned of."""
        return wrapped == DESTROYED or _master_of(wrapped) in self._known

    def forget(self) -> None:
        """Forget what was learned in a transaction that came to nothing."""
        self._known, self._masters, self._current = frozenset(), {}, None

    @property
    def current(self) -> int | None:
        """The number of the current master key, or None where the log has not seen it yet."""
        return self._current

    def introduce(self) -> Master:
        """Give what a log keeps of the current master key."""
        if self.ring is None:
            raise LedgerError(
                "personal values cannot be kept: this ledger was opened without a key ring; "
                "open it with keys"
            )
        name, nonce = self.ring.current, self.random(NONCE_BYTES)
        return name, nonce + AESGCM(self.ring.keys[name]).encrypt(nonce, b"", _about_master(name))

    def new_key(self, *, number: int, person: str) -> tuple[AESGCM, bytes]:
        """Make a data key, and give it with what a log keeps of it."""
        drawn = self.random(KEY_BYTES + NONCE_BYTES)
        key = drawn[:KEY_BYTES]
        return AESGCM(key), self._wrap(key, drawn[KEY_BYTES:], number=number, person=person)

    def open_key(self, wrapped: bytes, /, *, number: int, person: str) -> AESGCM | Seal:
        """Unwrap a data key, or say why it cannot be."""
        key = self._unwrap(wrapped, number=number, person=person)
        return key if isinstance(key, Seal) else AESGCM(key)

    def rewrap(self, wrapped: bytes, /, *, number: int, person: str) -> bytes | None:
        """Wrap a data key under the current master key; None where it is so, or destroyed."""
        if wrapped == DESTROYED or _master_of(wrapped) == self._current:
            return None
        key = self._unwrap(wrapped, number=number, person=person)
        if isinstance(key, Seal):
            raise LedgerError(
                f"the data key {number} is wrapped under a master key that is not in the key ring: "
                "add the former master keys to it"
            )
        return self._wrap(key, self.random(NONCE_BYTES), number=number, person=person)

    def _wrap(self, key: bytes, nonce: bytes, *, number: int, person: str) -> bytes:
        if self._current is None:
            raise LedgerError("the log does not know the current master key: open it again")
        wrapped = self._masters[self._current].encrypt(nonce, key, _about_key(number, person))
        return self._current.to_bytes(4, "big") + nonce + wrapped

    def _unwrap(self, wrapped: bytes, *, number: int, person: str) -> bytes | Seal:
        if wrapped == DESTROYED:
            return Seal.DESTROYED
        master = self._masters.get(_master_of(wrapped))
        if master is None:
            return Seal.LOCKED
        try:
            return master.decrypt(
                wrapped[4 : 4 + NONCE_BYTES], wrapped[4 + NONCE_BYTES :], _about_key(number, person)
            )
        except (InvalidTag, ValueError):
            raise LedgerError(
                f"the data key {number} cannot be unwrapped: it was altered, or moved to another "
                "person; put the log back from a copy"
            ) from None


def pack(personal: Mapping[str, str], /) -> bytes:
    """Write personal values as bytes, filled up with spaces."""
    if not isinstance(personal, Mapping):
        raise LedgerError("its personal values are no mapping of names to texts")
    for name, value in personal.items():
        if not isinstance(name, str) or not isinstance(value, str) or not name.isascii():
            raise LedgerError("personal values are texts, and their names ASCII text")
    text = ",".join(
        [
            f"{encode_basestring(name)}:{encode_basestring(value)}"
            for name, value in personal.items()
        ]
    )
    try:
        packed = f"{{{text}}}".encode()
    except UnicodeEncodeError:
        raise LedgerError("a personal value is not Unicode (it has half a character)") from None
    return packed + b" " * (-len(packed) % _PAD)


def unpack(key: AESGCM, sealed: bytes, /, *, about: bytes, index: int) -> dict[str, str]:
    """Decrypt personal values; altered ones, or those of another event, are an error."""
    try:
        return dict(json.loads(key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)))
    except (InvalidTag, ValueError, TypeError):
        raise LedgerError(
            f"the personal values of event {index} cannot be decrypted: they were altered; "
            "check the log"
        ) from None


def _proven(name: str, key: bytes, proof: bytes) -> AESGCM:
    master = AESGCM(key)
    try:
        master.decrypt(proof[:NONCE_BYTES], proof[NONCE_BYTES:], _about_master(name))
    except (InvalidTag, ValueError):
        raise LedgerError(
            f"the master key {name!r} of the key ring is not the one that this log knows by that "
            "id: give the right one, or give the new one another id"
        ) from None
    return master


def _master_of(wrapped: bytes) -> int:
    return int.from_bytes(wrapped[:4], "big")


def _about_master(name: str) -> bytes:
    return b"vnvaxmatch.ledger/1 master " + name.encode("ascii")


def _about_key(number: int, person: str) -> bytes:
    return b"vnvaxmatch.ledger/1 key %d %b" % (number, person.encode("ascii"))
