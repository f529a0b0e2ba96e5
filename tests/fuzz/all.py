"""All decoders."""

from tests.fuzz import channels, dispatching, tables, words

DECODERS = (*channels.DECODERS, *words.DECODERS, *tables.DECODERS, *dispatching.DECODERS)
BY_NAME = {decoder.name: decoder for decoder in DECODERS}
