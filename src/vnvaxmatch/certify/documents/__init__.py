"""What is put on paper: fonts that have every Vietnamese letter, and pages to set text on."""

from vnvaxmatch.certify.documents.fonts import Font, use_fonts
from vnvaxmatch.certify.documents.pages import Column, escaped, new_canvas, style

__all__ = ["Column", "Font", "escaped", "new_canvas", "style", "use_fonts"]
