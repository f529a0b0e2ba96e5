"""Voices and videos that nobody recorded: tones and noise in the formats of phones, WeChat and Telegram."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Sequence
from functools import cache
from io import BytesIO
from math import pi, sin
from typing import Any

import av
import pillow_heif
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

from bot.pictures.copier import Copier, Replica, Replicas
from bot.pictures.copyist import Order, made_for
from tests.fakes.photos import scene

_ENCODERS = {
    "amr": ("libopencore_amrnb", "amr", 8000),
    "opus": ("libopus", "ogg", 48000),
    "mp3": ("libmp3lame", "mp3", 44100),
    "m4a": ("aac", "mp4", 44100),
    "webm": ("libopus", "webm", 48000),
}
SILK = b"\x02#!SILK_V3" + bytes(300)
"""What the speech format of Tencent's older clients begins with."""

AMR_WB = b"#!AMR-WB\n" + (b"\x04" + bytes(range(17))) * 50
"""A second of the lowest rate (RFC 4867: frame type 0 has 132 bits of speech)."""


@cache
def voice(form: str, seconds: float = 2.0) -> bytes:
    """A tone: amr, opus (as Telegram sends it), mp3, m4a or webm (as browsers record it)."""
    codec, container, rate = _ENCODERS[form]
    file = BytesIO()
    with av.open(file, "w", format=container) as target:
        target.metadata["location"] = "+30.2500+120.1700/"
        stream: Any = target.add_stream(codec, rate=rate)
        stream.codec_context.layout = "mono"
        if codec == "libopencore_amrnb":
            stream.codec_context.bit_rate = 12200
        samples = [int(9000 * sin(2 * pi * 440 * t / rate)) for t in range(int(seconds * rate))]
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        frame = AudioFrame(format="s16", layout="mono", samples=len(samples))
        frame.planes[0].update(struct.pack(f"<{len(samples)}h", *samples))
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for piece in resampler.resample(frame):
            fifo.write(piece)
        size = stream.codec_context.frame_size or 960
        while (taken := fifo.read(size, partial=True)) is not None:
            target.mux(stream.encode(taken))
        target.mux(stream.encode(None))
    return file.getvalue()


@cache
def video(container: str = "mp4", codec: str = "libx264", seconds: float = 2.0) -> bytes:
    """A film of a street: its first half second is black, as phones begin."""
    file = BytesIO()
    street = scene(7, 160, 120)
    with av.open(file, "w", format=container) as target:
        target.metadata["location"] = "+30.2500+120.1700/"
        target.metadata["comment"] = "<script>alert(1)</script>"
        stream: Any = target.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(int(seconds * 10)):
            picture = Image.new("RGB", (160, 120)) if number < 5 else street
            target.mux(stream.encode(VideoFrame.from_image(picture)))  # type: ignore[no-untyped-call]  # PyAV
        target.mux(stream.encode(None))
    return file.getvalue()


def heic(picture: Image.Image, **options: object) -> bytes:
    """A photo as an iPhone keeps it."""
    file = BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=70, **options)
    return file.getvalue()


class CopiedHere(Copier):
    """Makes copies in this very process: nobody here sends what could break it."""

    async def copy(
        self,
        what: str,
        mime: str,
        size: int,
        content: AsyncIterator[bytes],
        boxes: Sequence[tuple[float, float, float, float]] = (),
    ) -> Replicas:
        """The copies of a file."""
        whole = b"".join([piece async for piece in content])
        made, problem = made_for(Order(what, mime, size, tuple(boxes)), whole)
        return Replicas(tuple(Replica(m.kind, m.mime, m.content, m.width, m.height) for m in made), problem)
