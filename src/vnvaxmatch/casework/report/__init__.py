"""The report of a campaign: how far the cases of a ledger have come, on one page for people.

Nothing personal is in it: it is made of the labels that a ledger keeps beside its cases, and of
what events say in the clear. No key is needed.
"""

from vnvaxmatch.casework.report.campaigns import Campaign, Correction, Site, Stage
from vnvaxmatch.casework.report.gathering import gather
from vnvaxmatch.casework.report.page import report_page

__all__ = ["Campaign", "Correction", "Site", "Stage", "gather", "report_page"]
