"""The service of whole entries: keys come in, people go out, to the parts of the owning body only.

It is served where the codecs name ``entries``, and at disclosure ``values`` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from inspect import isawaitable
from typing import Any, Final

from vnvaxmatch.backends import AsyncRegistry, CountedRegistry, Found, Registry
from vnvaxmatch.backends.remote.entries import (
    FIND,
    FREQUENCIES,
    parse_find,
    render_found,
    render_frequencies,
)
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.blocking import Key, KeyKind
from vnvaxmatch.errors import InputError, RegistryError, RequestError
from vnvaxmatch.model import Frequencies
from vnvaxmatch.normalize import BirthDate, IdNumber
from vnvaxmatch.policy import Disclosure, Outcome
from vnvaxmatch.records import Claim, Field
from vnvaxmatch.server.describing_entries import describe_entries
from vnvaxmatch.server.guarding import NOTHING, Guards
from vnvaxmatch.server.looking import Looking
from vnvaxmatch.server.services import Answered, Asked, Described, Operation, Refusal, RefusalError
from vnvaxmatch.server.settings import Settings
from vnvaxmatch.server.shapes import problem

__all__ = ["ENTRIES", "WORDS", "EntryService", "entry_services"]

ENTRIES: Final = "entries"
"""Its name among the codecs, in the metrics and in the audit."""

_FOUND: Final = "found"
_FIND: Final = Operation("find", FIND, media=("application/json",))
_FREQUENCIES: Final = Operation("frequencies", FREQUENCIES, method="GET")

WORDS: Final = frozenset({ENTRIES, _FOUND, _FIND.name, _FREQUENCIES.name})
"""The words of this service in the metrics."""


class EntryService:
    """Hands out the entries that have a key, and the counts of all of them.

    Each number that is asked for is held against the guards; what was found counts as found and
    never as agreed, for whoever asks compares for himself. The audit has a line for each key: its
    digest is that of the claim which says as much as the key does, and a name there is without
    marks. A phone number says nothing of the four fields, so its line has the digest of a blank.
    """

    name = ENTRIES
    prefix = f"/{ENTRIES}"
    operations = (_FIND, _FREQUENCIES)

    def __init__(self, *, looking: Looking, guards: Guards) -> None:
        self._looking = looking
        self._guards = guards

    def refuse(self, refusal: Refusal, /) -> Response:
        """Say that there is no answer as RFC 9457 has it."""
        return problem(refusal)

    def describe(self) -> Described:
        """Describe the operations."""
        return describe_entries(self, _FIND, _FREQUENCIES)

    async def answer(self, asked: Asked, /) -> Answered:
        """Hand out what is asked for, and record it first."""
        if asked.operation == _FREQUENCIES:
            counted = await self._told(asked, (), partial(_counted, self._looking.registry))
            await self._record(asked, (), outcome=_FOUND, disclosed=Disclosure.VALUES.value)
            return Answered(render_frequencies(counted), _FOUND)
        keys = _keys(asked.request)
        found: Found = await self._told(asked, keys, partial(self._looking.registry.find, keys))
        outcome = _FOUND if found.entries or found.skipped else Outcome.NOT_FOUND.value
        held = {number.text for entry in found.entries for number in entry.former_numbers}
        held |= {entry.number.text for entry in found.entries if entry.number is not None}
        for claim in _claims(keys):
            if number := _number(claim):
                await self._guards.saw(
                    asked.caller, number=number, found=number in held, agreed=False, claim=claim
                )
        await self._record(asked, keys, outcome=outcome, disclosed=Disclosure.VALUES.value)
        return Answered(render_found(found), outcome)

    async def _told(self, asked: Asked, keys: Sequence[Key], call: Callable[[], Any]) -> Any:
        """Ask the registry under the eyes of the guards; a question without answer is recorded."""
        try:
            for claim in _claims(keys):
                if number := _number(claim):
                    await self._guards.admit(asked.caller, number=number)
            told = await self._looking.run(call)
            return await told if isawaitable(told) else told
        except RefusalError as refused:
            await self._record(asked, keys, outcome=refused.refusal.value, disclosed=NOTHING)
            raise
        except RegistryError:
            await self._record(asked, keys, outcome="undetermined", disclosed=NOTHING)
            raise

    async def _record(
        self, asked: Asked, keys: Sequence[Key], *, outcome: str, disclosed: str
    ) -> None:
        lines = [
            self._guards.record(
                asked.caller,
                codec=self.name,
                operation=asked.operation.name,
                outcome=outcome,
                disclosed=disclosed,
                claim=claim,
            )
            for claim in _claims(keys) or (Claim(),)
        ]
        await asyncio.gather(*lines)


def entry_services(
    *, looking: Looking, settings: Settings, guards: Guards
) -> tuple[EntryService, ...]:
    """Make the service, if it is to be served; InputError where less than values may be told."""
    if ENTRIES not in settings.codecs:
        return ()
    if settings.disclosure is not Disclosure.VALUES:
        raise InputError(
            "entries are all that the registry holds, and this server tells no more than "
            f"{settings.disclosure}: leave the codec entries out, or serve values to those who "
            "work in the body that owns the registry"
        )
    return (EntryService(looking=looking, guards=guards),)


def _keys(request: Request) -> tuple[Key, ...]:
    try:
        return parse_find(request)
    except RequestError:
        pass
    raise RefusalError(Refusal.REQUEST)


def _counted(registry: Registry | AsyncRegistry) -> Frequencies | Awaitable[Frequencies]:
    """Count, or take the nation's shares where the registry does not."""
    return registry.frequencies() if isinstance(registry, CountedRegistry) else Frequencies()


def _claims(keys: Sequence[Key]) -> tuple[Claim, ...]:
    """Say whom a question is about: what each key says, once."""
    return tuple(dict.fromkeys(map(_claim, keys)))


def _claim(key: Key) -> Claim:
    """Make the claim that says as much of the four fields as a key does.

    >>> str(_claim(Key(KeyKind.FOLD_BIRTH, "19851110 tran thu")).birth.unwrap())
    '1985-11-10'
    """
    kind, value = key.kind, key.value
    if kind in (KeyKind.NUMBER, KeyKind.FORMER_NUMBER):
        return Claim.read(id_number=IdNumber.from_code(int(value)).text)
    if kind is KeyKind.PHONE:
        return Claim()
    born, _, rest = value.partition(" ")
    birth = born if kind is KeyKind.FOLD_YEAR else str(BirthDate.from_code(int(born)))
    sex, _, given = rest.partition(" ") if kind is KeyKind.BIRTH_SEX_GIVEN else ("", "", rest)
    return Claim.read(name=given, birth=birth, sex=sex)


def _number(claim: Claim) -> str:
    return "" if claim.gap(Field.ID_NUMBER) else claim.id_number.unwrap().text
