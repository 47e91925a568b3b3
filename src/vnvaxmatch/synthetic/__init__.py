"""Made-up people and realistically broken lists of their vaccinations: nobody in them was born.

Names are drawn part by part from counts, numbers after the rules of Circular 59/2021/TT-BCA. What
is broken, how and how often is in :data:`KINDS`; the truth about every row is written beside it.
"""

from vnvaxmatch.synthetic.doses import LAST_DAY
from vnvaxmatch.synthetic.kinds import KINDS, Kind
from vnvaxmatch.synthetic.layout import IN_PARTS_ABOVE, MOST_ROWS_IN_A_SHEET, Format
from vnvaxmatch.synthetic.write import Synthesis, synthesize

__all__ = [
    "IN_PARTS_ABOVE",
    "KINDS",
    "LAST_DAY",
    "MOST_ROWS_IN_A_SHEET",
    "Format",
    "Kind",
    "Synthesis",
    "synthesize",
]
