"""
Messages of the PostgreSQL wire protocol, which Amazon Redshift speaks.

Source: PostgreSQL documentation, chapter "Frontend/Backend Protocol", part "Message Formats".
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass, field

PROTOCOL_3 = 3
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104

AUTHENTICATION = b"R"
ERROR = b"E"
PASSWORD = b"p"
READY_FOR_QUERY = b"Z"
TOKEN = b"i"

AUTHENTICATION_CLEARTEXT = 3
AUTHENTICATION_MD5 = 5
AUTHENTICATION_TOKEN = 14
"""Redshift's own: the client shows a token of an identity provider."""

LONGEST_FIRST_PACKET = 100_000
LONGEST_PASSWORD = 10_000
LONGEST_TOKEN = 100_000

BACKEND_PARAMETERS = frozenset(
    {"application_name", "client_encoding", "datestyle", "extra_float_digits", "options", "timezone"}
)
"""The startup parameters that PostgreSQL understands; Redshift drivers send many more."""


class ProtocolError(Exception):
    """The peer does not speak the protocol."""


@dataclass(frozen=True, slots=True)
class Startup:
    """
    The first real packet of a client.

    :param version: the protocol version as sent.
    :param parameters: who wants to go where, and session settings.
    """

    version: int
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> str:
        """The login name, prefix included."""
        return self.parameters.get("user", "")

    @property
    def database(self) -> str:
        """The database; where none is given, that of the user's name, as in PostgreSQL."""
        return self.parameters.get("database") or self.user

    @property
    def application_name(self) -> str:
        """What the client calls itself."""
        return self.parameters.get("application_name", "")

    @classmethod
    def parse(cls, packet: bytes) -> Startup:
        """Read a startup packet, the version included, the length not."""
        (version,) = struct.unpack_from("!i", packet)
        if version >> 16 != PROTOCOL_3:
            raise ProtocolError(f"unsupported protocol {version >> 16}.{version & 0xFFFF}")
        words = packet[4:].decode("utf-8", "replace").split("\0")
        return cls(
            version, {name: value for name, value in zip(words[::2], words[1::2], strict=False) if name}
        )

    def for_backend(self, role: str) -> bytes:
        """Build the packet that opens PostgreSQL as a role, without what only Redshift understands."""
        kept = {n: v for n, v in self.parameters.items() if n.lower() in BACKEND_PARAMETERS}
        parameters = {"user": role, "database": self.database, **kept}
        words = "".join(f"{name}\0{value}\0" for name, value in parameters.items())
        return packet(struct.pack("!i", self.version) + words.encode() + b"\0")


def packet(body: bytes) -> bytes:
    """Put the length before a body."""
    return struct.pack("!i", len(body) + 4) + body


def message(kind: bytes, body: bytes) -> bytes:
    """Build a message."""
    return kind + packet(body)


def authentication_request(method: int, data: bytes = b"") -> bytes:
    """Ask the client for its password."""
    return message(AUTHENTICATION, struct.pack("!i", method) + data)


def error_response(sqlstate: str, text: str) -> bytes:
    """Build the message that ends a login."""
    fields = {"S": "FATAL", "C": sqlstate, "M": text, "F": "auth.c", "L": "0", "R": "auth_failed"}
    return message(ERROR, "".join(f"{code}{value}\0" for code, value in fields.items()).encode() + b"\0")


def error_text(body: bytes) -> str:
    """Read the text of an error message."""
    fields = {part[:1]: part[1:] for part in body.decode("utf-8", "replace").split("\0") if part}
    return fields.get("M", "")


async def read_packet(reader: asyncio.StreamReader, longest: int = LONGEST_FIRST_PACKET) -> bytes:
    """
    Read a length and what follows.

    :raises ProtocolError: when the length makes no sense.
    """
    (length,) = struct.unpack("!i", await reader.readexactly(4))
    if not 4 <= length <= longest:
        raise ProtocolError(f"packet of {length} bytes")
    return await reader.readexactly(length - 4)


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read a message: its kind, and its body."""
    kind = await reader.readexactly(1)
    return kind, await read_packet(reader)


async def read_answer(reader: asyncio.StreamReader, wanted: bytes, longest: int) -> str:
    """Read the client's answer to an authentication request: a password, or a token."""
    kind = await reader.readexactly(1)
    if kind != wanted:
        raise ProtocolError(f"expected message {wanted!r}, got {kind!r}")
    return (await read_packet(reader, longest)).rstrip(b"\0").decode("utf-8", "replace")
