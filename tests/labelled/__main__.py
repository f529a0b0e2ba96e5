"""Prints the table of docs/privacy.md, and what went wrong."""

from __future__ import annotations

from tests.labelled import messages, scores


def table() -> str:
    """How well each kind is found, as Markdown."""
    found, _ = scores(list(messages()))
    lines = ["| number | in the set | found | wrongly | recall | precision |", "|---|---:|---:|---:|---:|---:|"]
    for score in found.values():
        lines.append(
            f"| {score.number} | {score.there} | {score.found} | {score.wrong} |"
            f" {score.recall:.3f} | {score.precision:.3f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    many = list(messages())
    print(table())  # noqa: T201  # a command
    for text in scores(many)[1]:
        print("wrong:", text.replace("\n", "\\n"))  # noqa: T201  # likewise
    print(len(many), "messages")  # noqa: T201  # likewise
