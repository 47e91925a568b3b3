"""The service of a codec: a claim comes in as that protocol has it, and its answer goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vnvaxmatch.backends.remote.codecs import Answerer
from vnvaxmatch.backends.remote.codecs import answerer as answerer_of
from vnvaxmatch.backends.remote.codecs.attributes import DEFAULT_ATTRIBUTES
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.errors import BackendError, RegistryError, RequestError
from vnvaxmatch.policy import Disclosure, Outcome, Verdict
from vnvaxmatch.records import Claim, Entry, Field
from vnvaxmatch.server.describing import describe_codec
from vnvaxmatch.server.entries import ENTRIES
from vnvaxmatch.server.guarding import NOTHING, Guards
from vnvaxmatch.server.guards import sight_of
from vnvaxmatch.server.looking import Looking
from vnvaxmatch.server.services import Answered, Asked, Described, Operation, Refusal, RefusalError
from vnvaxmatch.server.settings import Settings
from vnvaxmatch.server.shapes import SHAPES

__all__ = ["OPERATIONS", "ClaimService", "claim_services"]

_JSON: Final = ("application/json",)
_FHIR: Final = ("application/fhir+json", "application/json")
_XML: Final = ("text/xml", "application/xml")

OPERATIONS: Final[Mapping[str, tuple[Operation, ...]]] = {
    "osia": (
        Operation("verify", "/v1/persons/{uin}/verify", media=_JSON),
        Operation("match", "/v1/persons/{uin}/match", media=_JSON),
    ),
    "fhir": (Operation("match", "/Patient/$match", media=_FHIR),),
    "ndxp": (Operation("verify", "", media=_XML), Operation("verify", "/", media=_XML)),
}
"""What each codec is asked, below its prefix."""

_UNASKED: Final = {"ma_dvc": "-", "ma_tich_hop": "-", "ma_can_bo": "-", "key": bytes(32)}
"""What the codec ndxp needs to ask, and not to answer."""


class ClaimService:
    """Answers claims by one codec.

    At each step that may fail the question ends without an answer: nobody is told what could not
    be written to the audit first.
    """

    def __init__(self, name: str, *, looking: Looking, settings: Settings, guards: Guards) -> None:
        if name not in OPERATIONS:
            raise BackendError(f"there is no codec «{name}»: choose of {', '.join(OPERATIONS)}")
        self.name = name
        self.prefix = f"/{name}"
        self.operations = OPERATIONS[name]
        self._looking = looking
        self._settings = settings
        self._guards = guards
        self._answerers = {op: _answerer(name, op, settings) for op in self.operations}
        options = settings.options.get(name, {})
        self._attributes: Mapping[str, str] = options.get("attributes", DEFAULT_ATTRIBUTES)  # type: ignore[assignment]
        self._forbidden = {
            op: refusal
            for op, answerer in self._answerers.items()
            if (refusal := _says_to_all(answerer, settings)) is not None
        }

    def refuse(self, refusal: Refusal, /) -> Response:
        """Say in the shape of the codec that there is no answer."""
        return SHAPES[self.name](refusal)

    def describe(self) -> Described:
        """Describe the operations."""
        return describe_codec(
            self,
            disclosure=self._settings.disclosure,
            forbidden=frozenset(self._forbidden),
            attributes=self._attributes,
        )

    async def answer(self, asked: Asked, /) -> Answered:
        """Read the claim, compare it, record that it was asked, and say what may be told."""
        answerer = self._answerers[asked.operation]
        claim = _read(answerer, asked.request)
        if (forbidden := self._forbidden.get(asked.operation)) is not None:
            await self._record(asked, claim, outcome="forbidden", disclosed=NOTHING)
            return Answered(forbidden, "forbidden")
        verdict, entry = await self._looked_up(asked, claim)
        disclosure = self._settings.disclosure
        response = answerer.render_answer(
            verdict,
            claim,
            disclosure=disclosure,
            policy=self._settings.policy,
            entry=entry if disclosure is Disclosure.VALUES else None,
        )
        await self._record(asked, claim, outcome=verdict.outcome.value, disclosed=disclosure.value)
        return Answered(response, verdict.outcome.value)

    async def _looked_up(self, asked: Asked, claim: Claim) -> tuple[Verdict, Entry | None]:
        """Compare the claim as far as the guards let; record a question that gets no answer."""
        number = "" if claim.gap(Field.ID_NUMBER) else claim.id_number.unwrap().text
        try:
            await self._guards.admit(asked.caller, number=number)
            verdict, entry = await self._looking.look(claim)
        except RefusalError as refused:
            await self._record(asked, claim, outcome=refused.refusal.value, disclosed=NOTHING)
            raise
        except RegistryError:
            await self._record(asked, claim, outcome="undetermined", disclosed=NOTHING)
            raise
        sight = sight_of(verdict, policy=self._settings.policy)
        if sight is not None:
            await self._guards.saw(
                asked.caller, number=number, found=sight.found, agreed=sight.agreed, claim=claim
            )
        return verdict, entry

    async def _record(self, asked: Asked, claim: Claim, *, outcome: str, disclosed: str) -> None:
        await self._guards.record(
            asked.caller,
            codec=self.name,
            operation=asked.operation.name,
            outcome=outcome,
            disclosed=disclosed,
            claim=claim,
        )


def claim_services(
    *, looking: Looking, settings: Settings, guards: Guards
) -> tuple[ClaimService, ...]:
    """Make the services of all codecs that are to be served."""
    return tuple(
        ClaimService(name, looking=looking, settings=settings, guards=guards)
        for name in settings.codecs
        if name != ENTRIES
    )


def _answerer(name: str, operation: Operation, settings: Settings) -> Answerer:
    options = dict(settings.options.get(name, {}))
    if name == "osia":
        options["operation"] = operation.name
    if name == "ndxp":
        options = {**_UNASKED, **options}
    return answerer_of(name, **options)


def _says_to_all(answerer: Answerer, settings: Settings) -> Response | None:
    """Give the refusal of an operation that the disclosure does not allow, whoever is asked for."""
    said = answerer.render_answer(
        Verdict(Outcome.NOT_FOUND), Claim(), disclosure=settings.disclosure, policy=settings.policy
    )
    return said if said.status == 403 else None


def _read(answerer: Answerer, request: Request) -> Claim:
    try:
        return answerer.parse_request(request)
    except RequestError:
        pass
    raise RefusalError(Refusal.REQUEST)
