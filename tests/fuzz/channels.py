"""What comes over the wire as JSON or as a form: Telegram's updates, what pages post, what programs hand in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote_plus

from bot.channels.telegram.decode import decode as decode_update
from bot.channels.telegram.decode import parse as parse_update
from bot.channels.webchat.incoming import Sender, said
from bot.domain.people import Address
from bot.errors import Malformed
from bot.web.open311.asking import asked, point
from bot.web.open311.failing import TooBig
from bot.web.open311.receiving import FIELD_BYTES, FIELDS, form_of, pin_of
from tests.fakes.telegram_updates import BOT_ID, TelegramPerson
from tests.fuzz.decoder import Decoder, Ready, assert_keepable, text_of
from tests.fuzz.mutation import Grammar

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)

WORDS = "幸福路12号门口的路灯坏了三天 ]]> <b>&amp; 13812345678"

# -- Telegram

_JSON_PIECES = re.compile(rb'"(?:[^"\\]|\\.)*"\s*:|"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[A-Za-z]+|\s+|.', re.S)
_JSON_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*', re.S)
_JSON_VALUES = (
    *(b"null", b"true", b"[]", b"{}", b"[{}]", b"-1", b"0", b"1e400", b"-1e308", b"9" * 400, b"9" * 4301),
    *(
        b'"\\ud83d"',
        b'"\\u0000"',
        b"9223372036854775808",
        b"-9223372036854775809",
        b"0.5",
        b"-0.0",
        b"1E-400",
        b"[[[[]]]]",
    ),
    *(
        b'"private"',
        b'"group"',
        b'"supergroup"',
        b'"kicked"',
        b'"zh-hans"',
        b'"text"',
        b'"place"',
        b'"press"',
        b'"follow"',
    ),
)


def _quoted_json(words: bytes) -> bytes:
    return json.dumps(text_of(words), ensure_ascii=len(words) % 2 == 0).encode("utf-8", "surrogatepass")


_JSON_ODD = (
    b'"\\ud83d"',
    b'"\\u0000"',
    b'"' + b"x" * 5000 + b'"',
    b'""',
    b'"\xff"',
    b"[" * 50,
    b"[" * 3000,
    b'{"a":' * 1200,
    b"[]",
    b"{}",
    b"[{}]",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e400",
    b"-1e400",
    b"9" * 400,
    b"9" * 5000,
    b"0." + b"1" * 400,
    b"9223372036854775808",
    b"-9223372036854775809",
    b"NaN",
    b"Infinity",
    b'"message":',
    b'"from":{"id":1},',
    b'"id":"1"',
    b'"is_bot":1',
    b'"type":"group"',
    b'"/start@desk_bot x"',
    b'"date":99999999999999',
    b'"latitude":91',
    b",",
    b":",
)


def telegram_decoder() -> Ready:
    """An update, as its bytes came."""
    person, member = TelegramPerson(), TelegramPerson(group=-100123)
    text = person.text(WORDS)
    updates = [
        *(
            text,
            person.command("/start promo_7"),
            person.reply_to(5, "好的"),
            person.photo(caption="看"),
            person.voice(),
        ),
        *(person.audio(), person.video(), person.video_note(), person.document(), person.animation(), person.sticker()),
        *(person.location(31.2, 121.5, horizontal_accuracy=20.5), person.venue(31.2, 121.5, "店", "路")),
        *(person.contact("+8613812345678"), person.edit(text, "改了"), person.press("d1:confirm"), person.block()),
        *(person.unblock(), member.command("/todo@desk_bot"), member.text("接单 3"), person.update(poll={"id": "1"})),
    ]
    seeds = [json.dumps(update, ensure_ascii=n % 2 == 0).encode() for n, update in enumerate(updates)]
    grammar = Grammar(seeds, _JSON_PIECES, _JSON_ODD, _JSON_VALUE, _JSON_VALUES, _quoted_json, largest=1 << 20)

    def decode(raw: bytes) -> object:
        decoded = decode_update(parse_update(raw), raw, NOW, bot=BOT_ID, file_limit=20_000_000, username="desk_bot")
        if decoded is not None:
            assert_keepable(decoded.message)
            decoded.callback.encode()
        return decoded

    return Ready(grammar.make, decode, (Malformed,))


# -- The web chat


def webchat_decoder() -> Ready:
    """What a page posts as JSON."""
    posted: tuple[dict[str, object], ...] = (
        {"text": WORDS},
        {"kind": "text", "text": "确认", "quote": "push-1"},
        {"kind": "place", "latitude": 31.25, "longitude": 121.5},
        {"kind": "press", "press": "d1:confirm", "text": "确认"},
        {"kind": "follow"},
    )
    seeds = [
        json.dumps({"key": "key-0001", **fields}, ensure_ascii=n % 2 == 0).encode() for n, fields in enumerate(posted)
    ]
    odd = (*_JSON_ODD, b'"kind":"place",', b'"latitude":', b'"longitude":', b'"press":', b'"key":"key-0001"')
    grammar = Grammar(seeds, _JSON_PIECES, odd, _JSON_VALUE, _JSON_VALUES, _quoted_json, largest=512 * 1024)
    sender = Sender(Address("web", "0" * 32), NOW, "zh_CN")

    def decode(raw: bytes) -> object:
        message = said(sender, raw)
        assert_keepable(message)
        return message

    return Ready(grammar.make, decode, (Malformed,))


# -- Programs (Open311)

_FORM_PIECES = re.compile(rb"[&;]|=|%[0-9A-Fa-f]{2}|[^&;=%]+|.", re.S)
_FORM_ODD = (
    b"&",
    b"=",
    b"%",
    b"%ff%fe",
    b"%00",
    b"%ed%a0%80",
    b"lat=1e999",
    b"lat=91&long=181",
    b"lat=nan",
    b"attribute[X]=",
    b"attribute[" + b"[" * 30,
    b"attribute[a]=1&" * 40,
    b"start_date=9999-12-31T23:59:59Z",
    b"start_date=0000-00-00",
    b"start_date=2026-02-30T25:61:61.999999999+99:99",
    b"page=999999999999",
    b"page_size=0",
    b"service_request_id=" + b"1," * 600,
    b"status=open,closed,x",
    b"email=" + b"@" * 300,
)


def open311_decoder() -> Ready:
    """The fields of a form or of an address, and what is made of them."""

    def quoted(words: bytes) -> bytes:
        return quote_plus(words).encode()

    seeds = (
        b"service_code=roads&lat=31.25&long=121.5&address_string=%E5%B9%B8%E7%A6%8F%E8%B7%AF&description=%E5%9D%8F"
        b"&first_name=Li&last_name=Lei&email=li%40example.org&phone=13812345678&attribute%5BWHERE%5D=corner",
        b"service_code=roads&address_id=xingfu&description=x&media_url=https%3A%2F%2Fexample.org%2Fa.jpg"
        b"&attribute%5BA%5D%5B%5D=1&attribute%5BA%5D%5B%5D=2",
        b"start_date=2026-01-01T00:00:00Z&end_date=2026-02-01&status=open&service_code=roads,lights&page=2&page_size=50",
        b"service_request_id=260304-00017,260304-00018&updated_after=2026-03-01T08:00:00+08:00&lat=31.2&long=121.5"
        b"&radius=500",
    )
    value = re.compile(rb"[^&;=%]+", re.S)
    grammar = Grammar(seeds, _FORM_PIECES, _FORM_ODD, value, quote=quoted, largest=FIELD_BYTES)

    def decode(raw: bytes) -> object:
        fields: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
        except ValueError:
            return None  # as `Received` does
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        first: Mapping[str, str] = {name: values[0] for name, values in fields.items()}
        problems: list[Exception] = []
        for read in (lambda: asked(first, NOW), lambda: point(first), lambda: pin_of(first)):
            try:
                read()
            except Malformed as error:
                problems.append(error)
        form = form_of(fields, {"WHERE": "在哪"})
        for words in (form.kind, form.area, form.address, form.link, *form.contact.values()):
            words.encode()
        return form

    return Ready(grammar.make, decode, (Malformed, TooBig))


DECODERS = (
    Decoder("telegram", telegram_decoder),
    Decoder("webchat", webchat_decoder),
    Decoder("open311", open311_decoder),
)
