"""The statements that write members of staff and invitations, on SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storage import schema_staff as t
from storage.driver import Driver
from storage.many_rows import ManyRows, insertion, once, projection
from storage.staff_rows import Row, StaffRows

_EVENT = insertion(t.staff_event)
_USE = insertion(t.invitation_use)
_STAFF = projection(t.staff, "id")
_INVITATION = once(t.invitation, "digest")
_ADDRESS = insertion(t.staff_address)
_LEFT = ManyRows(1, "DELETE FROM staff_address WHERE staff IN ({rows})")


def write_staff(connection: Driver, many: Sequence[StaffRows]) -> None:
    """Write what change-sets of one batch say, inside the transaction that is open. Raises what the driver raises."""
    events = sorted(row for rows in many for row in rows.events)
    uses = sorted(row for rows in many for row in rows.uses)
    if events:
        _EVENT.run(connection, events)
    if uses:
        _USE.run(connection, uses)
    people: dict[str, Row] = {}
    addresses: dict[str, Sequence[str]] = {}
    for rows in many:
        for row in rows.staff:
            if row[0] not in people or people[row[0]][1] < row[1]:
                people[row[0]], addresses[row[0]] = row, rows.addresses[row[0]]
    if people:
        _STAFF.run(connection, [people[id_] for id_ in sorted(people)])
        _write_addresses(connection, addresses)
    invitations = [row for rows in many for row in rows.invitations]
    if invitations:
        _INVITATION.run(connection, invitations)


def _write_addresses(connection: Driver, addresses: Mapping[str, Sequence[str]]) -> None:
    """What belonged to these people no longer does; then each address has one owner, or a unique key is hit."""
    _LEFT.run(connection, [(id_,) for id_ in sorted(addresses)])
    rows = sorted((address, id_) for id_, held in addresses.items() for address in dict.fromkeys(held))
    if rows:
        _ADDRESS.run(connection, rows)
