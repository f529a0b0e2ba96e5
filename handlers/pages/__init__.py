"""Use cases of the pages: what each shows, as a value of `bot.views`."""
