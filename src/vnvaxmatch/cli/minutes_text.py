"""What a verifier is told of minutes, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from vnvaxmatch.certify.forms.outcomes import SignatureChecked
from vnvaxmatch.certify.minutes import MinutesChecked, PartyChecked, short_digest, words_of
from vnvaxmatch.certify.minutes.words import HANOI
from vnvaxmatch.cli.shared import number, say
from vnvaxmatch.messages import Lang, message

__all__ = ["minutes_lines"]


def minutes_lines(checked: MinutesChecked, lang: Lang) -> Iterator[str]:
    """Tell what minutes are worth and why, who signed, and who is missing."""
    yield words_of(checked.standing, lang=lang).upper()
    for fault in checked.faults:
        yield f"  {words_of(fault, lang=lang)}"
    for caution in checked.cautions:
        yield say(lang, "  Lưu ý: ", "  Note: ") + words_of(caution, lang=lang)
    if checked.minutes is not None and checked.digest is not None:
        told = checked.minutes
        count = number(len(told.cases), lang)
        yield say(
            lang,
            f"Biên bản số {told.number} của {told.office}, {count} hồ sơ",
            f"Minutes {told.number} of {told.office}, {count} cases",
        )
        yield say(lang, "Mã đối chiếu: ", "Digest: ") + short_digest(checked.digest)
        yield f"  SHA-256 {checked.digest}"
    for one in checked.parties:
        yield from _party_lines(one, lang)
    for signature in checked.strangers:
        yield say(lang, "Chữ ký không ở chỗ của bên nào:", "A signature in no party's place:")
        yield from _signature_lines(signature, lang)
    for party in checked.missing:
        yield say(lang, "Còn thiếu chữ ký hợp lệ của: ", "A valid signature is missing of: ") + (
            f"{party.title}, {party.body} ({party.role})"
        )


def _party_lines(one: PartyChecked, lang: Lang) -> Iterator[str]:
    party = one.party
    needed = "" if party.required else say(lang, " (không bắt buộc)", " (not required)")
    yield f"{party.title}, {party.body}{needed}: {words_of(one.signing, lang=lang)}"
    if one.signature is not None:
        yield from _signature_lines(one.signature, lang)
    for role in one.others:
        yield (
            say(lang, "    Đó là chứng thư số của bên: ", "    That is the certificate of: ") + role
        )
    for caution in one.cautions:
        yield say(lang, "    Lưu ý: ", "    Note: ") + words_of(caution, lang=lang)
    for scan in one.scans:
        yield say(
            lang,
            f"    Bản quét chữ ký trên giấy (không phải chữ ký số): {scan.name}, chuyển đổi bởi "
            f"{scan.office}, {_time(scan.at)}",
            f"    Scan of a signature on paper (no digital signature): {scan.name}, converted by "
            f"{scan.office}, {_time(scan.at)}",
        )


def _signature_lines(signature: SignatureChecked, lang: Lang) -> Iterator[str]:
    if signature.signer is not None:
        yield say(lang, "    Người ký: ", "    Signer: ") + signature.signer.subject
        yield say(lang, "    Nơi cấp: ", "    Issued by: ") + signature.signer.issuer
        if signature.signer.tree is not None:
            yield f"    {message(f'certify.trust.tree.{signature.signer.tree}', lang=lang)}"
    if signature.signed_at is not None:
        proven = signature.is_proven
        how = (
            say(lang, " (có dấu thời gian)", " (time-stamped)")
            if proven
            else say(lang, " (theo người ký)", " (as the signer says)")
        )
        yield say(lang, "    Thời gian ký: ", "    Signed: ") + _time(signature.signed_at) + how
    for fault in signature.reasons:
        yield f"    {message(f'certify.trust.fault.{fault}', lang=lang)}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(HANOI):%Y-%m-%d %H:%M:%S} +07:00"
