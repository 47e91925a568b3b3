"""``vnvaxmatch demo``: the whole job on made-up people, with its most telling cases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from vnvaxmatch.bulk import InputOptions, Run, build_registry, verify
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.cli.shared import FOLDER, lang_option, making, number, progress_bar, say
from vnvaxmatch.cli.summary import show_run
from vnvaxmatch.messages import Lang, message
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.synthetic import LAST_DAY, synthesize

__all__ = ["demo"]

_TELLING = (
    ("matched", "name_tcvn3"),
    ("matched", "name_mojibake"),
    ("matched", "name_vni"),
    ("matched", "name_telex_keys"),
    ("matched", "id_number_zeros"),
    ("matched", "id_number_former"),
    ("matched", "birth_serial"),
    ("mismatched", "name_marks"),
    ("mismatched", "birth_day_month_swapped"),
    ("mismatched", "sex_differs"),
    ("mismatched", "name_differs"),
    ("not_found", "not_in_registry"),
    ("malformed", "id_number_scientific"),
    ("malformed", "id_number_phone"),
    ("incomplete", "name_of_mother"),
    ("incomplete", "id_number_missing"),
    ("out_of_scope", "not_vietnamese"),
    ("matched", "name_unicode"),
)
"""An outcome and a code that tell a story, the best stories first; ten of them are shown."""


@click.command(short_help="See the whole job done on made-up people.")
@click.option(
    "--people",
    type=click.IntRange(100),
    default=50_000,
    show_default=True,
    help="People in the population.",
)
@click.option(
    "--doses",
    type=click.IntRange(100),
    default=20_000,
    show_default=True,
    help="Rows in the vaccination list.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Another seed makes other people.",
)
@click.option("--out", type=FOLDER, help="Keep the files in this folder; thrown away otherwise.")
@lang_option
def demo(people: int, doses: int, seed: int, out: Path | None, lang: Lang) -> None:
    """Make up people and a broken list, build a registry, verify, and show what came out.

    Takes a few seconds, needs nothing, and shows ten telling cases. Nobody in it was ever born.
    """
    with (
        tempfile.TemporaryDirectory(prefix="vnvaxmatch-demo-")
        if out is None
        else nullcontext(out) as name
    ):
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        run = _run(folder, people, doses, seed, lang)
        show_run(run, lang)
        for line in _story(folder, run, lang):
            click.echo(line)
        if out is None:
            click.echo(
                say(
                    lang,
                    "Các tệp đã được xóa; thêm --out THƯ_MỤC để giữ lại.",
                    "The files are gone; --out FOLDER keeps them.",
                )
            )


def _run(folder: Path, people: int, doses: int, seed: int, lang: Lang) -> Run:
    with progress_bar(lang) as progress:
        synthesize(
            people=people,
            doses=doses,
            seed=seed,
            out=folder / "synth",
            progress=making(progress),
        )
        build_registry(
            folder / "synth" / "population.parquet",
            out=folder / "registry.duckdb",
            progress=progress,
        )
        return verify(
            folder / "synth" / "doses.csv",
            registry=folder / "registry.duckdb",
            out=folder / "results",
            # the people are made up, so the entry may be told, and compared with the truth
            disclosure=Disclosure.VALUES,
            options=InputOptions(reference=LAST_DAY),
            lang=lang,
            progress=progress,
        )


def _story(folder: Path, run: Run, lang: Lang) -> Iterator[str]:
    results = pq.read_table(run.out / "results.parquet")
    yield from _accuracy(results, pq.read_table(folder / "synth" / "truth.parquet"), lang)
    source = open_source(folder / "synth" / "doses.csv", Options(known=DOSE_COLUMNS))
    texts = pa.Table.from_batches(list(source.batches))
    yield ""
    yield click.style(say(lang, "Mười trường hợp đáng xem", "Ten telling cases"), bold=True)
    for row in _telling(results):
        result = results.slice(row, 1).to_pylist()[0]
        text = texts.slice(row, 1).to_pylist()[0]
        yield ""
        yield "  " + " | ".join(
            text[name] or "—" for name in ("full_name", "date_of_birth", "sex", "id_number")
        )
        codes = [code for column in ("repairs", "reasons") for code in result[column].split(";")]
        words = "; ".join(message(code, lang=lang) for code in codes if code)
        color = {True: "green", False: "red", None: "yellow"}[result["official"]]
        outcome = click.style(message(f"outcome.{result['outcome']}", lang=lang), fg=color)
        yield f"    {outcome}{': ' if words else ''}{words}"
    yield ""


def _telling(results: pa.Table) -> list[int]:
    """Pick the first row of each story, ten in all."""
    outcomes = results.column("outcome").to_pylist()
    codes = [
        set(f"{reasons};{repairs}".split(";"))
        for reasons, repairs in zip(
            results.column("reasons").to_pylist(),
            results.column("repairs").to_pylist(),
            strict=True,
        )
    ]
    picked: list[int] = []
    for outcome, code in _TELLING:
        fitting = (
            row
            for row, (seen, found) in enumerate(zip(outcomes, codes, strict=True))
            if seen == outcome and code in found and row not in picked
        )
        row = min(fitting, key=lambda row: len(codes[row]), default=None)
        if row is not None:
            picked.append(row)
        if len(picked) == 10:
            break
    return picked


def _accuracy(results: pa.Table, truth: pa.Table, lang: Lang) -> Iterator[str]:
    """Hold the verdicts against what was done to the rows."""
    told: list[dict[str, Any]] = results.select(["official", "entry_key"]).to_pylist()
    true_keys = truth.column("entry_key").to_pylist()
    wrongly = sum(
        result["official"] is True and result["entry_key"] != key
        for result, key in zip(told, true_keys, strict=True)
    )
    matched = sum(result["official"] is True for result in told)
    yield say(
        lang,
        f"Đối chiếu với sự thật: {number(matched, lang)} dòng «đúng», trong đó "
        f"{number(wrongly, lang)} dòng nhầm người.",
        f"Held against the truth: {number(matched, lang)} rows «right», "
        f"{number(wrongly, lang)} of them the wrong person.",
    )
