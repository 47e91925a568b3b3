"""A summary that a person reads: what came out, what is wrong, where the files are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from vnvaxmatch.bulk import Run
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import number, say
from vnvaxmatch.messages import Lang, message

__all__ = ["show_run"]

_TOP = 12

_IDENTIFICATION = {
    "identified": ("Tìm ra đúng một người", "One person was found"),
    "ambiguous": ("Có người có thể phù hợp, chưa chọn được", "Somebody may fit: nobody was taken"),
    "not_found": ("Không tìm thấy ai", "Nobody was found"),
}


def show_run(run: Run, lang: Lang) -> None:
    """Print the summary of a run."""
    for note in run.notes:
        click.echo(f"vnvaxmatch: {one_line(note)}", err=True)
    for line in _lines(run, lang):
        click.echo(line)


def _lines(run: Run, lang: Lang) -> Iterator[str]:
    summary = run.summary
    rows = summary["rows"]
    yield ""
    yield click.style(
        say(lang, f"{number(rows, lang)} dòng", f"{number(rows, lang)} rows"), bold=True
    )
    official = summary["official"]
    if "registry" in run.manifest:
        yield from _table(
            {
                say(lang, "Đúng", "Right (đúng)"): official["true"],
                say(lang, "Sai", "Wrong (sai)"): official["false"],
                say(lang, "Chưa so sánh được", "Could not be compared"): official["null"],
            },
            rows,
            lang,
        )
    yield from _asked(run.manifest.get("asked"), lang)
    yield ""
    yield from _section(
        say(lang, "Kết quả", "Outcomes"), summary["outcomes"], rows, lang, "outcome."
    )
    yield from _section(
        say(lang, "Nhận diện", "Identification"),
        {
            say(lang, *_IDENTIFICATION[kind]): count
            for kind, count in summary.get("identification", {}).items()
        },
        rows,
        lang,
        prefix=None,
    )
    yield from _section(
        say(lang, "Ba nhóm cần làm sạch (công văn 2262)", "Three classes to clean (dispatch 2262)"),
        summary["classes"],
        rows,
        lang,
        "class.",
    )
    yield from _section(
        say(lang, "Trường cần xem lại", "Fields to check"),
        summary["fields_to_check"],
        rows,
        lang,
        "field.",
    )
    yield from _section(say(lang, "Lý do", "Reasons"), summary["reasons"], rows, lang)
    yield from _section(
        say(lang, "Đã tự sửa", "Repaired in reading"), summary["repairs"], rows, lang
    )
    if summary["worklists"]:
        unrouted = number(summary["unrouted"], lang)
        yield say(
            lang,
            f"{number(summary['worklists'], lang)} danh sách theo xã; {unrouted} dòng không rõ xã",
            f"{number(summary['worklists'], lang)} worklists; {unrouted} rows of unknown commune",
        )
    yield say(lang, f"Kết quả ở: {run.out}", f"Results are in: {run.out}")


def _asked(asked: Mapping[str, int] | None, lang: Lang) -> Iterator[str]:
    """Tell how many people were asked about over a network."""
    if asked is not None:
        people, left = (number(asked[name], lang) for name in ("people", "undetermined"))
        yield say(
            lang,
            f"  Hỏi qua mạng về {people} người; {left} người chưa có câu trả lời",
            f"  Asked over the network about {people} people; {left} without an answer",
        )


def _section(
    title: str, counts: Mapping[str, int], rows: int, lang: Lang, prefix: str | None = ""
) -> Iterator[str]:
    """Tell the counts of codes, or of words if there is no prefix."""
    shown = {key: count for key, count in counts.items() if count}
    if not shown:
        return
    yield click.style(title, bold=True)
    top = dict(list(shown.items())[:_TOP])
    if prefix is not None:
        top = {message(prefix + key, lang=lang): count for key, count in top.items()}
    yield from _table(top, rows, lang)
    if len(shown) > _TOP:
        yield say(
            lang,
            f"  … và {len(shown) - _TOP} loại khác trong summary.json",
            f"  … and {len(shown) - _TOP} more in summary.json",
        )
    yield ""


def _table(counts: Mapping[str, Any], rows: int, lang: Lang) -> Iterator[str]:
    width = max((len(label) for label in counts), default=0)
    for label, count in counts.items():
        share = 100 * count / rows if rows else 0.0
        percent = f"{share:.1f}".replace(".", "," if lang == "vi" else ".")
        yield f"  {label:<{width}}  {number(count, lang):>13}  {percent:>5} %"
