"""The threshold chart: precision and recall over the weight that is asked for, as SVG.

The scale of the shares is one of nines: 90 %, 99 % and 99.9 % are equally far apart, because what
matters is how many are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from math import ceil, floor, log10
from typing import Final

import attrs

from vnvaxmatch.bulk.evaluation.records import Evaluation, Step
from vnvaxmatch.bulk.evaluation.words import decimal, percent, say
from vnvaxmatch.messages import Lang

__all__ = ["threshold_chart"]

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 736, 84, 366
_PRECISION, _RECALL = "#0b5394", "#b45309"
_MOST_NINES: Final = 7
_TICKS: Final = (1, 2, 5, 10, 20, 50, 100)
_STYLE: Final = """
text { font: 12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #222; }
.title { font-size: 15px; font-weight: 600; }
.grid { stroke: #d9d9d9; stroke-width: 1; }
.frame { stroke: #555; stroke-width: 1; fill: none; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.mark { stroke: #222; stroke-width: 1.2; }
"""


@attrs.frozen
class _Scale:
    """Where bits and shares stand in the picture."""

    first: int
    last: int
    nines: int

    def x(self, bits: float) -> float:
        """Place a threshold."""
        return _LEFT + (bits - self.first) / (self.last - self.first) * (_RIGHT - _LEFT)

    def y(self, share: float) -> float:
        """Place a share: by its nines, and 100 % one half above the last of them."""
        top = self.nines + 0.5
        nines = top if share >= 1 else min(-log10(1 - share), float(self.nines))
        return _BOTTOM - nines / top * (_BOTTOM - _TOP)


def threshold_chart(evaluation: Evaluation, *, lang: Lang = "vi") -> str:
    """Draw precision and recall over the threshold; the used and the best one are marked.

    Empty where no weights were told.
    """
    if not evaluation.curve:
        return ""
    return "\n".join(_lines(evaluation, _scale(evaluation), lang)) + "\n"


def _scale(evaluation: Evaluation) -> _Scale:
    curve = evaluation.curve
    bits = [curve[0].threshold, curve[-1].threshold]
    bits += [evaluation.threshold] if evaluation.threshold is not None else []
    shares = [s for step in curve for s in (step.precision, step.recall) if s is not None and s < 1]
    finest = max((-log10(1 - share) for share in shares), default=0.0)
    first = ceil(min(bits)) - 1
    last = floor(max(bits)) + 1
    return _Scale(first, last, min(max(ceil(finest), 2), _MOST_NINES))


def _lines(evaluation: Evaluation, scale: _Scale, lang: Lang) -> Iterator[str]:
    title = say(lang, "Nếu đòi hỏi trọng số cao hơn", "If a higher weight were asked for")
    about = say(
        lang,
        "Độ chính xác và độ bao phủ của việc nhận diện theo ngưỡng trọng số",
        "Precision and recall of identification over the threshold of match weight",
    )
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" lang="{lang}">'
    )
    yield f"<title>{escape(title)}</title><desc>{escape(about)}</desc>"
    yield f"<style>{_STYLE}</style>"
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    yield f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>'
    yield from _legend(lang)
    yield from _axes(scale, lang)
    yield from _curve(evaluation, scale, lambda step: step.precision, _PRECISION)
    yield from _curve(evaluation, scale, lambda step: step.recall, _RECALL, dashed=True)
    yield from _marks(evaluation, scale, lang)
    yield "</svg>"


def _legend(lang: Lang) -> Iterator[str]:
    words = (
        (say(lang, "Độ chính xác", "Precision"), _PRECISION, ""),
        (say(lang, "Độ bao phủ", "Recall"), _RECALL, ' stroke-dasharray="7 4"'),
    )
    for at, (text, color, dashes) in zip((_RIGHT - 270, _RIGHT - 120), words, strict=True):
        yield f'<path class="curve" d="M{at} 20h34" stroke="{color}"{dashes}/>'
        yield f'<text x="{at + 42}" y="24">{escape(text)}</text>'


def _axes(scale: _Scale, lang: Lang) -> Iterator[str]:
    shares = [0.0, *(1 - 10.0**-nines for nines in range(1, scale.nines + 1)), 1.0]
    for nines, share in enumerate(shares):
        y = scale.y(share)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
        label = percent(share, lang, places=max(nines - 2, 0))
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    tick = next((t for t in _TICKS if (scale.last - scale.first) / t <= 12), _TICKS[-1])
    for bits in range(ceil(scale.first / tick) * tick, scale.last + 1, tick):
        x = scale.x(bits)
        yield f'<path class="grid" d="M{x:.1f} {_TOP}V{_BOTTOM}"/>'
        yield f'<text x="{x:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{bits}</text>'
    yield f'<path class="frame" d="M{_LEFT} {_TOP}H{_RIGHT}V{_BOTTOM}H{_LEFT}Z"/>'
    words = say(lang, "Ngưỡng trọng số (bit)", "Threshold of match weight (bits)")
    middle = (_LEFT + _RIGHT) / 2
    yield f'<text x="{middle}" y="{_BOTTOM + 40}" text-anchor="middle">{escape(words)}</text>'


def _curve(
    evaluation: Evaluation,
    scale: _Scale,
    share: Callable[[Step], float | None],
    color: str,
    *,
    dashed: bool = False,
) -> Iterator[str]:
    """Draw stairs: up to a weight the same is told, beyond it less. One point a pixel at most."""
    points: dict[int, float] = {}
    for step in evaluation.curve:
        value = share(step)
        if value is not None:
            points[round(scale.x(step.threshold))] = scale.y(value)
    if not points:
        return
    assert evaluation.used is not None  # there is a curve
    path = [f"M{scale.x(evaluation.used):.1f} {next(iter(points.values())):.1f}"]
    path += [f"V{y:.1f}H{x}" for x, y in points.items()]
    dashes = ' stroke-dasharray="7 4"' if dashed else ""
    yield f'<path class="curve" stroke="{color}"{dashes} d="{"".join(path)}"/>'


def _marks(evaluation: Evaluation, scale: _Scale, lang: Lang) -> Iterator[str]:
    best = evaluation.best
    if evaluation.threshold is not None:
        bits = decimal(evaluation.threshold, lang)
        words = say(lang, f"ngưỡng đã dùng: {bits}", f"threshold used: {bits}")
        yield from _mark(scale.x(evaluation.threshold), 56, words, "")
    if best is not None and not evaluation.best_is_used:
        bits, f1 = decimal(best.threshold, lang), decimal(best.f1, lang, places=5)
        words = say(lang, f"F1 cao nhất: {f1} tại {bits}", f"best F1: {f1} at {bits}")
        yield from _mark(scale.x(best.threshold), 74, words, ' stroke-dasharray="2 3"')


def _mark(x: float, y: int, words: str, dashes: str) -> Iterator[str]:
    end = x > (_LEFT + _RIGHT) / 2
    place = f'x="{x - 5:.1f}" text-anchor="end"' if end else f'x="{x + 5:.1f}"'
    yield f'<path class="mark"{dashes} d="M{x:.1f} {y - 10}V{_BOTTOM}"/>'
    yield f'<text {place} y="{y}">{escape(words)}</text>'
