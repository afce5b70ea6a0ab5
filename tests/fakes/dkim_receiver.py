"""A receiver that looks at DKIM signatures, written from the receiver's side of RFC 6376 and sharing nothing with ours.

``test_dkim.py`` proves it by the example of RFC 8463, whose signature others made.
"""

import re
from base64 import b64decode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key


class Untrusted(Exception):
    """Why a signature says nothing."""


def verify(message: bytes, records: dict[str, str]) -> dict[str, str]:
    """The tags of the topmost rsa-sha256 signature, which is right. ``records`` are the TXT records by name.

    Raises Untrusted.
    """
    text = message.decode("latin-1")
    head, found, body = text.partition("\r\n\r\n")
    if not found:
        raise Untrusted("no end of the header")
    fields: list[tuple[str, str]] = []
    for line in head.split("\r\n"):
        if line[0] in " \t":
            fields[-1] = (fields[-1][0], fields[-1][1] + "\r\n" + line)
        else:
            name, _, value = line.partition(":")
            fields.append((name, value))
    for place, (name, value) in enumerate(fields):
        if name.lower() == "dkim-signature" and "rsa-sha256" in value:
            return _verify(value, fields[:place] + fields[place + 1 :], body, records)
    raise Untrusted("no signature")


def _verify(value: str, others: list[tuple[str, str]], body: str, records: dict[str, str]) -> dict[str, str]:
    tags = _tags(value)
    if tags["v"] != "1" or tags["c"] != "relaxed/relaxed":
        raise Untrusted("another kind of signature")
    if b64decode(tags["bh"]) != sha256(_body(body).encode("latin-1")).digest():
        raise Untrusted("the body was changed")
    names = tags["h"].lower().split(":")
    if "from" not in names:
        raise Untrusted("the author is not signed")
    hashed = ""
    for name in names:
        for at in range(len(others) - 1, -1, -1):
            if others[at][0].strip().lower() == name:
                hashed += _field(*others.pop(at)) + "\r\n"
                break
    hashed += _field("DKIM-Signature", re.sub(r"(;\s*b\s*=)[^;]*", r"\1", value))
    record = _tags(records[f"{tags['s']}._domainkey.{tags['d']}"])
    key = load_der_public_key(b64decode(record["p"]))
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(b64decode(tags["b"]), hashed.encode("latin-1"), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise Untrusted("the header was changed, or somebody else signed") from error
    return tags


def _tags(text: str) -> dict[str, str]:
    pairs = (pair.split("=", 1) for pair in text.split(";") if pair.strip())
    return {name.strip(): "".join(value.split()) for name, value in pairs}


def _field(name: str, value: str) -> str:
    # Not str.split(): in latin-1 some octets of UTF-8 would be blanks.
    return name.strip().lower() + ":" + re.sub(r"[ \t\r\n]+", " ", value).strip(" ")


def _body(body: str) -> str:
    lines = [re.sub("[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\r\n" for line in lines)
