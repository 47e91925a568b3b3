"""Text in, a value or a reason out: one function and one module per kind.

Every function here is total (no text makes it raise), settles (reading its own output changes
nothing) and says what it changed and what it doubts.
"""

from vnvaxmatch.normalize.births import BirthDate, Precision, birth
from vnvaxmatch.normalize.cards import Card, card
from vnvaxmatch.normalize.communes import Commune, Vintage, commune, commune_name
from vnvaxmatch.normalize.doses import dose_date, dose_doubts, dose_number, sequence_doubts
from vnvaxmatch.normalize.id_numbers import IdKind, IdNumber, cross_check, id_number
from vnvaxmatch.normalize.names import ColumnRepair, Encoding, PersonName, name, repair_column
from vnvaxmatch.normalize.nationalities import Nationality, nationality
from vnvaxmatch.normalize.phones import Phone, phone
from vnvaxmatch.normalize.sexes import Sex, sex
from vnvaxmatch.normalize.vaccines import Vaccine, vaccine

__all__ = [
    "BirthDate",
    "Card",
    "ColumnRepair",
    "Commune",
    "Encoding",
    "IdKind",
    "IdNumber",
    "Nationality",
    "PersonName",
    "Phone",
    "Precision",
    "Sex",
    "Vaccine",
    "Vintage",
    "birth",
    "card",
    "commune",
    "commune_name",
    "cross_check",
    "dose_date",
    "dose_doubts",
    "dose_number",
    "id_number",
    "name",
    "nationality",
    "phone",
    "repair_column",
    "sequence_doubts",
    "sex",
    "vaccine",
]
