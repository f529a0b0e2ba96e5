"""What one Telegram message holds: words, a file, a place, a card, or something the desk cannot take."""

from __future__ import annotations

import re
from typing import TypedDict

from bot.channels.telegram.fields import Json, degrees, integer, obj, objects, size, string
from bot.domain.place import Pin
from bot.message import Attachment, AttachmentType, MessageKind
from bot.text import clean

TEXT_LIMIT = 10_000
"""Characters kept of one message; Telegram itself lets people send 4096."""

_LABEL_LIMIT = 300
_NAME_LIMIT = 255
_FILE_ID = re.compile(r"[\x21-\x7e]{1,512}")
_MIME = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
_TYPE_NAME = re.compile(r"[a-z_]{1,40}")
# Pictures people send "as a file" to keep their sharpness. Not SVG: that is a page that can run scripts.
_PICTURES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/gif",
    "image/bmp",
    "image/tiff",
)

# Animation stands before document: Telegram sets both for one thing.
_FILES: tuple[tuple[str, AttachmentType, str], ...] = (
    ("voice", AttachmentType.VOICE, "audio/ogg"),
    ("video_note", AttachmentType.VIDEO, "video/mp4"),
    ("animation", AttachmentType.VIDEO, "video/mp4"),
    ("video", AttachmentType.VIDEO, "video/mp4"),
    ("audio", AttachmentType.AUDIO, ""),
    ("document", AttachmentType.FILE, ""),
)

# Around every message; what is neither here nor below names a type that the desk does not know (yet).
_ENVELOPE_NAMES = """
message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag
date business_connection_id chat forward_origin forward_from forward_from_chat forward_from_message_id
forward_signature forward_sender_name forward_date is_topic_message is_automatic_forward reply_to_message
external_reply quote reply_to_story reply_to_checklist_task_id via_bot edit_date has_protected_content is_from_offline
is_paid_post media_group_id author_signature paid_star_count text entities link_preview_options suggested_post_info
effect_id caption caption_entities show_caption_above_media has_media_spoiler reply_markup
"""
# Things that happen to a chat; nobody said anything.
_SERVICE_NAMES = """
new_chat_members left_chat_member new_chat_title new_chat_photo delete_chat_photo group_chat_created
supergroup_chat_created channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id
pinned_message successful_payment refunded_payment users_shared chat_shared connected_website write_access_allowed
passport_data proximity_alert_triggered boost_added chat_background_set forum_topic_created forum_topic_edited
forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden giveaway_created
giveaway_completed video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited
web_app_data direct_message_price_changed paid_message_price_changed
"""
_ENVELOPE, _SERVICE = frozenset(_ENVELOPE_NAMES.split()), frozenset(_SERVICE_NAMES.split())


class Content(TypedDict, total=False):
    """The fields of an InboundMessage that a message's content decides."""

    kind: MessageKind
    text: str
    attachments: tuple[Attachment, ...]
    pin: Pin
    phone: str
    unknown: str


def content_of(message: Json, person: int, file_limit: int) -> Content:
    """What the message of a person says. ``file_limit``: bytes; larger files get ``problem="too_large"``."""
    if text := clean(string(message, "text"), TEXT_LIMIT):
        return {"kind": MessageKind.TEXT, "text": text}
    if obj(message, "location"):  # a venue has one too
        return _place(message)
    if contact := obj(message, "contact"):
        phone = re.sub(r"[^0-9+]", "", string(contact, "phone_number"), flags=re.ASCII)[:20]
        if phone and integer(contact, "user_id") == person:
            return {"kind": MessageKind.CONTACT, "phone": phone}
        return _unknown("foreign_contact")
    words = clean(string(message, "caption"), TEXT_LIMIT)
    if attachment := _attachment(message, file_limit):
        return {"kind": MessageKind.ATTACHMENT, "text": words, "attachments": (attachment,)}
    if emoji := clean(string(obj(message, "sticker"), "emoji"), 16):
        return {"kind": MessageKind.TEXT, "text": emoji}
    if not _SERVICE.isdisjoint(message):
        return {"kind": MessageKind.TICKLE}
    name = next((name for name in message if name not in _ENVELOPE), "")
    return _unknown(name if _TYPE_NAME.fullmatch(name) else "message", words)


def _unknown(name: str, words: str = "") -> Content:
    return {"kind": MessageKind.UNKNOWN, "unknown": name, "text": words}


def _place(message: Json) -> Content:
    location = obj(message, "location")
    latitude, longitude = degrees(location, "latitude", 90), degrees(location, "longitude", 180)
    if latitude is None or longitude is None:
        return _unknown("location")
    venue = obj(message, "venue")
    words = [part for part in (string(venue, "title"), string(venue, "address")) if part]
    return {"kind": MessageKind.PLACE, "pin": Pin(latitude, longitude, label=clean(" ".join(words), _LABEL_LIMIT))}


def _attachment(message: Json, file_limit: int) -> Attachment | None:
    # Of a live photo (Bot API 10.0) the still picture is what shows the matter.
    if photos := objects(message, "photo") or objects(obj(message, "live_photo"), "photo"):
        largest = max(photos, key=lambda photo: (size(photo, "width") or 0) * (size(photo, "height") or 0))
        return _file(largest, AttachmentType.PHOTO, "image/jpeg", file_limit)
    for name, type_, mime in _FILES:
        if file := obj(message, name):
            return _file(file, type_, mime, file_limit)
    return None


def _file(file: Json, type_: AttachmentType, mime: str, file_limit: int) -> Attachment | None:
    ref = string(file, "file_id")
    if not _FILE_ID.fullmatch(ref):
        return None
    claimed = string(file, "mime_type").lower()
    if _MIME.fullmatch(claimed):
        mime = claimed
    fingerprint = string(file, "file_unique_id")
    bytes_ = size(file, "file_size")
    return Attachment(
        type=_sorted_by_mime(mime) if type_ is AttachmentType.FILE else type_,
        ref=ref,
        name=clean(string(file, "file_name"), _NAME_LIMIT),
        mime=mime,
        bytes=bytes_,
        seconds=size(file, "duration"),
        fingerprint=fingerprint if _FILE_ID.fullmatch(fingerprint) else "",
        problem="too_large" if bytes_ is not None and bytes_ > file_limit else "",
    )


def _sorted_by_mime(mime: str) -> AttachmentType:
    if mime in _PICTURES:
        return AttachmentType.PHOTO
    if mime.startswith("video/"):
        return AttachmentType.VIDEO
    if mime.startswith("audio/"):
        return AttachmentType.AUDIO
    return AttachmentType.FILE
