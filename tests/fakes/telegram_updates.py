"""Updates as Telegram sends them, made by people who can be told what to do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

Update = dict[str, Any]

BOT_ID = 7000000001
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}


class TelegramPerson:
    """Somebody with a Telegram client. Each method does one thing and returns the update that Telegram makes of it.

    Update and message numbers rise by themselves; people share ``updates`` if their updates must not collide.
    """

    def __init__(
        self,
        id_: int = 42,
        *,
        language: str = "zh-hans",
        updates: Iterator[int] | None = None,
        date: int = 1_772_589_600,  # 2026-03-04T02:00:00Z
        group: int = 0,
    ) -> None:
        self.id = id_
        self.date = date
        self.user: dict[str, Any] = {"id": id_, "is_bot": False, "first_name": "居民"}
        if language:
            self.user["language_code"] = language
        self.chat: dict[str, Any] = {"id": id_, "first_name": "居民", "type": "private"}
        if group:
            self.chat = {"id": group, "title": "街坊", "type": "supergroup"}
        self._updates = updates or count(870_000_001)
        self._messages = count(1)

    def update(self, **what: Any) -> Update:
        """Any update at all."""
        return {"update_id": next(self._updates), **what}

    def message(self, **what: Any) -> Update:
        """A message with any content."""
        base = {"message_id": next(self._messages), "from": self.user, "chat": self.chat, "date": self.date}
        return self.update(message=base | what)

    def text(self, text: str, **more: Any) -> Update:
        """Words."""
        return self.message(text=text, **more)

    def command(self, text: str) -> Update:
        """A slash command, marked as Telegram marks it."""
        length = len(text.split(maxsplit=1)[0])
        return self.message(text=text, entities=[{"type": "bot_command", "offset": 0, "length": length}])

    def reply_to(self, message_id: int, text: str) -> Update:
        """Words that quote a message of the bot."""
        original = {"message_id": message_id, "from": BOT, "chat": self.chat, "date": self.date - 60, "text": "…"}
        return self.message(text=text, reply_to_message=original)

    def photo(self, file_id: str = "photo-1", *, size: int = 150_000, **more: Any) -> Update:
        """A picture in three sizes, smallest first."""
        sizes = [
            {
                "file_id": f"{file_id}-s",
                "file_unique_id": f"q{file_id}-s",
                "width": 90,
                "height": 67,
                "file_size": 1500,
            },
            {
                "file_id": f"{file_id}-m",
                "file_unique_id": f"q{file_id}-m",
                "width": 320,
                "height": 240,
                "file_size": 9000,
            },
            {"file_id": file_id, "file_unique_id": f"q{file_id}", "width": 1280, "height": 960, "file_size": size},
        ]
        return self.message(photo=sizes, **more)

    def album(self, *file_ids: str, caption: str = "") -> list[Update]:
        """Pictures sent together: separate updates, words on the first only."""
        updates = []
        for index, file_id in enumerate(file_ids):
            words: dict[str, Any] = {"caption": caption} if caption and not index else {}
            updates.append(self.photo(file_id, media_group_id=f"1393{self.id}", **words))
        return updates

    def _file(self, file_id: str, size: int, **more: Any) -> dict[str, Any]:
        return {"file_id": file_id, "file_unique_id": f"q{file_id}", "file_size": size, **more}

    def voice(self, file_id: str = "voice-1", *, seconds: int = 7, size: int = 20_000) -> Update:
        """A voice message."""
        return self.message(voice=self._file(file_id, size, duration=seconds, mime_type="audio/ogg"))

    def audio(self, file_id: str = "audio-1", *, size: int = 90_000) -> Update:
        """A piece of sound sent as music."""
        return self.message(
            audio=self._file(file_id, size, duration=31, mime_type="audio/mpeg", file_name="night.mp3", title="Noise")
        )

    def video(self, file_id: str = "video-1", *, size: int = 3_000_000, **more: Any) -> Update:
        """A film."""
        return self.message(
            video=self._file(file_id, size, duration=12, width=1280, height=720, mime_type="video/mp4"), **more
        )

    def video_note(self, file_id: str = "note-1") -> Update:
        """A round film."""
        return self.message(video_note=self._file(file_id, 400_000, duration=9, length=384))

    def document(
        self, file_id: str = "doc-1", *, name: str = "合同.pdf", mime: str = "application/pdf", size: int = 50_000
    ) -> Update:
        """A file of any sort."""
        return self.message(document=self._file(file_id, size, file_name=name, mime_type=mime))

    def animation(self, file_id: str = "gif-1") -> Update:
        """A silent film; Telegram calls it a document too."""
        file = self._file(file_id, 80_000, mime_type="video/mp4", file_name="a.mp4")
        return self.message(animation=file | {"duration": 3, "width": 320, "height": 240}, document=file)

    def sticker(self, emoji: str = "👍") -> Update:
        """A sticker."""
        sticker = self._file("sticker-1", 20_000, type="regular", width=512, height=512, is_animated=False)
        return self.message(sticker=sticker | ({"emoji": emoji} if emoji else {}))

    def location(self, latitude: float, longitude: float, **more: Any) -> Update:
        """A point on the map."""
        return self.message(location={"latitude": latitude, "longitude": longitude, **more})

    def venue(self, latitude: float, longitude: float, title: str, address: str) -> Update:
        """A place with a name; Telegram sets the location too."""
        point = {"latitude": latitude, "longitude": longitude}
        return self.message(location=point, venue={"location": point, "title": title, "address": address})

    def contact(self, phone: str, *, user_id: int | None = None) -> Update:
        """A card: the person's own unless told otherwise."""
        card = {"phone_number": phone, "first_name": "居民", "user_id": self.id if user_id is None else user_id}
        return self.message(contact=card)

    def edit(self, original: Update, text: str) -> Update:
        """New words for an earlier message (for a file: a new caption)."""
        message = dict(original["message"])
        message["caption" if "caption" in message or "text" not in message else "text"] = text
        return self.update(edited_message=message | {"edit_date": self.date + 30})

    def press(self, data: str, message_id: int = 500, *, callback: str = "4382bfdwdsb323b2d9") -> Update:
        """A tap on a button under a message of the bot."""
        card = {"message_id": message_id, "from": BOT, "chat": self.chat, "date": self.date - 60, "text": "…"}
        return self.update(
            callback_query={
                "id": callback,
                "from": self.user,
                "message": card,
                "chat_instance": "-5218212395151",
                "data": data,
            }
        )

    def _membership(self, old: str, new: str) -> Update:
        return self.update(
            my_chat_member={
                "chat": self.chat,
                "from": self.user,
                "date": self.date,
                "old_chat_member": {"user": BOT, "status": old},
                "new_chat_member": {"user": BOT, "status": new, **({"until_date": 0} if new == "kicked" else {})},
            }
        )

    def block(self) -> Update:
        """Blocks the bot."""
        return self._membership("member", "kicked")

    def unblock(self) -> Update:
        """Lets the bot in again."""
        return self._membership("kicked", "member")
