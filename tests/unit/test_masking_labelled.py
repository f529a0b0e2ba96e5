"""The second set of messages, marked by hand: every kind of number is found, and little else."""

from __future__ import annotations

from tests.labelled import messages, scores

RECALL, PRECISION = 0.99, 0.98


def test_every_kind_is_found_and_little_else() -> None:
    many = list(messages())
    assert len(many) >= 300
    assert sum(not message.marked for message in many) >= 150  # what must stay is as well tried as what must go
    found, wrong = scores(many)
    for score in found.values():
        assert score.there >= 30
        assert score.recall >= RECALL, wrong
        assert score.precision >= PRECISION, wrong


def test_a_rule_that_finds_nothing_would_be_seen() -> None:
    (message,) = (message for message in messages() if message.text.startswith("打不通物业"))
    unmarked = type(message)(message.text, ())
    assert scores([unmarked])[1] == [message.text]
    assert next(iter(scores([message])[0].values())).recall == 1
