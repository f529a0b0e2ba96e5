"""A file's type is read from its content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.content_type import HEAD, UNKNOWN, content_type


@pytest.mark.parametrize(
    ("head", "type_"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"GIF89a\x01\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
        (b"RIFF\x24\0\0\0what", UNKNOWN),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "video/mp4"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\x10\0mdat", "video/quicktime"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x18ftyp3gp4", "video/3gpp"),
        (b"#!AMR\n\x3c\x91", "audio/amr"),
        (b"\x02#!SILK_V3\x0c\0", "audio/silk"),
        (b"OggS\0\x02" + b"\0" * 20 + b"\x01\x13OpusHead", "audio/ogg"),
        (b"OggS\0\x02" + b"\0" * 20 + b"\x01\x2a\x80theora", "video/ogg"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska"),
        (b"ID3\x03\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x44", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04\x14\0\0\0\0\0mimetype", "application/zip"),
        (
            b"PK\x03\x04\x14\0\0\0[Content_Types].xml PK\x03\x04word/document.xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"BM\x36\0\0\0\0\0\0\0", "image/bmp"),
        (b"<!DOCTYPE html><title>x", "text/html"),
        (b"  \n<script>alert(1)</script>", "text/html"),
        (b"hello <iframe src=x>", "text/html"),
        ("<html>".encode("utf-16"), "text/html"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="x()">', "image/svg+xml"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "application/xml"),
        ("楼道里的灯坏了".encode(), "text/plain"),
        (("灯" * HEAD).encode()[:HEAD], "text/plain"),
        ("楼道里的灯坏了".encode("gb18030"), UNKNOWN),
        (b"\0\x01\x02\x03", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_the_type_of(head: bytes, type_: str) -> None:
    assert content_type(head) == type_


@given(st.binary(max_size=200))
def test_any_bytes_have_a_type(head: bytes) -> None:
    assert "/" in content_type(head)


@given(st.text(max_size=50).map(str.encode))
def test_a_page_is_never_taken_for_harmless_text(text: bytes) -> None:
    assert content_type(text + b"<script>") != "text/plain"
