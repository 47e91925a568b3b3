"""Write an evaluation: figures for programs, a page for people, the chart by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from vnvaxmatch.bulk.evaluation.chart import threshold_chart
from vnvaxmatch.bulk.evaluation.records import Evaluation
from vnvaxmatch.bulk.evaluation.tables import Table, tables
from vnvaxmatch.bulk.evaluation.words import count, say
from vnvaxmatch.bulk.workdir import fresh_folder
from vnvaxmatch.messages import Lang

__all__ = ["EVALUATION", "evaluation_page", "write_evaluation"]

EVALUATION: Final = "evaluation.json"
OUTPUTS: Final = frozenset({EVALUATION, "evaluation.html", "threshold.svg"})
"""All that an evaluation's folder holds; one that holds more is not replaced."""

_STYLE: Final = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #222;
  background: #fff; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right;
  vertical-align: top; white-space: nowrap; }
th { font-weight: 600; border-bottom: 2px solid #888; }
th.text, td.text { text-align: left; }
td.codes { white-space: normal; overflow-wrap: anywhere; min-width: 16rem; }
p.note, p.about { color: #555; max-width: 62rem; margin: .3rem 0; }
svg { max-width: 100%; height: auto; margin-top: .6rem; }
@page { size: A4; margin: 14mm; }
@media print {
  body { margin: 0; max-width: none; font-size: 9pt; }
  th, td { padding: .1rem .45rem; }
  td.codes { min-width: 9rem; }
  .wide { overflow: visible; }
  tr, svg { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
}
"""


def write_evaluation(evaluation: Evaluation, *, out: str | Path, lang: Lang = "vi") -> Path:
    """Write ``evaluation.json``, ``evaluation.html`` and, for weighed results, ``threshold.svg``.

    The folder appears whole or not at all (:class:`~vnvaxmatch.errors.OutputError`); an earlier
    evaluation stays until then.
    """
    out = Path(out)
    with fresh_folder(out, marker=EVALUATION, ours=OUTPUTS) as folder:
        chart = threshold_chart(evaluation, lang=lang)
        files = {
            EVALUATION: json.dumps(_figures(evaluation), ensure_ascii=False, indent=2) + "\n",
            "evaluation.html": evaluation_page(evaluation, lang=lang),
            **({"threshold.svg": chart} if chart else {}),
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return out


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    from vnvaxmatch import __version__

    library = {"name": "vnvaxmatch", "version": __version__}
    return {"library": library, **evaluation.as_dict()}


def evaluation_page(evaluation: Evaluation, *, lang: Lang = "vi") -> str:
    """Write the page: one file that needs no other and no network, and prints on A4."""
    return "\n".join(_page(evaluation, lang)) + "\n"


def _page(evaluation: Evaluation, lang: Lang) -> Iterator[str]:
    title = say(lang, "Đánh giá kết quả đối chiếu", "Evaluation of results")
    rows = say(lang, f"{count(evaluation.rows, lang)} dòng", f"{count(evaluation.rows, lang)} rows")
    about = " · ".join(filter(None, (rows, evaluation.matcher, evaluation.model)))
    yield "<!doctype html>"
    yield f'<html lang="{lang}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield (
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )
    yield f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
    yield f'<h1>{escape(title)}</h1><p class="about">{escape(about)}</p>'
    chart = threshold_chart(evaluation, lang=lang)
    for at, table in enumerate(tables(evaluation, lang=lang)):
        yield from _section(table)
        if at == 1 and chart:
            yield chart
    yield "</body></html>"


def _section(table: Table) -> Iterator[str]:
    yield f"<h2>{escape(table.title)}</h2>"
    yield from (f'<p class="note">{escape(note)}</p>' for note in table.notes)
    if not table.headings:
        return
    classes = [_class(at, table) for at in range(len(table.headings))]
    yield '<div class="wide"><table><thead><tr>'
    for kind, heading in zip(classes, table.headings, strict=True):
        yield f"<th{kind}>{escape(heading)}</th>"
    yield "</tr></thead><tbody>"
    for row in table.rows:
        cells = (f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(classes, row, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _class(at: int, table: Table) -> str:
    if at not in table.texts:
        return ""
    codes = at == len(table.headings) - 1
    return ' class="text codes"' if codes else ' class="text"'
