"""The national population database over the exchange platforms NDXP and LGSP, as SOAP 1.1.

**Reconstructed, unverified.** No official document was seen: names, order and meaning of the
elements are those of several public clients (read November 2026), and whoever connects holds them
against the document that the platform gives them. Element order matters.

``verify`` is «XacThucThongTinCongDan», answered by «TonTai» true or false; ``look-up`` is
«TraCuuThongTinCongDan», answered by the citizen. No request carries the sex: a true says nothing of
it, and only the reply to a look-up does.
"""

from __future__ import annotations

import hmac
import re
import warnings
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import attrs

from vnvaxmatch.backends.remote.answers import Answer, ReplyFault
from vnvaxmatch.backends.remote.codecs.citizens import (
    REPLY_NAMESPACE,
    SEX_CODES,
    read_citizen,
    write_citizen,
)
from vnvaxmatch.backends.remote.codecs.forms import (
    DateForm,
    NameForm,
    choice,
    name_form,
    read_birth,
    sex_words,
    write_birth,
    write_name,
)
from vnvaxmatch.backends.remote.codecs.judging import agreement
from vnvaxmatch.backends.remote.codecs.soap import (
    SOAP,
    Element,
    Tree,
    body_of,
    children,
    envelope,
    leaf,
    local,
    writable,
)
from vnvaxmatch.backends.remote.codecs.texts import check_media
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.compare import Evidence, Finding, Level, compare
from vnvaxmatch.errors import InputError, ReplyError, RequestError
from vnvaxmatch.normalize import IdKind, Precision
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Outcome, Policy, Verdict, strict
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["NAMESPACE", "Ndxp", "Operation", "UnverifiedWarning"]

NAMESPACE: Final = "http://dancuquocgia.bca"

_ASKED: Final = frozenset({Field.NAME, Field.BIRTH, Field.ID_NUMBER})
_XML: Final = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
_TAG: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}")
_PATH: Final = re.compile(r"/[A-Za-z0-9_.~/%\-]*")
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_SHORTEST_KEY: Final = 16
_ID_LENGTH: Final = 32
_BIRTH_LEVELS: Final = frozenset({Level.CLOSE})


class UnverifiedWarning(UserWarning):
    """The protocol was reconstructed from public code and never verified against its owner."""


class Operation(StrEnum):
    """Which of the two services is asked."""

    VERIFY = "verify"
    """XacThucThongTinCongDan: true or false."""
    LOOK_UP = "look-up"
    """TraCuuThongTinCongDan: the citizen, if number, name and birth all fit."""


_ELEMENT: Final = {
    Operation.VERIFY: "XacThucThongTinCongDan",
    Operation.LOOK_UP: "TraCuuThongTinCongDan",
}


def _operation(given: str) -> Operation:
    return choice(Operation, given, option="operation")


def _check_text(_codec: object, attribute: attrs.Attribute[str], given: str) -> None:
    if not isinstance(given, str) or not given.strip() or not writable(given) or len(given) > 100:
        raise InputError(f"the codec ndxp needs {attribute.name}: a text of at most 100 characters")


def _check_key(_codec: object, _attribute: object, key: bytes) -> None:
    if not isinstance(key, bytes) or len(key) < _SHORTEST_KEY:
        raise InputError(f"the codec ndxp needs a key of at least {_SHORTEST_KEY} random bytes")


def _check_extra(_codec: object, _attribute: object, extra: Mapping[str, str]) -> None:
    for tag, text in extra.items():
        if not _TAG.fullmatch(tag) or not isinstance(text, str) or not writable(text):
            raise InputError("extra maps names of elements to their texts")


def _check_path(_codec: object, _attribute: object, path: str) -> None:
    if not isinstance(path, str) or (path and not _PATH.fullmatch(path)):
        raise InputError("path is what follows the address of the registry, and begins with /")


@attrs.frozen
class Ndxp:
    """The codec ``ndxp``, and its answering side: reconstructed, unverified.

    ``ma_dvc``, ``ma_tich_hop`` and ``ma_can_bo`` (service, integration, and the officer who asks,
    named in every call) come from the platform; ``extra`` are elements that some platforms want
    after them. ``key`` makes the identifier of a request (MaYeuCau), the same for the same claim
    and telling nothing of it: keep it as long as a run may be resumed. ``path`` is what
    follows the address of the registry.
    """

    ma_dvc: str = attrs.field(validator=_check_text)
    ma_tich_hop: str = attrs.field(validator=_check_text)
    ma_can_bo: str = attrs.field(validator=_check_text, repr=False)
    key: bytes = attrs.field(validator=_check_key, repr=False)
    operation: Operation = attrs.field(default=Operation.VERIFY, converter=_operation)
    names: NameForm = attrs.field(default=NameForm.UPPER, converter=name_form)
    sexes: Mapping[str, str] = attrs.field(default=SEX_CODES, converter=sex_words)
    extra: Mapping[str, str] = attrs.field(factory=dict, validator=_check_extra, repr=False)
    path: str = attrs.field(default="", validator=_check_path)

    def __attrs_post_init__(self) -> None:
        warnings.warn(
            "the codec ndxp is reconstructed from public code and unverified: hold it against the "
            "platform's own document before you rely on it",
            UnverifiedWarning,
            stacklevel=3,
        )

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        return "ndxp/0-unverified"

    @property
    def asks(self) -> frozenset[Field]:
        """All but the sex; a look-up's reply tells that too."""
        return frozenset(Field) if self.operation is Operation.LOOK_UP else _ASKED

    @property
    def statuses(self) -> frozenset[int]:
        """200 alone."""
        return frozenset({200})

    def request(self, claim: Claim, /) -> Request | Reason:
        """Ask for number, name and birth, which must all be there.

        A birth of month and year cannot be asked: the day would be invented, or the month lost.
        """
        if any(claim.gap(field) for field in _ASKED):
            return Reason.CANNOT_BE_ASKED
        number, birth = claim.id_number.unwrap(), claim.birth.unwrap()
        person = write_name(claim.name.unwrap(), self.names)
        if birth.precision is Precision.MONTH or not person or not writable(person):
            return Reason.CANNOT_BE_ASKED
        when = "Nam" if birth.precision is Precision.YEAR else "NgayThangNam"
        asked: tuple[Tree, ...] = (
            ("SoDinhDanh" if number.kind is IdKind.CCCD else "SoCMND", number.text),
            ("HoVaTen", person),
            ("NgayThangNamSinh", ((when, write_birth(birth, DateForm.BASIC)),)),
        )
        content: tuple[Tree, ...] = (
            ("MaYeuCau", self._identifier(repr(asked))),
            ("MaDVC", self.ma_dvc),
            ("MaTichHop", self.ma_tich_hop),
            ("MaCanBo", self.ma_can_bo),
            *self.extra.items(),
            *asked,
        )
        body: Tree = (_ELEMENT[self.operation], content)
        message = envelope(body, prefix="dan", namespace=NAMESPACE)
        return Request("POST", self.path, message, dict(_XML))

    def _identifier(self, asked: str) -> str:
        text = f"{self.operation}|{asked}".encode()
        return hmac.new(self.key, text, "sha256").hexdigest()[:_ID_LENGTH]

    def answer(self, response: Response, claim: Claim, /) -> Answer:
        """Read true, false, or the citizen.

        A false, and an empty collection, say that number, name and birth do not all fit, and not
        which: whether the number exists is not told.
        """
        if response.status not in self.statuses:
            raise ReplyError(ReplyFault.STATUS)
        check_media(response, "xml")
        inner = body_of(response.body)
        if self.operation is Operation.VERIFY:
            return self._verified(claim) if _exists(inner) else Answer.denied()
        return self._looked_up(inner, claim)

    def _verified(self, claim: Claim) -> Answer:
        levels, at_least = dict.fromkeys(_ASKED, Level.SAME), set()
        if self.names is NameForm.UNMARKED:
            levels[Field.NAME] = Level.UNMARKED
            at_least.add(Field.NAME)
        if claim.birth.unwrap().precision is Precision.YEAR:
            # a person of whom the whole date is held fits too
            levels[Field.BIRTH] = Level.CLOSE
            at_least.add(Field.BIRTH)
        return Answer.present(levels, agrees=True, at_least=at_least)

    def _looked_up(self, inner: Element, claim: Claim) -> Answer:
        if local(inner, (NAMESPACE, REPLY_NAMESPACE)) != "CongdanCollection":
            raise ReplyError(ReplyFault.SHAPE)
        citizens = [
            child
            for child in children(inner)
            if local(child, (NAMESPACE, REPLY_NAMESPACE)) == "CongDan"
        ]
        evidences = [
            _of_another_kind(compare(claim, read_citizen(c, sexes=self.sexes))) for c in citizens
        ]
        wrong = (Level.CLOSE, Level.DIFFERENT)
        if any(evidence.levels[Field.ID_NUMBER] in wrong for evidence in evidences):
            raise ReplyError(ReplyFault.ANOTHER_PERSON)
        if not evidences:
            return Answer.denied()
        return Answer.compared(evidences[0]) if len(evidences) == 1 else Answer.several(evidences)

    def parse_request(self, request: Request, /) -> Claim:
        """Read the claim; it has no sex, for no request carries one."""
        if request.method != "POST":
            raise RequestError("method")
        try:
            asked = _values(body_of(request.body), _ELEMENT[self.operation])
        except ReplyError as error:
            kind = error.kind
        else:
            birth = read_birth(asked["birth"], DateForm.BASIC)
            if birth is None or birth.precision is Precision.MONTH:
                raise RequestError("value")
            return Claim.read(name=asked["name"], birth=str(birth), id_number=asked["number"])
        raise RequestError(kind)

    def render_answer(
        self,
        verdict: Verdict,
        claim: Claim,
        /,
        *,
        disclosure: Disclosure = Disclosure.VERDICT,
        policy: Policy | None = None,
        entry: Entry | None = None,
    ) -> Response:
        """Say whether all that was asked fits; a look-up is refused below disclosure ``values``."""
        look_up = self.operation is Operation.LOOK_UP
        if look_up and disclosure is not Disclosure.VALUES:
            return _fault(403, "Client", "a look-up is not allowed here")
        if verdict.outcome is Outcome.AMBIGUOUS:
            return _fault(500, "Server", "several people have this number")
        also = {Field.NAME: frozenset({Level.UNMARKED})} if self.names is NameForm.UNMARKED else {}
        if _is_year_of(claim, verdict):
            also[Field.BIRTH] = _BIRTH_LEVELS
        agrees = agreement(verdict, _ASKED, policy=policy or strict, also=also)
        known = verdict.evidence is not None or verdict.outcome is Outcome.MATCHED
        if known and None in agrees.values() and False not in agrees.values():
            return _fault(500, "Server", "not all of this can be compared")
        fits = known and all(agrees.values())
        if not look_up:
            exists: Tree = ("KetQuaXacThuc", (("TonTai", "true" if fits else "false"),))
            return _xml(200, envelope(exists, prefix="dan", namespace=NAMESPACE))
        found = (write_citizen(entry, sexes=self.sexes),) if fits and entry is not None else ()
        collection: Tree = ("CongdanCollection", found)
        return _xml(200, envelope(collection, prefix="ns1", namespace=REPLY_NAMESPACE))


def _of_another_kind(evidence: Evidence) -> Evidence:
    """Take a number for not compared where a CMND was asked and the CCCD alone was told."""
    findings = tuple(
        Finding(f.field, Level.MISSING, Reason.ID_NUMBER_NOT_COMPARED)
        if f.reason is Reason.ID_NUMBER_OTHER_KIND
        else f
        for f in evidence.findings
    )
    return attrs.evolve(evidence, findings=findings)


def _is_year_of(claim: Claim, verdict: Verdict) -> bool:
    """Whether a year was asked and the entry's whole date lies in it."""
    if claim.gap(Field.BIRTH) or claim.birth.unwrap().precision is not Precision.YEAR:
        return False
    findings = verdict.evidence.findings if verdict.evidence else ()
    return any(f.reason is Reason.BIRTH_YEAR_ONLY for f in findings)


def _exists(inner: Element) -> bool:
    """Read TonTai: true, false, 1 or 0, and nothing else."""
    if local(inner, (NAMESPACE,)) != "KetQuaXacThuc":
        raise ReplyError(ReplyFault.SHAPE)
    said = [leaf(c) for c in children(inner) if local(c, (NAMESPACE,)) == "TonTai"]
    if len(said) != 1 or said[0] not in (*_TRUE, *_FALSE):
        raise ReplyError(ReplyFault.SHAPE)
    return said[0] in _TRUE


def _values(inner: Element, element: str) -> dict[str, str]:
    """Read number, name and birth, which must come once each."""
    if inner.tag != f"{{{NAMESPACE}}}{element}":
        raise ReplyError(ReplyFault.SHAPE)
    known = {"SoDinhDanh": "number", "SoCMND": "number", "HoVaTen": "name"}
    found: list[tuple[str, str]] = []
    for child in children(inner):
        tag = local(child, (NAMESPACE,))
        if tag in known:
            found.append((known[tag], leaf(child)))
        elif tag == "NgayThangNamSinh":
            found += (("birth", leaf(part)) for part in children(child))
    values = dict(found)
    if len(values) != len(found) or set(values) != {"number", "name", "birth"}:
        raise ReplyError(ReplyFault.SHAPE)
    return values


def _fault(status: int, code: str, words: str) -> Response:
    fault: Tree = ("Fault", (("faultcode", f"soapenv:{code}"), ("faultstring", words)))
    return _xml(status, envelope(fault, prefix="soapenv", namespace=SOAP))


def _xml(status: int, body: bytes) -> Response:
    return Response(status, body, {"content-type": "text/xml; charset=utf-8"})
