"""Links to a resident's page: nobody can make, alter or lengthen one, and none tells whose it is."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.links import LINK_LIFE, LONGEST, Keys
from bot.domain.people import Address

NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
NUMBER = "260304-00006"
ANNA, BOB = Address("wechat", "oAnna"), Address("telegram", "42")
KEYS = Keys({"a1": bytes(32)}, "a1")


def test_a_link_opens_for_its_person_until_it_ends() -> None:
    name = KEYS.signed("own", NUMBER, ANNA, NOW)
    link = KEYS.opened(name, NOW)
    assert link is not None
    assert (link.purpose, link.number, link.made_at, link.expires_at) == ("own", NUMBER, NOW, NOW + LINK_LIFE)
    assert KEYS.is_of(link, ANNA)
    assert not KEYS.is_of(link, BOB)
    assert KEYS.opened(name, NOW + LINK_LIFE - timedelta(seconds=1)) is not None
    assert KEYS.opened(name, NOW + LINK_LIFE) is None
    assert "oAnna" not in name
    assert len(name) <= LONGEST


@pytest.mark.parametrize("at", range(7))
def test_no_part_of_it_can_be_altered(at: int) -> None:
    parts = KEYS.signed("own", NUMBER, ANNA, NOW).split(".")
    parts[at] = parts[at][:-1] + ("1" if parts[at][-1] != "1" else "2")
    assert KEYS.opened(".".join(parts), NOW) is None


@pytest.mark.parametrize("name", ["", ".", "......", "a1.own.260304-00006.x.1.2.y", "中.文.名.字.1.2.3", "x" * 10_000])
def test_what_is_no_link_opens_nothing(name: str) -> None:
    assert KEYS.opened(name, NOW) is None


def test_a_new_key_leaves_old_links_good_until_the_old_key_goes() -> None:
    name = KEYS.signed("own", NUMBER, ANNA, NOW)
    both = Keys({**KEYS.by_id, "b2": bytes(31) + b"2"}, "b2")
    link = both.opened(name, NOW)
    assert link is not None
    assert both.is_of(link, ANNA)
    assert both.signed("own", NUMBER, ANNA, NOW).startswith("b2.")
    assert Keys({"b2": bytes(31) + b"2"}, "b2").opened(name, NOW) is None
