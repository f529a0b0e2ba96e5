"""``audit``: verify the chained record, print its head, tell what it has about a ticket."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot import heads
from bot.changes import Changes, Looked
from bot.console import audit_words
from bot.console.options import AsJson, Config, Data
from bot.domain.people import DESK
from bot.errors import ConfigurationError, StoreError
from bot.ports import Clock
from bot.settings import Settings

SettingsFor = Callable[[typer.Context, Path | None, Path | None], Settings]

LETTER_SECONDS = 5.0
"""So long a running desk may take to write down an act of the command line."""


def audit_commands(settings_for: SettingsFor, clock: Clock) -> typer.Typer:
    """The group of commands."""
    app = typer.Typer(help="The chained record of changes, reads, forwards and exports.", no_args_is_help=True)

    @app.command()
    def verify(
        context: typer.Context,
        heads_file: Annotated[
            Path | None, typer.Option("--heads", help="Signed heads that were kept elsewhere.", exists=True)
        ] = None,
        key: Annotated[
            Path | None, typer.Option("--key", help="The public key they were signed with (audit.pub).", exists=True)
        ] = None,
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Whether all is as it was written: exit code 0, else 1. The desk may be running."""
        settings = settings_for(context, config, data)
        files = [heads_file] if heads_file is not None else _files(settings)
        raise typer.Exit(_verified(settings, files, key, as_json))

    @app.command()
    def head(context: typer.Context, config: Config = None, data: Data = None, as_json: AsJson = False) -> None:
        """Print the newest entry's hash, signed: for somebody who keeps it elsewhere."""
        from storage.audit_opening import opened
        from storage.audit_reader import head_of

        settings = settings_for(context, config, data)
        with opened(settings.storage.url.get_secret_value(), settings.data) as driver:
            seq, link = head_of(driver)
        signer = _signer(settings.data)
        line = signer.line(heads.HEAD, seq, link, clock.now())
        if as_json:
            said = {"head": line, "seq": seq, "hash": link.hex(), "public_key": signer.public.hex()}
            print(json.dumps(said))
        else:
            print(line)
            print(f"public key {heads.key_id(signer.public)}: {signer.public.hex()}")

    @app.command()
    def show(
        context: typer.Context,
        number: Annotated[str, typer.Argument(help="A ticket, a special case, or the id of somebody of the staff.")],
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """What the record has about a ticket, in words."""
        from storage.audit_opening import opened
        from storage.audit_story import names, story

        settings = settings_for(context, config, data)
        with opened(settings.storage.url.get_secret_value(), settings.data) as driver:
            told, known = story(driver, number), names(driver)
        if not told:
            raise ConfigurationError(number, "the record has nothing of that")
        for each in told:
            print(json.dumps(audit_words.entry_object(each)) if as_json else audit_words.entry_line(each, known))

    return app


def note_restored(database: Path, data: Path, clock: Clock) -> None:
    """Sign that a backup is put back, for heads that were signed since then speak of what it has not.

    ``database`` is its file, ``data`` the folder it goes to. Raises ConfigurationError and OSError.
    """
    from storage.audit_reader import head_of_file

    _note_restored(data, head_of_file(database), clock)


def note_restored_at(url: str, data: Path, clock: Clock) -> None:
    """The same of a database on a server, which was put back just now."""
    from storage.audit_opening import opened
    from storage.audit_reader import head_of

    with opened(url, data) as driver:
        _note_restored(data, head_of(driver), clock)


def _note_restored(data: Path, head: tuple[int, bytes], clock: Clock) -> None:
    line = _signer(data).line(heads.RESTORED, *head, clock.now())
    heads.add(data / heads.FOLDER / heads.FILE, [line])


def note_act(settings: Settings, clock: Clock, what: str, detail: str) -> None:
    """Have an act of the operator written down, by the running desk if there is one; says so when it cannot be."""
    try:
        asyncio.run(_noted(settings, clock, what, detail))
    except (ConfigurationError, StoreError) as error:
        typer.echo(f"This was not written down in the audit record: {error}", err=True)


async def _noted(settings: Settings, clock: Clock, what: str, detail: str) -> None:
    from bot.console.office import hand_in
    from storage.beside import access

    url = settings.storage.url.get_secret_value()
    now = clock.now()
    looked = Looked(by=DESK, what=what, at=now, detail=detail)
    async with access(url, settings.data, clock, True, partial(hand_in, clock, patience=LETTER_SECONDS)) as way:
        await way.commit(Changes(at=now, looked=[looked]))


def _files(settings: Settings) -> list[Path]:
    """Where this desk keeps heads, as far as there are any."""
    folders = [settings.data / heads.FOLDER, *([settings.audit.heads] if settings.audit.heads else [])]
    return [path for folder in folders if (path := folder / heads.FILE).exists()]


def _signer(data: Path) -> heads.Signer:
    from bot.web.keys import key_in

    return heads.Signer(key_in(data, heads.KEY))


def _verified(settings: Settings, files: Iterable[Path], key: Path | None, as_json: bool) -> int:
    from storage.audit_opening import opened
    from storage.audit_verify import verify

    read = [heads.read(_text(path), _keys(settings.data, path, key), str(path)) for path in files]
    signed = [each for one in read for each in one.signed]
    flaws = [flaw for one in read for flaw in one.flaws]
    began = time.perf_counter()
    with opened(settings.storage.url.get_secret_value(), settings.data) as driver, audit_words.progress() as told:
        report = verify(driver, heads.counting(signed), told)
    seconds = time.perf_counter() - began
    if as_json:
        print(json.dumps(audit_words.report_object(report, flaws, seconds)))
    else:
        for line in audit_words.report_lines(report, flaws, heads.lost(signed), seconds):
            print(line)
    return 0 if report.whole and not flaws else 1


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError(str(path), error.strerror or "cannot be read") from None


def _keys(data: Path, file: Path, key: Path | None) -> list[bytes]:
    """The public key that signed a file of heads: as given, else this desk's, else the one beside the file."""
    own = data / f"{heads.KEY}.key"
    if key is None and own.exists():
        return [_signer(data).public]
    path = key or file.with_name(heads.PUBLIC)
    try:
        public = bytes.fromhex(_text(path).strip())
    except ValueError:
        public = b""
    if len(public) != heads.PUBLIC_BYTES:
        raise ConfigurationError(str(path), "this is no public key: 64 hexadecimal digits")
    return [public]
