"""Whom a Kerberos ticket belongs to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

TicketCheck = Callable[[bytes], str | None]
"""Tells the principal of a ticket, such as ``jane@EXAMPLE.COM``; ``None`` for one that is not good."""


class KeytabTickets:
    """
    Checks tickets with a keytab; needs the package ``gssapi``.

    :param keytab: holds the key of the service ``HTTP`` at the host that clients ask for.
    :param channel: what a ticket has to be bound to (extended protection), such as ``tls-server-end-point:…``.
    """

    def __init__(self, keytab: Path, channel: bytes | None = None) -> None:
        self._keytab, self._channel = keytab, channel

    def __call__(self, ticket: bytes) -> str | None:
        """Tell the principal of a ticket; ``None`` for one that is not good."""
        import gssapi

        bindings = self._channel and gssapi.raw.ChannelBindings(application_data=self._channel)
        try:
            own = gssapi.Credentials(usage="accept", store={"keytab": str(self._keytab)})
            context = gssapi.SecurityContext(creds=own, usage="accept", channel_bindings=bindings)
            context.step(ticket)
            if not context.complete:  # raises what step kept for later
                return None
        except gssapi.exceptions.GSSError:
            return None
        is_bound = gssapi.RequirementFlag.channel_bound in context.actual_flags
        return str(context.initiator_name) if is_bound or not self._channel else None
