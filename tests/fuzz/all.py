"""All decoders."""

from tests.fuzz import channels, dispatching, tables, words

DECODERS = (*channels.DECODERS, *words.DECODERS, *tables.DECODERS, *dispatching.DECODERS)
