"""A disk that forgets what was not synced, under SQLite, without root: a VFS that keeps a second copy of each file.

`install` (in the desk's process) makes SQLite's own VFS note every write, in the order in which they come. A sync puts
what was noted into the second copy, the *shadow*: what a disk has after a power cut. `cut` (in the harness, the desk
being dead) makes the shadow the file: without the unsynced writes, or with some of them, as a disk does that writes in
an order of its own and tears a write in two.

Only ``xWrite``, ``xTruncate``, ``xSync`` and ``xDelete`` are ours; the rest is SQLite's own code on its own structures.
See sqlite.org/c3ref/vfs.html and io_methods.html for their layout.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import sqlite3
import struct
import threading
import time
from collections.abc import Callable, Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SLOWEST = 0.03
"""Seconds a sync takes at most: an ordinary disk's, so that there is something to lose at any time."""

SECTOR = 512
"""Bytes a disk writes whole or not at all."""

_HEAD = struct.Struct("<qq")  # where, how many; how many -1: the file ends there
_TRUNCATED = -1


class NoDisk(Exception):  # a limit of this Python, not an error
    """This Python's SQLite cannot be reached from outside, so there is no such disk here."""


@dataclass
class _File:
    """A file of the database: its shadow, and what was written since the last sync (also on disk, for `cut`)."""

    shadow: int
    noted: int
    writes: list[tuple[int, bytes | None]] = field(default_factory=list)

    def note(self, where: int, data: bytes | None) -> None:
        self.writes.append((where, data))
        os.write(self.noted, _HEAD.pack(where, _TRUNCATED if data is None else len(data)) + (data or b""))

    def sync(self) -> None:
        for where, data in self.writes:
            _apply(self.shadow, where, data)
        self.writes.clear()
        os.ftruncate(self.noted, 0)


def _apply(file: int, where: int, data: bytes | None) -> None:
    if data is None:
        os.ftruncate(file, where)
    else:
        os.pwrite(file, data, where)


# -- in the desk's process -----------------------------------------------------------------------------------------

_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("rest", c_void_p * 13),
    )


class _Methods(Structure):
    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("truncate", c_void_p),
        ("sync", c_void_p),
        ("rest", c_void_p * 13),
    )


class _Opened(Structure):
    _fields_ = (("methods", POINTER(_Methods)),)


_kept: list[Any] = []
"""What SQLite holds pointers to."""


def _library() -> ctypes.CDLL:
    """The SQLite that `sqlite3` uses. Raises NoDisk where it is hidden inside of something else."""
    import _sqlite3

    with Path("/proc/self/maps").open(encoding="utf-8") as maps:
        mapped = {line.split(maxsplit=5)[5].strip() for line in maps if "libsqlite3" in line}
    for name in (*mapped, _sqlite3.__file__, None):
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(name)
            library.sqlite3_libversion.restype = c_char_p
            if library.sqlite3_libversion().decode() == sqlite3.sqlite_version:
                return library
    raise NoDisk("this Python's SQLite cannot be reached from outside")


def install(folder: Path) -> None:
    """Keep the shadows of every database this process opens from now on in a folder. Raises NoDisk."""
    library = _library()
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    folder.mkdir(parents=True, exist_ok=True)
    own = library.sqlite3_vfs_find(None)
    vfs = _Vfs.from_buffer_copy(own.contents)
    disk = _Disk(folder, _OPEN(own.contents.open), _DELETE(own.contents.delete))
    opened, deleted = _OPEN(disk.opened), _DELETE(disk.deleted)
    vfs.name = b"forgetful"
    vfs.next = None
    vfs.open = ctypes.cast(opened, c_void_p).value
    vfs.delete = ctypes.cast(deleted, c_void_p).value
    _kept.extend((vfs, disk, opened, deleted))
    if library.sqlite3_vfs_register(ctypes.addressof(vfs), 1):
        raise NoDisk("SQLite takes no VFS")


class _Disk:
    """Our four functions. A method of theirs gets the address of SQLite's file structure, which tells the file."""

    def __init__(self, folder: Path, open_: Callable[..., int], delete: Callable[..., int]) -> None:
        self._folder = folder
        self._open, self._delete = open_, delete
        self._files: dict[str, _File] = {}
        self._by_address: dict[int, _File] = {}
        self._methods: dict[int, _Methods] = {}
        self._lock = threading.Lock()

    def opened(self, vfs: int, name: int, file: int, flags: int, out: Any) -> int:
        code = self._open(vfs, name, file, flags, out)
        path = Path(os.fsdecode(ctypes.string_at(name))) if name else None
        if code or path is None or ".db" not in path.name:
            return code
        with self._lock:
            if path.name not in self._files:
                self._files[path.name] = _file(self._folder, path)
            self._by_address[file] = self._files[path.name]
            its = ctypes.cast(file, POINTER(_Opened)).contents
            place = ctypes.addressof(its.methods.contents)
            if place not in self._methods:
                self._methods[place] = self._ours(its.methods.contents)
            its.methods = ctypes.pointer(self._methods[place])
        return code

    def _ours(self, own: _Methods) -> _Methods:
        write, truncate, sync = _WRITE(own.write), _TRUNCATE(own.truncate), _SYNC(own.sync)

        def written(file: int, data: int, count: int, where: int) -> int:
            with self._lock:
                self._by_address[file].note(where, ctypes.string_at(data, count))
            return int(write(file, data, count, where))

        def truncated(file: int, size: int) -> int:
            with self._lock:
                self._by_address[file].note(size, None)
            return int(truncate(file, size))

        def synced(file: int, flags: int) -> int:
            time.sleep(random.uniform(0, SLOWEST))
            with self._lock:
                self._by_address[file].sync()
            return int(sync(file, flags))

        ours = _Methods.from_buffer_copy(own)
        functions = _WRITE(written), _TRUNCATE(truncated), _SYNC(synced)
        ours.write, ours.truncate, ours.sync = (ctypes.cast(each, c_void_p).value for each in functions)
        _kept.extend((ours, own, *functions))
        return ours

    def deleted(self, vfs: int, name: bytes, directory: int) -> int:
        with self._lock:
            file = self._files.pop(Path(os.fsdecode(name)).name, None)
            if file is not None:
                os.ftruncate(file.shadow, 0)
                os.ftruncate(file.noted, 0)
        return self._delete(vfs, name, directory)


def _file(folder: Path, path: Path) -> _File:
    """What is there when a file is opened first counts as being on the disk."""
    shadow = folder / path.name
    shutil.copyfile(path, shadow)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    noted = os.open(folder / f"{path.name}.noted", flags | os.O_TRUNC | os.O_APPEND, 0o600)
    return _File(os.open(shadow, flags, 0o600), noted)


# -- in the harness ------------------------------------------------------------------------------------------------


def cut(folder: Path, data: Path, chance: random.Random, *, some: bool) -> int:
    """The power is off: what a desk's files are now. How many unsynced writes there were.

    ``some``: any of them may have reached the disk, or a part of one; else none has.
    """
    lost = 0
    for noted in sorted(folder.glob("*.noted")):
        shadow = noted.with_suffix("")
        writes = list(_noted(noted.read_bytes()))
        lost += len(writes)
        if some:
            file = os.open(shadow, os.O_RDWR)
            for where, write in writes:
                if chance.random() < 0.5:
                    kept = write
                    if write is not None and chance.random() < 0.1:
                        kept = write[: chance.randrange(0, len(write) + 1, SECTOR)]
                    _apply(file, where, kept)
            os.close(file)
        shutil.copyfile(shadow, data / shadow.name)
    for index in data.glob("*-shm"):
        index.unlink()  # it lives in memory
    shutil.rmtree(folder)
    return lost


def _noted(log: bytes) -> Iterator[tuple[int, bytes | None]]:
    place = 0
    while place + _HEAD.size <= len(log):
        where, count = _HEAD.unpack_from(log, place)
        place += _HEAD.size
        if count == _TRUNCATED:
            yield where, None
        elif place + count <= len(log):
            yield where, log[place : place + count]
            place += count
        else:
            return  # the desk died while it noted this
