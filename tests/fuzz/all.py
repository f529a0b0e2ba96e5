"""All decoders."""

from tests.fuzz import channels, commands, dispatching, files, tables, wechat, words

DECODERS = (
    *(*wechat.DECODERS, *channels.DECODERS, *words.DECODERS, *commands.DECODERS, *tables.DECODERS, *files.DECODERS),
    *dispatching.DECODERS,
)
BY_NAME = {decoder.name: decoder for decoder in DECODERS}
