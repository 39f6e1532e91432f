"""One client at a gateway: TLS, password, then bytes in both directions."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_rsauth.sandbox import wire
from airflow_provider_rsauth.sandbox.admission import Admission, Admitted
from airflow_provider_rsauth.sandbox.challenge import Challenge
from airflow_provider_rsauth.sandbox.database import Address
from airflow_provider_rsauth.sandbox.ledger import TemporaryCredential
from airflow_provider_rsauth.sandbox.logins import Login, LoginLog
from airflow_provider_rsauth.sandbox.refusal import INVALID_AUTHORIZATION, Refusal

LOGIN_SECONDS = 60.0
BUFFER = 256 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Post:
    """
    What all sessions of one gateway share.

    :param admission: decides who comes in.
    :param new_challenge: makes the question about the password.
    :param tls: the gateway's certificate.
    :param backend: where PostgreSQL is.
    :param log: where attempts are recorded.
    """

    admission: Admission
    new_challenge: Callable[[], Challenge]
    tls: ssl.SSLContext
    backend: Address
    log: LoginLog


class Session:
    """
    One client, from its first byte to its last.

    :param post: what all sessions of the gateway share.
    :param client: the client's streams.
    """

    def __init__(self, post: Post, client: Streams) -> None:
        self._post = post
        self._reader, self._writer = client
        self._has_tls = False

    async def serve(self) -> None:
        """Serve the client until one side hangs up."""
        async with asyncio.timeout(LOGIN_SECONDS):
            startup = await self._receive_startup()
            if startup is None:
                return
            admitted = await self._admit(startup)
        if admitted is None:
            return
        try:
            await self._relay(startup, admitted)
        finally:
            await asyncio.to_thread(self._post.admission.leave, admitted)

    async def _receive_startup(self) -> wire.Startup | None:
        while True:
            packet = await wire.read_packet(self._reader)
            (code,) = struct.unpack_from("!i", packet)
            if code == wire.SSL_REQUEST and not self._has_tls:
                await self._send(b"S")
                await self._writer.start_tls(self._post.tls)
                self._has_tls = True
            elif code == wire.GSSENC_REQUEST:
                await self._send(b"N")
            elif code == wire.CANCEL_REQUEST:
                await self._forward_cancel(packet)
                return None
            else:
                return wire.Startup.parse(packet)

    async def _admit(self, startup: wire.Startup) -> Admitted | None:
        try:
            if not self._has_tls:
                raise Refusal(INVALID_AUTHORIZATION, self._plain_text(startup))
            admission = self._post.admission
            if admission.tokens.is_wanted(startup):
                await self._send(wire.authentication_request(wire.AUTHENTICATION_TOKEN))
                token = await wire.read_answer(self._reader, wire.TOKEN, wire.LONGEST_TOKEN)
                return await asyncio.to_thread(admission.admit_token, startup, token)
            challenge = self._post.new_challenge()
            await self._send(challenge.request)
            answer = await wire.read_answer(self._reader, wire.PASSWORD, wire.LONGEST_PASSWORD)
            return await asyncio.to_thread(admission.admit, startup, challenge, answer)
        except Refusal as refusal:
            self._record(startup, refusal.credential, refusal.message)
            await self._send(wire.error_response(refusal.sqlstate, refusal.message))
            return None

    def _plain_text(self, startup: wire.Startup) -> str:
        host = self._writer.get_extra_info("peername")[0]
        who = f'host "{host}", user "{startup.user}", database "{startup.database}"'
        return f"no pg_hba.conf entry for {who}, SSL off"

    async def _relay(self, startup: wire.Startup, admitted: Admitted) -> None:
        reader, writer = await self._open_backend()
        try:
            writer.write(startup.for_backend(admitted.role))
            greeting, problem = await _greeting(reader)
            self._record(startup, admitted.credential, problem)
            await self._send(greeting)
            if not problem:
                await _pump_both_ways((self._reader, self._writer), (reader, writer))
        finally:
            writer.close()

    async def _forward_cancel(self, packet: bytes) -> None:
        reader, writer = await self._open_backend()
        writer.write(wire.packet(packet))
        await reader.read()  # PostgreSQL hangs up once it has passed the request on
        writer.close()

    async def _open_backend(self) -> Streams:
        host, port = self._post.backend
        if host.startswith("/"):
            return await asyncio.open_unix_connection(Path(host) / f".s.PGSQL.{port}", limit=BUFFER)
        return await asyncio.open_connection(host, port, limit=BUFFER)

    def _record(self, startup: wire.Startup, credential: TemporaryCredential | None, problem: str) -> None:
        login = Login(
            user=startup.user or (credential.login if credential else ""),
            database=startup.database,
            application_name=startup.application_name,
            accepted=not problem,
            message=problem,
            api=credential.api if credential else "",
            expires_at=credential.expires_at if credential else None,
            groups=credential.groups if credential else (),
            target=self._post.admission.target,
        )
        self._post.log.add(login)

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


async def _greeting(reader: asyncio.StreamReader) -> tuple[bytes, str]:
    """Read what PostgreSQL says until it is ready or refuses: the bytes, and the text of its refusal."""
    said = b""
    while True:
        kind, body = await wire.read_message(reader)
        said += wire.message(kind, body)
        if kind == wire.READY_FOR_QUERY:
            return said, ""
        if kind == wire.ERROR:
            return said, wire.error_text(body)
        if kind == wire.AUTHENTICATION and body != bytes(4):
            text = "the PostgreSQL behind the sandbox asks for a password: it must trust the gateway"
            return wire.error_response(INVALID_AUTHORIZATION, text), text


async def _pump_both_ways(client: Streams, backend: Streams) -> None:
    directions = {
        asyncio.create_task(_pump(client[0], backend[1])),
        asyncio.create_task(_pump(backend[0], client[1])),
    }
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        await asyncio.gather(*directions, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(BUFFER):
        sink.write(data)
        await sink.drain()
