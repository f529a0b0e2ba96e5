"""Copies of voices and videos that every browser plays: MP3, and MP4 or WebM in a new container, with a picture.

What a phone wrote beside the sound and the pictures (where it was, whose it is) stays behind. Runs in the process of
`copyist`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from bot.pictures.copying import Made, Unmakeable, poster
from bot.pictures.seeing import PIXELS

SECONDS = 1800
"""Longer sounds and videos are not made playable."""

RATE, BITS = 24_000, 48_000
"""Samples and bits a second: plenty for speech, and of the MPEG-2 rates that every player knows."""

POSTER_AT = 1.0
"""Seconds from the beginning: the first picture is often black."""
FRAMES = 240
"""So many pictures are decoded at most on the way there."""

_MOV, _MKV = "mov", "matroska"
CONTAINERS: Mapping[str, str] = {
    "audio/amr": "amr",
    "audio/amr-wb": "amr",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/mp4": _MOV,
    "audio/3gpp": _MOV,
    "audio/webm": _MKV,
    "audio/matroska": _MKV,
    "video/mp4": _MOV,
    "video/quicktime": _MOV,
    "video/3gpp": _MOV,
    "video/3gpp2": _MOV,
    "video/webm": _MKV,
    "video/x-matroska": _MKV,
    "video/ogg": "ogg",
}
"""What is read, and as what: nothing is ever guessed from content that somebody made for guessing."""

_SOUND = {"amrnb", "amrwb", "opus", "vorbis", "mp3", "mp3float", "aac", "pcm_s16le", "pcm_u8", "pcm_alaw", "pcm_mulaw"}
_SOUND |= {"libopencore_amrnb", "libopencore_amrwb", "libopus"}
_PICTURE = {"h264", "hevc", "mpeg4", "h263", "vp8", "vp9", "libvpx", "libvpx-vp9", "libdav1d", "av1"}

_PLAYED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "mp4": (frozenset({"h264", "hevc"}), frozenset({"aac", "mp3", "mp3float"})),
    "webm": (
        frozenset({"vp8", "vp9", "libvpx", "libvpx-vp9", "libdav1d", "av1"}),
        frozenset({"opus", "libopus", "vorbis"}),
    ),
}
"""container -> codecs of pictures and of sound that browsers play in it."""

_ROOM = 64
"""Bytes by which an index in front of the content may be longer than one behind it."""
_NONE: Mapping[str, str] = {}


def sound_copies(content: bytes, mime: str) -> Iterator[Made]:
    """A voice as MP3. Raises Unmakeable, and what FFmpeg raises."""
    with _opened(content, mime) as source:
        if not source.streams.audio:
            raise Unmakeable("no_sound")
        yield Made("sound", "audio/mpeg", _mp3(source, source.streams.audio[0]))


def video_copies(content: bytes, mime: str) -> Iterator[Made]:
    """A picture of a video, and the video in a new container where browsers play what is in it.

    Raises Unmakeable, and what FFmpeg raises.
    """
    with _opened(content, mime) as source:
        if not source.streams.video:
            raise Unmakeable("no_video")
        stream = source.streams.video[0]
        if stream.codec_context.name not in _PICTURE:
            raise Unmakeable("codec")
        if not 0 < stream.codec_context.width * stream.codec_context.height <= PIXELS:
            raise Unmakeable("too_large")
        made = _poster(source, stream)
    yield made
    with _opened(content, mime) as source:
        copy = _in_new_container(source)
    if copy is not None:
        yield Made("video", f"video/{copy[0]}", copy[1], made.width, made.height)


def _opened(content: bytes, mime: str) -> InputContainer:
    form = CONTAINERS.get(mime)
    if form is None:
        raise Unmakeable("format")
    # No other file and no address may be opened from inside of one.
    return av.open(BytesIO(content), "r", format=form, options={"protocol_whitelist": "none"})


def _mp3(source: InputContainer, stream: AudioStream) -> bytes:
    if stream.codec_context.name not in _SOUND:
        raise Unmakeable("codec")
    file, samples = BytesIO(), 0
    with av.open(file, "w", format="mp3", options={"write_xing": "1", "id3v2_version": "0"}) as target:
        out = target.add_stream("libmp3lame", rate=RATE)
        out.codec_context.layout = "mono"
        out.codec_context.bit_rate = BITS
        resampler = AudioResampler(format="s16p", layout="mono", rate=RATE)
        for frame in source.decode(stream):
            frame.pts = None  # gaps and jumps of a broken clock are left out
            for piece in resampler.resample(frame):
                samples += piece.samples
                if samples > SECONDS * RATE:
                    raise Unmakeable("too_long")
                target.mux(out.encode(piece))
        for piece in resampler.resample(None):
            samples += piece.samples
            target.mux(out.encode(piece))
        if samples == 0:
            raise Unmakeable("no_sound")
        target.mux(out.encode(None))
    return file.getvalue()


def _poster(source: InputContainer, stream: VideoStream) -> Made:
    """The picture at `POSTER_AT`, or the last one before it."""
    stream.thread_type = "NONE"
    last = None
    for count, frame in enumerate(source.decode(stream)):
        last = frame
        if count >= FRAMES or (frame.pts is not None and frame.time >= POSTER_AT):
            break
    if last is None:
        raise Unmakeable("no_video")
    picture: Image.Image = last.to_image()  # type: ignore[no-untyped-call]  # PyAV does not say what it gives
    return poster(picture.rotate(last.rotation, expand=True) if last.rotation else picture)


def _in_new_container(source: InputContainer) -> tuple[str, bytes] | None:
    """The same pictures and sound in a container of our own making; None where browsers do not play them."""
    picture = source.streams.video[0]
    form = next((form for form, (codecs, _) in _PLAYED.items() if picture.codec_context.name in codecs), None)
    if form is None or (source.duration or 0) > SECONDS * av.time_base:
        return None
    streams: list[VideoStream | AudioStream] = [picture]
    streams += [each for each in source.streams.audio[:1] if each.codec_context.name in _PLAYED[form][1]]
    written = _written(source, form, streams)
    if form == "mp4":  # once more with its index in front, for players that do not wait for the end
        source.seek(0)
        written = _written(source, form, streams, {"moov_size": str(_size_of(b"moov", written) + _ROOM)})
    return form, written


def _written(
    source: InputContainer, form: str, streams: list[VideoStream | AudioStream], options: Mapping[str, str] = _NONE
) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format=form, options=dict(options)) as target:
        _copy(source, target, streams)
    return file.getvalue()


def _size_of(name: bytes, content: bytes) -> int:
    """Bytes of the first box of that name at the top of a file of ours (ISO/IEC 14496-12); 0 without one."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        if content[at + 4 : at + 8] == name:
            return size
        at += int.from_bytes(content[at + 8 : at + 16]) if size == 1 else max(size, 8)
    return 0


def _copy(source: InputContainer, target: OutputContainer, streams: list[VideoStream | AudioStream]) -> None:
    copies = {}
    for each in streams:
        copy = copies[each.index] = target.add_stream_from_template(each)
        copy.metadata.clear()
        if each.codec_context.name == "hevc":
            copy.codec_context.codec_tag = "hvc1"  # the only one Apple plays
    for packet in source.demux(streams):
        if packet.dts is None:
            continue
        packet.stream = copies[packet.stream.index]
        target.mux(packet)
