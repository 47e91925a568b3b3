"""Minutes as a file: the pages, the twin attached to them, and a place to sign for each party."""

from __future__ import annotations

import zlib
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

import attrs

from vnvaxmatch import __version__
from vnvaxmatch.certify.minutes.flowables import Place
from vnvaxmatch.certify.minutes.records import Minutes, sized
from vnvaxmatch.certify.minutes.setting import set_pages
from vnvaxmatch.certify.minutes.twins import digest_of, read_twin, write_twin
from vnvaxmatch.errors import MissingExtraError

try:
    import reportlab
    from pyhanko.pdf_utils.embed import (
        EmbeddedFileObject,
        EmbeddedFileParams,
        FileSpec,
        embed_file,
    )
    from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject, pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field, ensure_sig_flags
    from pyhanko.version import __version__ as pyhanko_version
except ImportError as error:
    raise MissingExtraError("certify") from error

__all__ = ["MADE_WITH", "TWIN", "MinutesFile", "Revision", "attach", "make_minutes"]

TWIN: Final = "bien-ban.json"
"""What the twin is called among the attachments."""

MADE_WITH: Final = (
    f"vnvaxmatch {__version__}, reportlab {reportlab.__version__}, pyhanko {pyhanko_version}, "
    f"zlib {zlib.ZLIB_RUNTIME_VERSION}"
)
"""What lays the pages out. Where it is the same, the same minutes give the same bytes."""


class Revision(IncrementalPdfFileWriter):
    """What is added to a PDF, without a clock or chance in it."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> ArrayObject:
        first = prev.document_id[0]
        second = sha256(first + prev.document_id[1]).digest()[:16]
        return ArrayObject([ByteStringObject(first), ByteStringObject(second)])

    def _update_meta(self) -> None:
        """Leave the time of the last change alone: it would be this machine's."""


@attrs.frozen
class MinutesFile:
    """Minutes as they are signed: the PDF, and the twin that is attached to it."""

    pdf: bytes = attrs.field(repr=sized)
    twin: bytes = attrs.field(repr=sized)
    places: tuple[Place, ...]

    @property
    def digest(self) -> str:
        """The digest of the twin: SHA-256 in hexadecimal digits."""
        return digest_of(self.twin)


def make_minutes(minutes: Minutes, /) -> MinutesFile:
    """Lay minutes out as a PDF that nobody signed yet.

    It holds personal values: that is what it is for. The same minutes give the same bytes, with
    the same versions of what lays them out (:data:`MADE_WITH`).
    """
    return lay_out(attrs.evolve(minutes, made_with=MADE_WITH))


def lay_out(minutes: Minutes, /) -> MinutesFile:
    """Lay minutes out as they are, also those that say that another version made them."""
    twin = write_twin(minutes)
    read = read_twin(twin)  # the pages say what the twin says, to the letter
    pages, places = set_pages(read, digest=digest_of(twin))
    writer = Revision(BytesIO(pages))
    attach(writer, TWIN, twin, media="application/json", relation="/Data")
    for place in places:
        append_signature_field(
            writer,
            SigFieldSpec(
                place.role,
                on_page=place.page,
                box=place.box,
                readable_field_name=f"Chữ ký: {read.party(place.role).title}",
            ),
        )
    # as it is once somebody signed: nothing but the signature itself is to change then
    ensure_sig_flags(writer, lock_sig_flags=True)
    return MinutesFile(written(writer), twin, places)


def attach(writer: Any, name: str, data: bytes, /, *, media: str, relation: str) -> None:
    """Attach a file to a PDF."""
    embedded = EmbeddedFileObject.from_file_data(
        writer, data, mime_type=media, params=EmbeddedFileParams(embed_checksum=False)
    )
    spec = FileSpec(name, name, embedded, af_relationship=pdf_name(relation))
    embed_file(writer, spec)


def written(writer: Any, /) -> bytes:
    """Write a revision with all that was before it."""
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
