"""Made-up people and realistically broken lists of their vaccinations: nobody in them was born.

Names are drawn part by part from counts, numbers after the rules of Circular 59/2021/TT-BCA. What
is broken, how and how often is in :data:`KINDS`; the truth about every row is written beside it.
"""

from vnvaxmatch.synthetic.doses import LAST_DAY
from vnvaxmatch.synthetic.kinds import KINDS, Kind
from vnvaxmatch.synthetic.write import MOST_ROWS_IN_A_SHEET, Synthesis, synthesize

__all__ = ["KINDS", "LAST_DAY", "MOST_ROWS_IN_A_SHEET", "Kind", "Synthesis", "synthesize"]
