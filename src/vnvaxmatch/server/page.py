"""The page that shows the OpenAPI document to people: one file, without scripts or a network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

__all__ = ["PAGE_POLICY", "page"]

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}code,pre{font:14px/1.4 ui-monospace,monospace}"
    "pre{background:#f4f4f4;padding:1rem;overflow:auto}h2{border-top:1px solid #ccc;"
    "padding-top:1rem}table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem "
    ".2rem 0;vertical-align:top}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

PAGE_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'; form-action 'none'"
)
"""The content security policy of the page: its own style, and nothing else."""


def page(document: Mapping[str, Any]) -> bytes:
    """Write the page of a document."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width">',
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{escape(info['description'])} <a href=openapi.json>openapi.json</a></p>",
    ]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parts += _operation(f"{method.upper()} {path}", operation)
    parts.append("<h2>Schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        parts.append(f"<h3 id={escape(name)}>{escape(name)}</h3>{_code(schema)}")
    return "".join(parts).encode()


def _operation(heading: str, operation: Mapping[str, Any]) -> list[str]:
    parts = [f"<h2><code>{escape(heading)}</code></h2><p>{escape(operation['summary'])}</p>"]
    if operation.get("security"):
        needed = ", ".join(name for scheme in operation["security"] for name in scheme)
        parts.append(f"<p>Who asks must be known, by: {escape(needed)}.</p>")
    if "requestBody" in operation:
        for media, content in operation["requestBody"]["content"].items():
            parts.append(f"<p>Body: <code>{escape(media)}</code></p>{_code(content['schema'])}")
            break
    rows = "".join(
        f"<tr><th>{escape(status)}<td>{escape(item['description'])}<td>"
        f"<code>{escape(', '.join(item['content']))}</code>"
        for status, item in operation["responses"].items()
    )
    parts.append(f"<table>{rows}</table>")
    return parts


def _code(schema: object) -> str:
    text = json.dumps(schema, ensure_ascii=False, indent=2)
    return f"<pre>{escape(text)}</pre>"
