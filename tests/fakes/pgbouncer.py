"""A real PgBouncer before the real PostgreSQL of the tests, with the configuration that docs/deploy has."""

from __future__ import annotations

import configparser
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

CONFIGURATION = Path(__file__).parents[2] / "docs" / "deploy" / "pgbouncer.ini"
USER, PASSWORD = "postgres", "a-password-of-tests"
START_SECONDS = 20.0


def program() -> str | None:
    """Where it is; None on a machine without it. .ci/run installs it."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Pooler:
    """PgBouncer before the server of a URL; `url` leads through it to the same database. Use it in a with statement."""

    def __init__(self, server: str, folder: Path, **changed: str) -> None:
        """``changed``: what of its section is otherwise than in the file, besides addresses."""
        self._server, self._folder, self._changed = server, folder, changed
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    @property
    def url(self) -> str:
        """The database, through the pooler."""
        return self.to(urlsplit(self._server).path.lstrip("/"))

    @property
    def administration(self) -> str:
        """Its own console."""
        return self.to("pgbouncer")

    def to(self, database: str) -> str:
        """A database of the same server, through the pooler."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        users = self._folder / "users"
        users.write_text(f'"{USER}" "{PASSWORD}"\n', "utf-8")
        parser = configparser.RawConfigParser()
        parser.read_string(CONFIGURATION.read_text("utf-8"))
        (host,) = parse_qs(urlsplit(self._server).query)["host"]
        parser["databases"] = {"*": f"host={host} user={USER}"}
        parser["pgbouncer"].update(
            listen_addr="127.0.0.1", listen_port=str(self.port), auth_file=str(users), admin_users=USER, **self._changed
        )
        written = self._folder / "pgbouncer.ini"
        with written.open("w", encoding="utf-8") as file:
            parser.write(file)
        command = [str(program()), str(written)]
        if os.geteuid() == 0:  # it does not run as root, and must reach the server's socket
            owner = pwd.getpwuid(os.stat(host).st_uid)
            for path in (self._folder, users, written):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            command[1:1] = ["-u", owner.pw_name]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603  # Debian's program
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(START_SECONDS)

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"PgBouncer did not start: {(self._folder / 'log').read_text('utf-8', 'replace')}")
