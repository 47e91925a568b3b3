"""What a verifier is told of a statement or a batch, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from vnvaxmatch.certify.forms.outcomes import Caution as Odd
from vnvaxmatch.certify.forms.outcomes import SignatureChecked
from vnvaxmatch.certify.standings import Phrase, Standing, words_of
from vnvaxmatch.certify.statements import Context, Kind, Matches, Statement
from vnvaxmatch.certify.verifying import Verified
from vnvaxmatch.cli.shared import number, say
from vnvaxmatch.messages import Lang, message

__all__ = [
    "context_lines",
    "finding_lines",
    "match_lines",
    "signature_lines",
    "standing_lines",
    "total_lines",
    "verified_lines",
]

_MOST_REASONS = 20


def verified_lines(checked: Verified, lang: Lang) -> Iterator[str]:
    """Tell what a bundle is worth, who signed it, and exactly what it states."""
    lines = standing_lines(checked, lang)
    yield next(lines)
    statement = checked.statement
    if statement is not None and checked.standing is Standing.VALID:
        # next to the first word: a statement that somebody is wrong is valid too
        yield _headline(statement, lang)
    yield from lines
    if statement is None:
        return
    if checked.standing is not Standing.VALID:
        yield f"{message(Phrase.NOT_PROVEN, lang=lang)}:"
        yield _headline(statement, lang)
    yield from context_lines(statement.context, lang)
    yield from finding_lines(statement, lang)
    yield _line(Phrase.RECORD, statement.reference, lang)
    yield _line(Phrase.DIGEST, statement.digest, lang)
    size, place = number(checked.size, lang), number(checked.index + 1, lang)
    yield _line(Phrase.BATCH, f"{checked.origin}, {place} / {size}", lang)


def _headline(statement: Statement, lang: Lang) -> str:
    if statement.context.kind is Kind.CONFIRMED:
        return _line(Phrase.WHAT, words_of(Kind.CONFIRMED, lang=lang), lang)
    outcome = _words("outcome", str(statement.finding.get("outcome")), lang)
    return _line(Phrase.FINDING, outcome, lang)


def standing_lines(checked: Verified, lang: Lang) -> Iterator[str]:
    """Tell what it is worth and why, and who signed."""
    yield words_of(checked.standing, lang=lang).upper()
    for fault in checked.faults:
        yield f"  {words_of(fault, lang=lang)}"
    for caution in checked.cautions:
        yield say(lang, "  Lưu ý: ", "  Note: ") + words_of(caution, lang=lang)
    for signature in checked.signatures:
        yield from signature_lines(signature, lang)
    told = checked.withdrawals
    if told is not None:
        age = max((checked.at - told.at).days, 0)
        days = say(lang, f"{age} ngày trước", f"{age} days old")
        yield _line(Phrase.LIST, f"{told.number}, {_time(told.at)} ({days})", lang)
    yield _line(Phrase.CHECKED, _time(checked.at), lang)


def signature_lines(signature: SignatureChecked, lang: Lang) -> Iterator[str]:
    """Tell who signed and when, and what is wrong or odd about it."""
    if signature.signer is not None:
        yield _line(Phrase.SIGNER, signature.signer.subject, lang)
        yield _line(Phrase.ISSUER, signature.signer.issuer, lang)
        if signature.signer.tree is not None:
            yield _line(
                Phrase.TREE, message(_trust("tree", signature.signer.tree), lang=lang), lang
            )
    if signature.signed_at is not None:
        yield _line(Phrase.SIGNED, _time(signature.signed_at), lang)
    for fault in signature.reasons:
        yield f"  {message(_trust('fault', fault), lang=lang)}"
    for caution in signature.cautions:
        if caution is Odd.TIME_NOT_PROVEN:
            continue  # it is said of the whole
        told = message(_trust("caution", caution), lang=lang)
        yield say(lang, "  Lưu ý: ", "  Note: ") + told


def context_lines(context: Context, lang: Lang) -> Iterator[str]:
    """Tell what was stated by whom, when and where, and how it was found out."""
    yield _line(Phrase.OFFICE, context.office, lang)
    if context.place:
        yield _line(Phrase.PLACE, context.place, lang)
    yield _line(Phrase.STATED, _time(context.at), lang)
    if context.kind is Kind.COMPARED:
        yield _line(Phrase.WHAT, words_of(context.kind, lang=lang), lang)
        yield from _method_lines(context.about, context.about.get("compared"), lang)


def _method_lines(about: Mapping[str, Any], compared: object, lang: Lang) -> Iterator[str]:
    registry = about.get("registry")
    if isinstance(registry, dict):
        told = ", ".join(f"{name} {registry[name]}" for name in sorted(registry))
        yield _line(Phrase.REGISTRY, told, lang)
    model, library = about.get("model"), about.get("library")
    parts = [
        about.get("policy"),
        about.get("matcher"),
        model.get("name") if isinstance(model, dict) else model,
        library.get("version") if isinstance(library, dict) else library,
        compared,
    ]
    yield _line(Phrase.METHOD, ", ".join(str(part) for part in parts if part), lang)


def finding_lines(statement: Statement, lang: Lang) -> Iterator[str]:
    """Tell what the record came to; a code without words is shown as it stands."""
    finding: Mapping[str, Any] = statement.finding
    if statement.context.kind is Kind.CONFIRMED:
        for phrase, name in ((Phrase.IDENTITY, "identity"), (Phrase.VACCINATION, "vaccination")):
            side = finding.get(name)
            if isinstance(side, dict):
                by = str(side.get("by"))
                who = "registry" if by == "comparison" else by
                yield _line(phrase, f"{side.get('at')}, {_words('role', who, lang)}", lang)
        comparison = finding.get("comparison")
        if isinstance(comparison, dict):
            yield from _method_lines(comparison, finding.get("compared"), lang)
        return
    levels = finding.get("levels")
    if isinstance(levels, dict):
        told = [
            f"{_words('field', name, lang)}: {_words('level', str(level), lang)}"
            for name, level in sorted(levels.items())
            if level is not None
        ]
        if told:
            yield _line(Phrase.FIELDS, "; ".join(told), lang)
    reasons = finding.get("reasons")
    if isinstance(reasons, list) and reasons:
        words = [_words("", str(code), lang) for code in reasons[:_MOST_REASONS]]
        yield _line(Phrase.REASONS, "; ".join(words), lang)


def total_lines(totals: Mapping[str, int], lang: Lang) -> Iterator[str]:
    """Tell how many statements of a batch have which outcome."""
    for outcome, count in sorted(totals.items()):
        words = _words("outcome", outcome, lang)
        yield _line(Phrase.FINDING, f"{words}: {number(count, lang)}", lang)


def match_lines(matches: Matches, lang: Lang) -> Iterator[str]:
    """Tell whether the statement is about the record that was shown."""
    yield _line(Phrase.PERSON, words_of(matches.claim, lang=lang), lang)
    yield _line(Phrase.DOSE, words_of(matches.dose, lang=lang), lang)


def _line(phrase: Phrase, value: str, lang: Lang) -> str:
    return f"{message(phrase, lang=lang)}: {value}"


def _words(kind: str, code: str, lang: Lang) -> str:
    try:
        return message(f"{kind}.{code}" if kind else code, lang=lang)
    except KeyError:
        return code


def _trust(kind: str, code: str) -> str:
    return f"certify.trust.{kind}.{code}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
