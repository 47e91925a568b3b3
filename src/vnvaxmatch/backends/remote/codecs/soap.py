"""SOAP 1.1 in and out, by lxml with everything off that XML bombs need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from vnvaxmatch.backends.remote.answers import ReplyFault
from vnvaxmatch.backends.remote.codecs.texts import decode
from vnvaxmatch.errors import MissingExtraError, ReplyError

try:
    from lxml import etree
except ImportError as error:
    raise MissingExtraError("remote") from error

__all__ = [
    "SOAP",
    "XML_LIMIT",
    "Element",
    "Tree",
    "body_of",
    "children",
    "envelope",
    "leaf",
    "local",
    "writable",
]

XML_LIMIT: Final = 1024 * 1024
"""Bytes of a message."""

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"

Element: TypeAlias = "etree._Element"

Tree: TypeAlias = tuple[str, str | Sequence["Tree"]]
"""An element to write: its name, and its text or its children in order."""

_DECLARED: Final = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_FORBIDDEN: Final = re.compile(r"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_DEEPEST: Final = 50
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> bool:
    """Whether XML can hold this text.

    >>> writable("Trần"), writable("\\x00")
    (True, False)
    """
    return not _UNWRITABLE.search(text)


def envelope(body: Tree, *, prefix: str, namespace: str) -> bytes:
    """Write a message: an envelope with an empty header, and the body in its namespace."""
    root = etree.Element(_name(SOAP, "Envelope"), nsmap={"soapenv": SOAP, prefix: namespace})
    etree.SubElement(root, _name(SOAP, "Header"))
    _append(etree.SubElement(root, _name(SOAP, "Body")), body, namespace)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _append(parent: Element, tree: Tree, namespace: str) -> None:
    name, content = tree
    element = etree.SubElement(parent, _name(namespace, name))
    if isinstance(content, str):
        element.text = content
    else:
        for child in content:
            _append(element, child, namespace)


def _name(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def body_of(message: bytes) -> Element:
    """Give the one element in the body of a message; ReplyError for anything else.

    A document type is refused before the parser sees it, whatever it holds; so are bytes that are
    not UTF-8, or say that they are something else.
    """
    text = decode(message, limit=XML_LIMIT).lstrip("\r\n\t ")
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].lower() not in ("utf-8", "us-ascii", "ascii"):
        raise ReplyError(ReplyFault.ENCODING)
    if _FORBIDDEN.search(text):
        raise ReplyError(ReplyFault.FORBIDDEN_XML)
    root = _parsed(text.encode())
    if root is None or root.getroottree().docinfo.doctype:
        raise ReplyError(ReplyFault.NOT_XML)
    if root.tag != _name(SOAP, "Envelope"):
        raise ReplyError(ReplyFault.SHAPE)
    bodies = [child for child in children(root) if child.tag == _name(SOAP, "Body")]
    if len(bodies) != 1:
        raise ReplyError(ReplyFault.SHAPE)
    inner = list(children(bodies[0]))
    if len(inner) != 1:
        raise ReplyError(ReplyFault.SHAPE)
    if inner[0].tag == _name(SOAP, "Fault"):
        raise ReplyError(ReplyFault.ERROR_REPORTED)
    return inner[0]


def _parsed(text: bytes) -> Element | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        collect_ids=False,
        encoding="UTF-8",
    )
    try:
        root: Element = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if _depth_within(root, _DEEPEST) else None


def _depth_within(root: Element, deepest: int) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > deepest:
            return False
    return True


def children(element: Element) -> Iterator[Element]:
    """Give the elements in an element; comments are none, and text between them is refused."""
    pieces: Iterable[str | None] = (element.text, *(child.tail for child in element))
    if any(piece and piece.strip() for piece in pieces):
        raise ReplyError(ReplyFault.SHAPE)
    return (child for child in element if isinstance(child.tag, str))


def local(element: Element, namespaces: Sequence[str]) -> str:
    """Give the name of an element of one of the namespaces, or of none; otherwise nothing.

    >>> local(etree.fromstring("<a xmlns='urn:b'/>"), ["urn:b"])
    'a'
    """
    name = etree.QName(element)
    return name.localname if name.namespace in (None, *namespaces) else ""


def leaf(element: Element) -> str:
    """Give the text of an element that holds nothing but text."""
    if len(element):
        raise ReplyError(ReplyFault.SHAPE)
    return (element.text or "").strip()
