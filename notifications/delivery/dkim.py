"""DKIM: the sender's domain signs a finished message, so that receivers know whose it is and that it is whole.

RFC 6376, relaxed for header fields and body alike, RSA with SHA-256. It is the last thing done to a message but for the
dots of SMTP, which are taken away again: whatever else changed it afterwards would break it.
"""

import base64
import hashlib
import re
from collections import defaultdict
from functools import lru_cache
from textwrap import wrap

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tenants.identities import DomainKey
from tenants.sealed import Secret

#: What readers see. Signed once more than it is there, so that nobody can add another (RFC 6376, 8.15).
_SHOWN = ("from", "reply-to", "to", "cc", "subject")
#: The same where it is there. RFC 8058, 4 asks for the last two; how the body is to be read belongs to the body.
_OTHERS = (
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
# Neither Date nor Message-ID: relays such as Amazon SES write their own, and a signature over ours would break there.
# https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-manual.html

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_LINE = 72


def sign(message: bytes, key: DomainKey) -> bytes:
    """``message`` (RFC 5322, CRLF) with the signature above it. Raises SealBroken."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = _fields(head)
    names = _signed_names(fields)
    lines = [
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;",
        f"d={key.domain}; s={key.selector};",
        *_tag_of_names(names),
        f"bh={_base64(hashlib.sha256(_relaxed_body(body)).digest())};",
        "b=",
    ]
    unsigned = "\r\n ".join(lines).encode()
    # From the last one up (5.4.2); what is not there counts as nothing.
    signed = [fields[name].pop() for name in names if fields[name]]
    data = b"\r\n".join([*signed, _relaxed_field(unsigned)])
    signature = _base64(_private_key(key.private_key).sign(data, padding.PKCS1v15(), hashes.SHA256()))
    return b"".join([unsigned, _broken(signature), b"\r\n", message])


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """In relaxed form, by name in lower case, each in the order in which they stand."""
    fields: dict[str, list[bytes]] = defaultdict(list)
    for field in _FIELD_END.split(head):
        relaxed = _relaxed_field(field)
        fields[relaxed.partition(b":")[0].decode()].append(relaxed)
    return fields


def _signed_names(fields: dict[str, list[bytes]]) -> tuple[str, ...]:
    present = [*_SHOWN, *(name for name in _OTHERS if fields[name])]
    return tuple(name for name in present for _ in range(len(fields[name]) + 1))


# Mails of one kind have the same fields, and to fold their names takes as long as a third of the signing.
@lru_cache(maxsize=64)
def _tag_of_names(names: tuple[str, ...]) -> list[str]:
    return wrap(f"h={' : '.join(names)};", _LINE, break_long_words=False, break_on_hyphens=False)


def _relaxed_field(field: bytes) -> bytes:
    """3.4.2: the name in lower case, the value on one line with single blanks."""
    name, _, value = field.partition(b":")
    return name.strip(b" \t").lower() + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _relaxed_body(body: bytes) -> bytes:
    """3.4.4: single blanks, none at the end of a line, no empty lines at the end."""
    if b" " in body or b"\t" in body:
        body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    body = body.rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _broken(text: str) -> bytes:
    return "\r\n ".join(text[start : start + _LINE] for start in range(0, len(text), _LINE)).encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# To open and read a key takes longer than to sign with it.
@lru_cache(maxsize=256)
def _private_key(secret: Secret) -> RSAPrivateKey:
    key = load_pem_private_key(secret.reveal().encode(), password=None)
    assert isinstance(key, RSAPrivateKey)  # ours make no others
    return key
