"""Mail as its reader sees it, for a frame that trusts nothing in it.

Three locks, each enough by itself: the frame's empty ``sandbox``; the same sandbox in the reply's own policy, so that
the address opened in a tab is as harmless; and a policy that lets nothing load but inline styles and inline images.
"""

import base64
import re
from collections.abc import Mapping

from django.http import HttpResponse
from django.utils.html import escape

_POLICY = (
    "sandbox; default-src 'none'; img-src data: cid:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CID = re.compile(r"""(?<=["'(=])cid:([A-Za-z0-9!#$%&*+/=?^_`{|}~.@-]{1,120})""")


def html_page(html: str, *, images: Mapping[str, tuple[str, bytes]] | None = None) -> HttpResponse:
    """The mail's own HTML, byte for byte but for inline images: ``images`` by Content-ID (type, content)."""
    return HttpResponse(_with_images(html, images or {}), headers=_HEADERS)


def text_page(text: str) -> HttpResponse:
    """Plain text in a fixed-width page; nothing in it is markup."""
    style = (
        "body{margin:16px;color-scheme:light dark}"
        "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,monospace}"
    )
    page = f"<!doctype html><meta charset=utf-8><style>{style}</style><pre>{escape(text)}</pre>"
    return HttpResponse(page, headers=_HEADERS)


def note_page(title: str, lines: list[str]) -> HttpResponse:
    """A word of ours where there is no mail to show."""
    style = "body{margin:24px;font:14px/1.5 system-ui,sans-serif;color:#57534e}h1{font-size:15px;color:#1c1917}"
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    page = f"<!doctype html><meta charset=utf-8><style>{style}</style><h1>{escape(title)}</h1><ul>{items}</ul>"
    return HttpResponse(page, headers=_HEADERS)


def _with_images(html: str, images: Mapping[str, tuple[str, bytes]]) -> str:
    def data_url(match: re.Match[str]) -> str:
        found = images.get(match[1])
        if found is None or not found[0].startswith("image/"):
            return match[0]
        return f"data:{found[0]};base64,{base64.b64encode(found[1]).decode()}"

    return _CID.sub(data_url, html)
