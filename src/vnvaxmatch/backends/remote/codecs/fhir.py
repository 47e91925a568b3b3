"""FHIR R4 ``Patient/$match`` as IHE PDQm ITI-119 has it: a person in, graded people out.

A hit is a whole Patient, more than true or false: the four fields are compared here, with the same
rules as everywhere, and nothing of it is kept but the levels and the id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from vnvaxmatch.backends.remote.answers import Answer, ReplyFault
from vnvaxmatch.backends.remote.codecs.forms import NameForm, name_form
from vnvaxmatch.backends.remote.codecs.matches import (
    GRADE_URL,
    OUTCOME_SYSTEM,
    Hit,
    Matches,
    read_matches,
)
from vnvaxmatch.backends.remote.codecs.patients import (
    SYSTEM,
    findings_told,
    id_of,
    read_entry,
    write_findings,
    write_patient,
)
from vnvaxmatch.backends.remote.codecs.shapes import Json, objects, take, thing
from vnvaxmatch.backends.remote.codecs.texts import check_media, dump_json, read_json
from vnvaxmatch.backends.remote.wire import Request, Response
from vnvaxmatch.compare import Evidence, Level, compare
from vnvaxmatch.errors import InputError, ReplyError, RequestError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.policy import Disclosure, Outcome, Policy, Verdict
from vnvaxmatch.records import Claim, Entry, Field

__all__ = ["BUNDLE_LIMIT", "Fhir"]

BUNDLE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of a reply: a Patient may hold a photograph."""

_JSON: Final = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}
_PATH: Final = "/Patient/$match"
_AGREE: Final = (Level.SAME, Level.LINKED)
_MOST: Final = 100


def _check_system(_codec: object, _attribute: object, system: str) -> None:
    if not isinstance(system, str) or ":" not in system or not system.isprintable():
        raise InputError("the system of ID numbers is a URI")


def _check_count(_codec: object, _attribute: object, count: int) -> None:
    if type(count) is not int or not 2 <= count <= _MOST:
        raise InputError(f"count is a number of 2 to {_MOST}: with one, nobody knows of a second")


@attrs.frozen
class Fhir:
    """The codec ``fhir``, and its answering side.

    ``system`` is the registry's system of ID numbers. A ``certain`` hit is the person. A
    ``probable`` one is, if its number is the claimed one, now or formerly; otherwise, and for a
    ``possible`` one, a person decides. A withdrawn record (``active`` false) is nobody, and alone
    it is for a person to decide.
    """

    system: str = attrs.field(default=SYSTEM, validator=_check_system)
    count: int = attrs.field(default=5, validator=_check_count)
    names: NameForm = attrs.field(default=NameForm.CANONICAL, converter=name_form)

    @property
    def name(self) -> str:
        """Name and version, as results record it."""
        return "fhir/1"

    @property
    def asks(self) -> frozenset[Field]:
        """All four."""
        return frozenset(Field)

    @property
    def statuses(self) -> frozenset[int]:
        """200 alone: that nobody fits is an empty Bundle."""
        return frozenset({200})

    def request(self, claim: Claim, /) -> Request | Reason:
        """Send the person as the claim states it."""
        if claim.gap(Field.ID_NUMBER) is not None:
            return Reason.CANNOT_BE_ASKED
        patient = self._stated(claim, frozenset(Field), self.names)
        parameters = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "resource", "resource": patient},
                {"name": "onlyCertainMatches", "valueBoolean": False},
                {"name": "count", "valueInteger": self.count},
            ],
        }
        try:
            return Request("POST", _PATH, dump_json(parameters), dict(_JSON))
        except UnicodeEncodeError:
            return Reason.CANNOT_BE_ASKED

    def answer(self, response: Response, claim: Claim, /) -> Answer:
        """Read a searchset Bundle, and compare what it holds with the claim."""
        if response.status not in self.statuses:
            raise ReplyError(ReplyFault.STATUS)
        check_media(response, "json")
        matches = read_matches(thing(read_json(response.body, limit=BUNDLE_LIMIT)))
        if not matches.hits and matches.outcome is not None:
            return _own_word(matches.outcome)
        return _best(matches, [self._evidence(hit, claim) for hit in matches.hits])

    def _evidence(self, hit: Hit, claim: Claim) -> Evidence:
        told = findings_told(hit.patient)
        evidence = compare(claim, read_entry(hit.patient, system=self.system))
        findings = tuple(
            told.get(finding.field, finding) if finding.level is Level.MISSING else finding
            for finding in evidence.findings
        )
        return attrs.evolve(evidence, findings=findings)

    def _stated(
        self, claim: Claim, fields: frozenset[Field], names: NameForm = NameForm.CANONICAL
    ) -> dict[str, object]:
        def has(field: Field) -> bool:
            return field in fields and claim.gap(field) is None

        return write_patient(
            person=claim.name.unwrap() if has(Field.NAME) else None,
            birth=claim.birth.unwrap() if has(Field.BIRTH) else None,
            sex=claim.sex.unwrap() if has(Field.SEX) else None,
            number=claim.id_number.unwrap() if has(Field.ID_NUMBER) else None,
            system=self.system,
            names=names,
        )

    def parse_request(self, request: Request, /) -> Claim:
        """Read the claim from Parameters or from a bare Patient."""
        if request.path != _PATH:
            raise RequestError("path")
        if request.method != "POST":
            raise RequestError("method")
        try:
            patient = _asked_patient(thing(read_json(request.body)))
            entry = read_entry(patient, system=self.system)
        except ReplyError as error:
            kind = error.kind
        else:
            return Claim.read(
                name=str(entry.name or ""),
                birth=str(entry.birth or ""),
                sex=str(entry.sex or ""),
                id_number=str(entry.number or ""),
            )
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
        """Render a Bundle: with the entry at ``values``, else with what the claim says itself.

        Below ``values`` a field that differs is left out and told by our extension; at ``verdict``
        whoever does not match is not there, and an OperationOutcome says the outcome in our words.
        """
        told = verdict.disclose(disclosure)
        if told.outcome is Outcome.MATCHED or told.evidence is not None:
            return _bundle([self._hit(told, claim, entry)])
        if told.outcome is Outcome.NOT_FOUND:
            return _bundle([])
        return _bundle([], outcome=told.outcome)

    def _hit(self, told: Verdict, claim: Claim, entry: Entry | None) -> dict[str, object]:
        findings = told.evidence.findings if told.evidence else ()
        if entry is not None and told.disclosure is Disclosure.VALUES:
            patient = write_patient(
                person=entry.name,
                birth=entry.birth,
                sex=entry.sex,
                number=entry.number,
                system=self.system,
                former=entry.former_numbers,
            )
            patient |= id_of(entry.key)
        else:
            agreeing = frozenset(f.field for f in findings if f.level in _AGREE)
            patient = self._stated(claim, agreeing if findings else frozenset(Field))
            if differing := write_findings(findings):
                patient["extension"] = differing
        patient["active"] = True
        certain = told.outcome is Outcome.MATCHED
        return _entry(patient, "certain" if certain else "probable", 1 if certain else 0.5)


def _own_word(word: str) -> Answer:
    """Read the word that our answering side puts for an outcome without people."""
    match word:
        case Outcome.MISMATCHED:
            return Answer.denied()
        case Outcome.AMBIGUOUS:
            return Answer.several()
        case Outcome.NOT_FOUND:
            return Answer.absent()
        case Outcome.INCOMPLETE | Outcome.MALFORMED | Outcome.OUT_OF_SCOPE:
            return Answer.untold()
        case _:
            raise ReplyError(ReplyFault.SHAPE)


def _best(matches: Matches, evidences: Sequence[Evidence]) -> Answer:
    """Take the best grade that any record has which was not withdrawn."""
    graded = list(zip(matches.hits, evidences, strict=True))
    fitting = [(hit, e) for hit, e in graded if hit.grade != "certainly-not"]
    live = [(hit.grade, e) for hit, e in fitting if hit.active]
    best = next((g for g in ("certain", "probable", "possible") if g in dict(live)), None)
    if matches.cut_short and (best != "certain" or all(h.grade == best for h, _ in graded)):
        raise ReplyError(ReplyFault.SEARCH_CUT_SHORT)
    group = [e for grade, e in live if grade == best]
    by_number = [e for e in group if e.levels[Field.ID_NUMBER] in _AGREE]
    identified = group if best == "certain" else by_number if best == "probable" else []
    if len(identified) == 1:
        return Answer.compared(identified[0])
    if identified:
        return Answer.several(identified)
    if not fitting:
        return Answer.absent()
    keys = [e.entry_key for e in (group or [e for _, e in fitting]) if e.entry_key]
    why = Reason.WEIGHT_TOO_LOW if group else Reason.ENTRY_WITHDRAWN
    return Answer.several(candidates=keys, reasons=(why,))


def _asked_patient(said: Json) -> Json:
    if said.get("resourceType") == "Patient":
        return said
    if said.get("resourceType") != "Parameters":
        raise ReplyError(ReplyFault.SHAPE)
    by_name = {take(p, "name", str): p for p in objects(said, "parameter")}
    take(by_name.get("onlyCertainMatches", {}), "valueBoolean", bool)
    take(by_name.get("count", {}), "valueInteger", int)
    patient = thing(by_name.get("resource", {}).get("resource"))
    if patient.get("resourceType") != "Patient":
        raise ReplyError(ReplyFault.SHAPE)
    return patient


def _entry(patient: Json, grade: str, score: float) -> dict[str, object]:
    search = {
        "extension": [{"url": GRADE_URL, "valueCode": grade}],
        "mode": "match",
        "score": score,
    }
    return {"fullUrl": "urn:x-vnvaxmatch:hit:1", "resource": patient, "search": search}


def _bundle(hits: list[dict[str, object]], *, outcome: Outcome | None = None) -> Response:
    bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset", "total": len(hits)}
    entries = list(hits)
    if outcome is not None:
        coding = {"system": OUTCOME_SYSTEM, "code": outcome.value}
        issue = {
            "severity": "information",
            "code": "informational",
            "details": {"coding": [coding]},
        }
        resource = {"resourceType": "OperationOutcome", "issue": [issue]}
        entries.append({"resource": resource, "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return Response(200, dump_json(bundle), {"content-type": "application/fhir+json"})
