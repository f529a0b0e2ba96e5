"""What the tables are made of: the kinds of columns there are, and the one `metadata`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Text, false, text
from sqlalchemy.sql.elements import TextClause

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared byte by byte everywhere: numbers, addresses and codes are no words of a language."""


def words(name: str, nullable: bool = False, default: str | None = None) -> Column[str]:
    """Text of any length; ``default`` is for rows that an older program wrote."""
    return Column(name, _TEXT, nullable=nullable, server_default=default)


def texts(*names: str) -> list[Column[str]]:
    """Several of them, none of which may be missing."""
    return [words(name) for name in names]


def number(name: str, nullable: bool = False) -> Column[int]:
    """A small whole number."""
    return Column(name, Integer, nullable=nullable)


def time(name: str, nullable: bool = False) -> Column[int]:
    """A moment in microseconds since 1970 UTC."""
    return Column(name, BigInteger, nullable=nullable)


def partial(name: str, *columns: str | TextClause, where: str) -> Index:
    """An index of some rows only."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def serial() -> Column[int]:
    """A number that the database gives, in the order of insertion."""
    # SQLite only numbers rows by itself in a column that says INTEGER.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def flag(name: str, added: bool = False) -> Column[bool]:
    """Yes or no; ``added`` later, so False in rows that an older program wrote."""
    return Column(name, Boolean, nullable=False, server_default=false() if added else None)
