"""What pages show, as values: made by use cases, rendered by templates."""
