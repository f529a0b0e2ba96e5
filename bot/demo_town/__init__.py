"""A believable year of a town, made up by chance: for trying out, measuring and showing. Nobody real is in it."""
