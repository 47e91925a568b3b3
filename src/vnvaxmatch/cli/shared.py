"""What several commands share: options, progress on a terminal, numbers as people write them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from vnvaxmatch.bulk import InputOptions, Progress
from vnvaxmatch.bulk.columns import parse_given
from vnvaxmatch.bulk.memory import parse_size
from vnvaxmatch.messages import Lang
from vnvaxmatch.normalize import Vintage

__all__ = [
    "FOLDER",
    "input_options",
    "lang_option",
    "making",
    "number",
    "progress_bar",
    "read_options",
    "room_options",
    "say",
    "told_to_resume",
]

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(path_type=Path, readable=False)

_STAGES = {
    "verify": ("so sánh", "verify"),
    "worklists": ("danh sách xã", "worklists"),
    "population": ("người", "people"),
    "doses": ("mũi tiêm", "doses"),
    "build": ("đọc dân cư", "people read"),
    "sort": ("sắp xếp", "sort"),
    "count": ("đếm họ tên", "count names"),
    "digest": ("tính mã nội dung", "digest"),
    "read": ("đọc", "read"),
    "open": ("mở hồ sơ", "open"),
    "pairs": ("so sánh cặp", "pairs"),
    "write": ("ghi", "write"),
    "ask": ("hỏi từng người", "ask"),
    "again": ("hỏi lại", "ask again"),
    "undetermined": ("chưa trả lời", "unanswered"),
}


def lang_option(function: F) -> F:
    """Add ``--lang``."""
    return click.option(
        "--lang",
        type=click.Choice(["vi", "en"]),
        default="vi",
        show_default=True,
        help="Language of the summary and the worklists.",
    )(function)


def input_options(function: F) -> F:
    """Add the options that say how a list is laid out."""
    for option in reversed(
        [
            click.option(
                "--columns",
                multiple=True,
                metavar="COLUMN=HEADING",
                help="Which heading (or column number) holds which column, where not guessed: "
                "--columns 'full_name=Họ tên,id_number=5'. May be given several times.",
            ),
            click.option(
                "--delimiter",
                help="What separates the cells of a CSV file (found out otherwise): , ; | or tab.",
            ),
            click.option(
                "--encoding", help="The text encoding of a CSV file (found out otherwise)."
            ),
            click.option("--sheet", help="The sheet of a spreadsheet (the first that fits)."),
        ]
    ):
        function = option(function)
    return function


def reading_options(function: F) -> F:
    """Add the options that say how the dates and places of a vaccination list are to be read."""
    for option in reversed(
        [
            click.option(
                "--reference-date",
                type=click.DateTime(["%Y-%m-%d"]),
                help="The day that ages and two-digit years count from where a row has no "
                "date of vaccination, and past which a dose is in the future. [default: today]",
            ),
            click.option(
                "--commune-codes",
                type=click.Choice([v.value for v in Vintage]),
                default=Vintage.UNTIL_2025.value,
                show_default=True,
                help="Of which time bare commune codes are: several changed meaning in July 2025.",
            ),
        ]
    ):
        function = option(function)
    return function


def dose_options(function: F) -> F:
    """Add the options of reading a vaccination list, and how many work on it."""
    workers = click.option(
        "--threads",
        "--workers",
        "workers",
        type=click.IntRange(1, 64),
        default=min(os.cpu_count() or 1, 8),
        show_default="one for each processor, up to 8",
        help="Processes that work on the list side by side.",
    )
    return reading_options(workers(function))


def room_options(function: F) -> F:
    """Add the options of what a long run may take, and of how it goes on after a kill."""
    for option in reversed(
        [
            click.option(
                "--memory",
                callback=lambda _, __, text: None if text is None else parse_size(text),
                metavar="SIZE",
                help="Memory that the run may take in all, as 6GB.  [default: half of the machine]",
            ),
            click.option(
                "--spill",
                type=FOLDER,
                help="A folder for what does not fit into memory, in which finished parts are kept "
                "until the end (personal data; only you can open it).",
            ),
            click.option("--resume", is_flag=True, help="Go on with the run that was interrupted."),
        ]
    ):
        function = option(function)
    return function


@contextlib.contextmanager
def told_to_resume(kept: Path | None, lang: Lang) -> Iterator[None]:
    """Say after an interruption that what was done is kept, where it is."""
    try:
        yield
    except KeyboardInterrupt:
        if kept is not None and kept.exists():
            kept_is = say(
                lang,
                "phần đã làm được giữ lại; chạy lại lệnh này với --resume",
                "what was done is kept; run the same command again with --resume",
            )
            click.echo(f"vnvaxmatch: {kept_is}", err=True)
        raise


def read_options(
    columns: Sequence[str], delimiter: str | None, encoding: str | None, sheet: str | None
) -> dict[str, Any]:
    """Turn the options of :func:`input_options` into those of the library."""
    if delimiter in ("tab", "\\t"):
        delimiter = "\t"
    if delimiter is not None and len(delimiter) != 1:
        raise click.BadParameter("one character, or the word tab", param_hint="--delimiter")
    return {
        "columns": parse_given(columns),
        "delimiter": delimiter,
        "encoding": encoding,
        "sheet": sheet,
    }


def dose_list_options(
    reading: dict[str, Any], reference_date: Any, commune_codes: str
) -> InputOptions:
    """Put the options of a vaccination list together; today is the face's to know."""
    use_one_allocator()
    reference = reference_date.date() if reference_date is not None else date.today()
    return InputOptions(**reading, reference=reference, vintage=Vintage(commune_codes))


def use_one_allocator() -> None:
    """Let Arrow take memory by the allocator that keeps what large batches give back.

    Arrow's default gives it back at once, and taking it anew costs half a second in a million rows.
    """
    import pyarrow as pa

    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


@contextlib.contextmanager
def progress_bar(lang: Lang) -> Iterator[Progress | None]:
    """Show progress with rate and time left on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bar,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{number(round(speed), lang)}/s")

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TextColumn("còn" if lang == "vi" else "left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(say(lang, *_STAGES[stage]), total=total)
            bar.update(tasks[stage], completed=done, total=max(total, done) if total else None)

        yield tell


def making(progress: Progress | None) -> Callable[[int, int, str], None] | None:
    """Turn progress into what the making of people tells: done, of how many, of what."""
    if progress is None:
        return None
    return lambda done, total, what: progress(what, done, total)


def number(value: int, lang: Lang) -> str:
    """Write a count with the language's separator.

    >>> number(19000000, "vi"), number(19000000, "en")
    ('19.000.000', '19,000,000')
    """
    text = f"{value:,}"
    return text.replace(",", ".") if lang == "vi" else text


def say(lang: Lang, vietnamese: str, english: str) -> str:
    """Choose the sentence of the language."""
    return vietnamese if lang == "vi" else english
