"""What the commands of casework print: lines of text, nothing personal unless it was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import click

from vnvaxmatch.casework import CaseState, Opened, Status
from vnvaxmatch.casework.cases import FIELD_OF
from vnvaxmatch.casework.states import OPEN
from vnvaxmatch.casework.status import Count
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import number, say
from vnvaxmatch.ledger import JSON, Recorded, Seal
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.messages import messages as all_messages
from vnvaxmatch.normalize import commune_name

__all__ = ["opened_lines", "show_lines", "status_lines"]

_ROWS = 10
"""Refused rows that are named; the rest is counted."""


def opened_lines(opened: Opened, lang: Lang) -> Iterator[str]:
    """Tell what opening a list came to."""
    for vietnamese, english, count in (
        ("hồ sơ mới mở", "cases opened", opened.opened),
        ("dòng đã có hồ sơ, không có gì mới", "rows known, with nothing new", opened.known),
        ("hồ sơ có kết quả so sánh mới", "cases with a new comparison", opened.compared),
        ("hồ sơ được danh sách khai lại", "cases that the list restates", opened.restated),
        ("dòng không xử lý", "rows left alone", len(opened.refused)),
    ):
        if count or english == "cases opened":
            yield f"{number(count, lang):>11}  {say(lang, vietnamese, english)}"
    why = Counter(refusal for _, refusal in opened.refused)
    for refusal, count in why.most_common():
        rows = [row for row, reason in opened.refused if reason is refusal]
        named = ", ".join(map(str, rows[:_ROWS])) + (", …" if len(rows) > _ROWS else "")
        words = message(f"refusal.{refusal}", lang=lang)
        yield f"{number(count, lang):>11}  {words} ({say(lang, 'dòng', 'rows')} {named})"


def status_lines(status: Status, lang: Lang, *, by_commune: bool, days: int) -> Iterator[str]:
    """Write the table of states, then what is still wrong, then the communes."""
    total = status.total
    heading = say(lang, "Trạng thái", "State")
    late = say(lang, f"Quá {days} ngày", f"Over {days} days")
    yield _row(
        heading, say(lang, "Hồ sơ", "Cases"), "%", say(lang, "Lâu nhất", "Oldest"), late, bold=True
    )
    for state, count in status.states.items():
        if count.cases:
            yield _count_row(message(f"state.{state}", lang=lang), count, total.cases, lang)
    yield _count_row(say(lang, "Tất cả", "All"), total, total.cases, lang)
    yield ""
    yield say(
        lang,
        f"Đã chứng nhận: {number(status.certified, lang)} trên {number(status.scope, lang)} hồ sơ "
        f"phải xác minh ({_percent(status.done, lang)} %)",
        f"Certified: {number(status.certified, lang)} of {number(status.scope, lang)} cases to "
        f"verify ({_percent(status.done, lang)} %)",
    )
    open_cases = [count for state, count in status.states.items() if state in OPEN]
    sides = sum(open_cases, Count())
    yield say(
        lang,
        f"Trong hồ sơ chưa xong: {number(sides.identity, lang)} đã xác nhận nhân thân, "
        f"{number(sides.vaccination, lang)} đã xác nhận mũi tiêm",
        f"Of the open ones: {number(sides.identity, lang)} with the identity confirmed, "
        f"{number(sides.vaccination, lang)} with the vaccination confirmed",
    )
    if any(status.wrong.values()):
        yield ""
        yield click.style(say(lang, "Trường còn phải xem lại", "Fields to check"), bold=True)
        for field, times in status.wrong.items():
            if times:
                yield f"  {message(f'field.{field}', lang=lang):<48} {number(times, lang):>11}"
    if by_commune:
        yield ""
        yield from _commune_lines(status, lang)


def _commune_lines(status: Status, lang: Lang) -> Iterator[str]:
    yield _row(
        say(lang, "Xã/phường", "Commune"),
        say(lang, "Hồ sơ", "Cases"),
        "%",
        say(lang, "Lâu nhất", "Oldest"),
        say(lang, "Quá hạn", "Overdue"),
        bold=True,
    )
    for code in sorted(status.communes, key=lambda code: (not code, code)):
        states = status.communes[code]
        name = say(lang, "Không rõ xã/phường", "Unknown commune")
        if code:
            name = f"{code} {_commune(code)}"
        yield _count_row(name, sum(states.values(), Count()), status.total.cases, lang)


def _commune(code: str) -> str:
    try:
        return commune_name(code)
    except KeyError:
        return ""


def show_lines(
    case: CaseState, history: Iterable[Recorded], lang: Lang, *, values: bool
) -> Iterator[str]:
    """Tell the history of a case, event by event, and where it stands."""
    for recorded in history:
        event = recorded.event
        words = message(f"event.{event.kind}", lang=lang)
        yield f"{recorded.number:>3}  {_when(event.at)}  {words}{_who(event.data, lang)}"
        for detail in _details(event.data, lang):
            yield f"       {detail}"
        if values:
            for name, text in event.personal.items():
                yield f"       {_field(name, lang)}: {one_line(text)}"
        if recorded.seal in (Seal.DESTROYED, Seal.LOCKED) and values:
            yield "       " + message(
                f"refusal.{'purged' if recorded.seal is Seal.DESTROYED else 'locked'}", lang=lang
            )
    yield ""
    yield click.style(message(f"state.{case.state}", lang=lang), bold=True)
    for side, told in (("identity", case.identity), ("vaccination", case.vaccination)):
        about = message(f"side.{side}", lang=lang)
        if told is None:
            yield f"  {about}: {say(lang, 'chưa xác nhận', 'not confirmed')}"
        else:
            how = message("event.compared" if told.comparison else f"role.{told.role}", lang=lang)
            yield (
                f"  {about}: {say(lang, 'đã xác nhận', 'confirmed')} ({how}, {_when(told.at)}, "
                f"{say(lang, 'sự kiện', 'event')} {told.number})"
            )
    if case.wrong:
        fields = ", ".join(message(f"field.{field}", lang=lang) for field in case.wrong)
        yield f"  {say(lang, 'Cần xem lại', 'To check')}: {fields}"


def _who(data: Mapping[str, JSON], lang: Lang) -> str:
    actor, role, office = (data.get(name) for name in ("actor", "role", "office"))
    if not actor:
        return ""
    where = f", {one_line(str(office))}" if office else ""
    return f" · {one_line(str(actor))} ({message(f'role.{role}', lang=lang)}{where})"


def _details(data: Mapping[str, JSON], lang: Lang) -> Iterator[str]:
    if outcome := data.get("outcome"):
        yield message(f"outcome.{outcome}", lang=lang)
    for code in _list(data.get("reasons")):
        if code in all_messages():
            yield f"- {message(code, lang=lang)}"
    fields = [_field(name, lang) for name in _list(data.get("fields"))]
    if fields:
        yield f"{say(lang, 'Trường', 'Fields')}: {', '.join(fields)}"
    cause = f"cause.{data.get('cause')}"
    if cause in all_messages():
        yield f"{say(lang, 'Lý do sửa', 'Cause')}: {message(cause, lang=lang)}"
    if commune := data.get("commune"):
        code = str(commune)
        yield f"{say(lang, 'Xã/phường', 'Commune')}: {code} {_commune(code)}".rstrip()
    for name in ("site", "reference"):
        if text := data.get(name):
            yield one_line(str(text))


def _list(value: object) -> Sequence[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _field(name: str, lang: Lang) -> str:
    field = FIELD_OF.get(name)
    return message(f"field.{field}" if field else f"column.{name}", lang=lang)


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _percent(share: float, lang: Lang) -> str:
    return f"{100 * share:.1f}".replace(".", "," if lang == "vi" else ".")


def _count_row(name: str, count: Count, total: int, lang: Lang) -> str:
    share = count.cases / total if total else 0.0
    oldest = "" if count.oldest is None else f"{count.oldest:%Y-%m-%d}"
    return _row(
        name,
        number(count.cases, lang),
        _percent(share, lang),
        oldest,
        number(count.untouched, lang),
    )


def _row(name: str, cases: str, share: str, oldest: str, late: str, *, bold: bool = False) -> str:
    line = f"{name:<52} {cases:>9} {share:>6}  {oldest:<10}  {late:>13}"
    return click.style(line, bold=True) if bold else line
