"""An evaluation as tables of words, for the terminal and for the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from vnvaxmatch.bulk.evaluation.records import Case, Counts, Evaluation, Share, Slice
from vnvaxmatch.bulk.evaluation.words import count, decimal, percent, say
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.records import Field

__all__ = ["Table", "tables"]

_FEW = 12
"""Rows of a table that is to be short."""

_SURE = 1 - 1e-9
"""No weight states more than a probability that is nearly one."""

_WIDTHS = (1, 2, 5, 10, 20, 50, 100)
_COUNTS = (
    ("đúng", "right"),
    ("nhầm", "other"),
    ("ngoài sổ", "stranger"),
    ("bỏ sót", "missed"),
    ("im lặng", "silent"),
)
_SLICES = {
    "undamaged": ("không bị hỏng gì", "nothing damaged"),
    "no_number": ("không có số", "no number at all"),
    "unusable_number": ("không có số dùng được", "no usable number"),
    "year_only_no_number": ("chỉ năm sinh, không có số", "year of birth only, no usable number"),
    "number_of_another": ("số của người khác", "number of another person"),
    "unmarked_typo": ("tên không dấu, gõ sai", "unmarked name with a typo"),
    "encoding": ("tên hỏng bảng mã", "encoding of the name damaged"),
    "default_birthday": ("ngày sinh mặc định 01/01", "birthday by default 01/01"),
    "name_and_birth": ("sai tên và ngày sinh", "name and birth wrong"),
    "name_and_number": ("sai tên và số", "name and number wrong"),
    "birth_and_number": ("sai ngày sinh và số", "birth and number wrong"),
    "name_birth_and_number": ("sai tên, ngày sinh và số", "name, birth and number wrong"),
}


@attrs.frozen
class Table:
    """A table in words. ``texts`` are the positions of columns that are no figures."""

    title: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    texts: frozenset[int] = frozenset({0})


def tables(evaluation: Evaluation, *, lang: Lang = "vi", short: bool = False) -> Iterator[Table]:
    """Give the tables of an evaluation; ``short`` ones fit a terminal."""
    yield _identification(evaluation, lang)
    yield _shares(evaluation, lang)
    yield _outcomes(evaluation, lang)
    if evaluation.weighed:
        yield _reliability(evaluation, lang, short)
        yield _thresholds(evaluation, lang, short)
    else:
        yield _left_out(lang)
    if evaluation.codes or evaluation.slices:
        yield _slices(evaluation, lang)
        yield _codes(evaluation, lang, short)
    yield from _cases(evaluation, lang, short)


def _identification(evaluation: Evaluation, lang: Lang) -> Table:
    legend = say(
        lang,
        "đúng: nêu đúng người; nhầm: nêu người khác; ngoài sổ: người này không có trong sổ mà vẫn "
        "nêu; bỏ sót: có trong sổ mà không nêu ai; im lặng: không có trong sổ và không nêu ai",
        "right: the person was told; other: somebody else was told; stranger: told, though the "
        "person is not in the registry; missed: in the registry, nobody told; silent: not in the "
        "registry, nobody told",
    )
    notes = [legend]
    counts = evaluation.identification
    if counts.told and counts.in_registry and not counts.right:
        notes.append(
            say(
                lang,
                "Không khóa nào khớp: đây có phải sự thật của danh sách và sổ này không?",
                "No key fits at all: is it the truth of this list and this registry?",
            )
        )
    named, known, held = evaluation.candidates
    if named:
        rows = [count(value, lang) for value in (named, known, held)]
        notes.append(
            say(
                lang,
                f"Dòng chỉ nêu các ứng viên: {rows[0]}; trong đó có người trong sổ: {rows[1]}, và "
                f"nêu đúng người đó trong số ứng viên: {rows[2]}.",
                f"Rows that name candidates only: {rows[0]}; with the person in the registry: "
                f"{rows[1]}, and with that person among the candidates: {rows[2]}.",
            )
        )
    return Table(
        say(lang, "Nhận diện", "Identification"),
        ("", *(say(lang, *words) for words in _COUNTS)),
        tuple(
            (label, *_numbers(each, lang)) for label, each in _two_ways(evaluation, lang).items()
        ),
        tuple(notes),
    )


def _two_ways(evaluation: Evaluation, lang: Lang) -> dict[str, Counts]:
    return {
        say(lang, "Đã nêu một người", "An entry was told"): evaluation.identification,
        say(lang, "Kết quả «đúng»", "Outcome «matched»"): evaluation.matched,
    }


def _shares(evaluation: Evaluation, lang: Lang) -> Table:
    return Table(
        say(lang, "Tỷ lệ, với khoảng tin cậy 95 %", "Shares, with 95 % intervals"),
        (
            "",
            say(lang, "độ chính xác", "precision"),
            say(lang, "độ bao phủ", "recall"),
            "F1",
        ),
        tuple(
            (label, *(_interval(share, lang) for share in (each.precision, each.recall, each.f1)))
            for label, each in _two_ways(evaluation, lang).items()
        ),
    )


def _outcomes(evaluation: Evaluation, lang: Lang) -> Table:
    return Table(
        say(lang, "Kết quả đối chiếu với sự thật", "Outcomes against the truth"),
        ("", *(say(lang, *words) for words in _COUNTS)),
        tuple(
            (_outcome(code, lang), *_numbers(counts, lang))
            for code, counts in evaluation.outcomes.items()
        ),
    )


def _outcome(code: str, lang: Lang) -> str:
    """Name an outcome shortly, with its code."""
    try:
        words = re.split("[:,(]", message(f"outcome.{code}", lang=lang))[0].strip()
    except KeyError:
        return code
    return words if words.lower() == code else f"{words} ({code})"


def _left_out(lang: Lang) -> Table:
    note = say(
        lang,
        "Bộ so khớp này không cho trọng số: không có phần độ tin cậy, ngưỡng và biểu đồ.",
        "This matcher gives no weights: reliability, thresholds and the chart are left out.",
    )
    return Table(say(lang, "Trọng số", "Weights"), notes=(note,))


def _reliability(evaluation: Evaluation, lang: Lang, short: bool) -> Table:
    bins = evaluation.reliability(_width(len(evaluation.bins), short))
    error = decimal(evaluation.calibration_error, lang, places=6)
    notes = [
        say(
            lang,
            "Nếu trọng số nói đúng điều nó nói thì số dòng sai gần bằng số dòng sai dự kiến. "
            f"Sai số hiệu chuẩn kỳ vọng: {error}.",
            "If a weight means what it says, about as many are wrong as expected. "
            f"Expected calibration error: {error}.",
        )
    ]
    if evaluation.unweighed:
        notes.append(
            say(
                lang,
                f"{count(evaluation.unweighed, lang)} dòng nêu một người mà không có trọng số.",
                f"{count(evaluation.unweighed, lang)} rows were told without a weight.",
            )
        )
    return Table(
        say(lang, "Trọng số có đúng như nó nói không?", "Does a weight mean what it says?"),
        (
            say(lang, "trọng số (bit)", "weight (bits)"),
            say(lang, "dòng", "rows"),
            say(lang, "xác suất nêu", "probability stated"),
            say(lang, "thật sự đúng", "share right"),
            say(lang, "sai dự kiến", "wrong expected"),
            say(lang, "sai thật", "wrong seen"),
        ),
        tuple(
            (
                f"{each.weight} … < {each.weight + each.width}",
                count(each.rows, lang),
                percent(min(each.probability, _SURE), lang, places=4),
                percent(each.right, lang, places=4),
                decimal(each.expected_wrong, lang),
                count(each.wrong, lang),
            )
            for each in bins
        ),
        tuple(notes),
    )


def _thresholds(evaluation: Evaluation, lang: Lang, short: bool) -> Table:
    best = evaluation.best
    steps = evaluation.steps(_width(len(evaluation.steps()), short))
    notes = [
        say(
            lang,
            "Chỉ xét được những dòng đã nêu một người: dòng không nêu ai thì không có ai để đúng "
            "hay sai, nên không biết một ngưỡng thấp hơn sẽ ra sao.",
            "Only what was told can be judged: rows of which nobody was told have no entry to be "
            "right or wrong, so what a lower threshold would give is not known.",
        )
    ]
    if best is not None:
        at, f1 = decimal(best.threshold, lang), decimal(best.f1, lang, places=5)
        notes.append(
            say(
                lang,
                f"Không ngưỡng nào cao hơn cho F1 tốt hơn {f1}.",
                f"No higher threshold gives a better F1 than {f1}.",
            )
            if evaluation.best_is_used
            else say(
                lang,
                f"F1 cao nhất {f1} ở ngưỡng {at} bit; ngưỡng này chọn theo chính sự thật, nên con "
                "số đẹp hơn thực tế.",
                f"The best F1 is {f1}, at {at} bits; chosen on this truth, which flatters it.",
            )
        )
    if evaluation.threshold is not None:
        used = decimal(evaluation.threshold, lang)
        notes.append(say(lang, f"Ngưỡng đã dùng: {used} bit.", f"The threshold used: {used} bits."))
    return Table(
        say(lang, "Nếu đòi hỏi trọng số cao hơn", "If a higher weight were asked for"),
        (
            say(lang, "ngưỡng (bit)", "threshold (bits)"),
            say(lang, "nêu", "told"),
            say(lang, "đúng", "right"),
            say(lang, "độ chính xác", "precision"),
            say(lang, "độ bao phủ", "recall"),
            "F1",
        ),
        tuple(
            (
                decimal(step.threshold, lang, places=0 if step.threshold.is_integer() else 2),
                count(step.told, lang),
                count(step.right, lang),
                percent(step.precision, lang, places=4),
                percent(step.recall, lang, places=4),
                decimal(step.f1, lang, places=5),
            )
            for step in steps
        ),
        tuple(notes),
        frozenset(),
    )


def _width(rows: int, short: bool) -> int:
    """Choose how many bits a row of a table takes in."""
    most = _FEW if short else 100
    return next((width for width in _WIDTHS if rows / width <= most), _WIDTHS[-1])


def _slices(evaluation: Evaluation, lang: Lang) -> Table:
    return Table(
        say(lang, "Những nhóm khó", "Hard slices"),
        _slice_headings(lang),
        tuple(
            (say(lang, *_SLICES.get(each.name, (each.name,) * 2)), *_slice_cells(each.any, lang))
            for each in evaluation.slices
        ),
    )


def _codes(evaluation: Evaluation, lang: Lang, short: bool) -> Table:
    shown = evaluation.codes[:_FEW] if short else evaluation.codes
    more = len(evaluation.codes) - len(shown)
    note = say(lang, f"… và {more} loại khác", f"… and {more} more")
    alone = (say(lang, "riêng nó", "alone"), say(lang, "hỏng", "lost"))
    return Table(
        say(lang, "Theo từng loại hỏng", "By what was done to the row"),
        (*_slice_headings(lang), *alone),
        tuple(_code_cells(each, lang) for each in shown),
        (note,) if more else (),
    )


def _slice_headings(lang: Lang) -> tuple[str, ...]:
    counts = (say(lang, *words) for words in _COUNTS)
    return ("", say(lang, "dòng", "rows"), *counts, say(lang, "độ bao phủ", "recall"))


def _slice_cells(counts: Counts, lang: Lang) -> tuple[str, ...]:
    recall = percent(counts.recall.value, lang, places=2)
    return (count(counts.rows, lang), *_numbers(counts, lang), recall)


def _code_cells(each: Slice, lang: Lang) -> tuple[str, ...]:
    alone = each.alone or Counts()
    return (
        each.name,
        *_slice_cells(each.any, lang),
        count(alone.rows, lang),
        count(alone.lost, lang),
    )


def _cases(evaluation: Evaluation, lang: Lang, short: bool) -> Iterator[Table]:
    titles = (
        (
            ("Nhầm mà trọng số cao nhất", "Wrong, with the highest weight")
            if evaluation.weighed
            else ("Nhầm", "Wrong"),
            evaluation.wrong,
        ),
        (("Đúng mà trọng số thấp nhất", "Right, with the lowest weight"), evaluation.barely_right),
        (("Bỏ sót: những dòng đầu tiên", "Missed: the first rows"), evaluation.missed),
    )
    headings = (
        say(lang, "dòng", "row"),
        say(lang, "mã", "record"),
        say(lang, "bit", "bits"),
        say(lang, "tên", "name"),
        say(lang, "sinh", "birth"),
        say(lang, "giới", "sex"),
        say(lang, "số", "number"),
        say(lang, "mã lý do [đã hỏng]", "codes [done to it]"),
    )
    for words, cases in titles:
        if cases:
            shown = cases[:_FEW] if short else cases
            rows = tuple(_case_cells(case, lang) for case in shown)
            yield Table(say(lang, *words), headings, rows, (), frozenset({1, 3, 4, 5, 6, 7}))


def _case_cells(case: Case, lang: Lang) -> tuple[str, ...]:
    done = [f"[{', '.join(case.corruptions)}]"] if case.corruptions else []
    return (
        str(case.row),
        case.record_id or "–",
        decimal(case.weight, lang, places=1),
        *(case.levels[field.value] or "–" for field in Field),
        " ".join((", ".join(case.reasons), *done)).strip(),
    )


def _numbers(counts: Counts, lang: Lang) -> tuple[str, ...]:
    return tuple(count(value, lang) for value in attrs.astuple(counts))


def _interval(share: Share, lang: Lang) -> str:
    if share.value is None:
        return "–"
    low, high = (percent(bound, lang).removesuffix(" %") for bound in (share.low, share.high))
    return f"{percent(share.value, lang)} ({low}–{high})"
