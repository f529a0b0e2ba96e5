"""The seams: what the core needs from a channel, a store, a clock and a media folder."""

from bot.ports.alike import Nearby
from bot.ports.channel import BriefChannel, Channel, Fetched, NoPace, Pace, Traits, Unfetchable
from bot.ports.keeping import Clock, KeptMedia, MediaStock, MediaStore, Numbers, PushOutcome, Store, StoredMedia
from bot.ports.public_questions import Released
from bot.ports.reading import ClaimedPush, Line, PushState, Reader, Tally
from bot.ports.wanting import OWING, Wanted

__all__ = [
    "OWING",
    "BriefChannel",
    "Channel",
    "ClaimedPush",
    "Clock",
    "Fetched",
    "KeptMedia",
    "Line",
    "MediaStock",
    "MediaStore",
    "Nearby",
    "NoPace",
    "Numbers",
    "Pace",
    "PushOutcome",
    "PushState",
    "Reader",
    "Released",
    "Store",
    "StoredMedia",
    "Tally",
    "Traits",
    "Unfetchable",
    "Wanted",
]
