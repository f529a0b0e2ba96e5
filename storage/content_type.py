"""What a file is, read from its first bytes; its name and what the sender claims are not looked at.

The signatures are those of the formats' own specifications: what phones, WeChat and Telegram produce, what a browser
would run as a page, and the usual office files.
"""

from __future__ import annotations

import re

HEAD = 4096
"""So many first bytes are enough."""

UNKNOWN = "application/octet-stream"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"#!AMR\n", "audio/amr"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"\x02#!SILK_V3", "audio/silk"),
    (b"#!SILK_V3", "audio/silk"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"FLV\x01", "video/x-flv"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}

_BRANDS: tuple[tuple[bytes, str], ...] = (
    (b"avif", "image/avif"),
    (b"heic", "image/heic"),
    (b"heix", "image/heic"),
    (b"hevc", "image/heic"),
    (b"mif1", "image/heic"),
    (b"msf1", "image/heic"),
    (b"qt  ", "video/quicktime"),
    (b"M4A ", "audio/mp4"),
    (b"M4B ", "audio/mp4"),
    (b"3gp", "video/3gpp"),
    (b"3g2", "video/3gpp2"),
)
"""Brands of ISO base media files (ISO/IEC 14496-12); any other brand is an MP4 video."""

_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
"""What QuickTime files without a brand begin with."""

_OFFICE: tuple[tuple[bytes, str], ...] = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|script|iframe|meta|title|table|style)\b", re.IGNORECASE)


def content_type(head: bytes) -> str:
    """The media type of content that begins with these bytes; `UNKNOWN` when nothing fits."""
    for start, type_ in _STARTS:
        if head.startswith(start):
            return type_
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return next((type_ for brand, type_ in _BRANDS if head[8:12].startswith(brand)), "video/mp4")
    if head[4:8] in _ATOMS:
        return "video/quicktime"
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head[:128] else "audio/ogg"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] == b"PK\x03\x04":
        return next((type_ for part, type_ in _OFFICE if part in head), "application/zip")
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] != 0xFE:  # FF FE begins UTF-16
        return _sound(head[1])
    return _words(head)


def _sound(second: int) -> str:
    """MPEG audio by the layer in its frame header (ISO/IEC 11172-3); layer 00 is AAC in ADTS."""
    return "audio/aac" if second & 0x06 == 0 else "audio/mpeg"


def _words(head: bytes) -> str:
    """Text, and the kinds of text that a browser would run."""
    for mark in (b"\xff\xfe", b"\xfe\xff"):
        if head.startswith(mark):  # UTF-16: look through it as a browser would
            head = head[2:].replace(b"\0", b"")
    if _SVG.search(head):
        return "image/svg+xml"
    if _PAGE.search(head):
        return "text/html"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "application/xml"
    if not head or b"\0" in head:
        return UNKNOWN
    try:
        # The cut may have gone through a character of up to four bytes.
        head[: len(head) - 3 if len(head) >= HEAD else None].decode()
    except UnicodeDecodeError as error:
        if len(head) < HEAD or error.start < HEAD - 8:
            return UNKNOWN
    return "text/plain"
