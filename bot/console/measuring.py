"""`alike measure`: how well "likely the same" finds what people know to be the same, on any file of labelled texts.

The file has the columns ``id, person, time, title, body, problem``; ``problem`` names the problem a text is about, ""
for everything else. A text said word for word by the same person again counts once. Places and kinds are not in such a
file: all texts count as of one place and one kind, so nothing but the words keeps them apart.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from bot.console.options import AsJson, Config, Data
from bot.domain.duplicates import ENOUGH, Likeness, Matter, said_alike
from bot.domain.guide import Guide
from bot.errors import ConfigurationError

COLUMNS = ("id", "person", "time", "title", "body", "problem")
THREE = 3
"""So many people make a problem a shared one."""
SHOWN = 3
"""So many likely ones are shown to somebody."""

Town = Callable[[typer.Context, Path | None, Path | None], Guide]


@dataclass(frozen=True, slots=True)
class Text:
    """One line of the file."""

    person: str
    at: str
    title: str
    body: str
    problem: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found. Shares are between 0 and 1.

    Pairs are those in which at least one text has a problem: of two without one nobody knows whether they are the same;
    how many such pairs are taken for alike is ``alike_unknown`` of ``unknown``. A ``shared`` problem has three people
    or more; it is found when one text's likely ones, with itself, are texts of three of them, and most are of it.
    Offers are what people would have been shown, in the order of time: ``offered`` people were shown something,
    ``falsely`` of them only what is known to be another matter than theirs.
    """

    texts: int
    repeated: int
    people: int
    problems: dict[str, int]
    enough: float
    pairs: int
    true_pairs: int
    found: int
    found_true: int
    recall: float
    precision: float
    unknown: int
    alike_unknown: int
    shared: int
    shared_found: int
    shared_false: int
    people_recall: float
    people_precision: float
    could_be_offered: int
    were_offered: int
    offered: int
    falsely: int
    false_share: float


def alike_commands(guide_of: Town) -> typer.Typer:
    """The commands; ``guide_of`` reads the town, whose names of places do not count."""
    commands = typer.Typer(no_args_is_help=True, help="Likely the same: how well it works.")

    @commands.callback()
    def alike() -> None:
        """Likely the same: how well it works."""

    @commands.command()
    def measure(
        context: typer.Context,
        file: Annotated[Path, typer.Argument(help="CSV with the columns id,person,time,title,body,problem.")],
        bodies: Annotated[bool, typer.Option("--bodies", help="Leave the titles out, as in a chat.")] = False,
        enough: Annotated[float, typer.Option(help="From which likeness on texts are taken for the same.")] = ENOUGH,
        config: Config = None,
        data: Data = None,
        as_json: AsJson = False,
    ) -> None:
        """Recall and precision of pairs and of "three people, one problem", and how often something else is offered."""
        found = measured(read_texts(file), guide_of(context, config, data).likeness, enough=enough, titles=not bodies)
        typer.echo(json.dumps(asdict(found), ensure_ascii=False) if as_json else "\n".join(told(found)))

    return commands


def read_texts(path: Path) -> list[Text]:
    """The lines of a file in the order of time. Raises ConfigurationError with the line for what cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigurationError(f"{path.name}:1", f"no column {', '.join(missing)}")
            texts = [_text(path, reader.line_num, row) for row in reader]
    except OSError as error:
        raise ConfigurationError(str(path), error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise ConfigurationError(path.name, "not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise ConfigurationError(path.name, str(error)) from None
    return sorted(texts, key=lambda text: text.at)


def _text(path: Path, line: int, row: dict[str, str | None]) -> Text:
    if any(row[name] is None for name in COLUMNS):
        raise ConfigurationError(f"{path.name}:{line}", "this line has fewer columns than the first")
    person, at, title, body, problem = ((row[name] or "").strip() for name in COLUMNS[1:])
    try:
        at = datetime.fromisoformat(at).isoformat()
    except ValueError:
        raise ConfigurationError(f"{path.name}:{line}", f"{at!r} is no time; write it as 2026-03-01 10:00:00") from None
    return Text(person, at, title, body, problem)


def measured(texts: Sequence[Text], likeness: Likeness, *, enough: float = ENOUGH, titles: bool = True) -> Measured:
    """How well texts that are the same are found."""
    kept = list(_once(texts))
    matters = [likeness.matter(text.body, text.title if titles else "") for text in kept]
    near = _near(matters, likeness, enough)
    labelled = [place for place, text in enumerate(kept) if text.problem]
    sizes = Counter(kept[place].problem for place in labelled)
    true_pairs = sum(count * (count - 1) // 2 for count in sizes.values())
    others = len(kept) - len(labelled)
    pairs = len(kept) * (len(kept) - 1) // 2 - others * (others - 1) // 2
    edges = [(one, other) for one in near for other in near[one] if one < other]
    judged = [(one, other) for one, other in edges if kept[one].problem or kept[other].problem]
    true = sum(kept[one].problem == kept[other].problem for one, other in judged)
    shared, shared_found, shared_false, people_recall, people_precision = _shared(kept, near)
    could, were, offered, falsely = _offers(kept, matters, near, likeness)
    return Measured(
        texts=len(texts),
        repeated=len(texts) - len(kept),
        people=len({text.person for text in kept}),
        problems=dict(sizes),
        enough=enough,
        pairs=pairs,
        true_pairs=true_pairs,
        found=len(judged),
        found_true=true,
        recall=_part(true, true_pairs),
        precision=_part(true, len(judged)),
        unknown=others * (others - 1) // 2,
        alike_unknown=len(edges) - len(judged),
        shared=shared,
        shared_found=shared_found,
        shared_false=shared_false,
        people_recall=people_recall,
        people_precision=people_precision,
        could_be_offered=could,
        were_offered=were,
        offered=offered,
        falsely=falsely,
        false_share=_part(falsely, offered),
    )


def _once(texts: Sequence[Text]) -> Iterator[Text]:
    """Without what the same person has said word for word before."""
    said: dict[str, list[Text]] = defaultdict(list)
    for text in texts:
        if not any(said_alike(text.body, before.body) for before in said[text.person]):
            yield text
        said[text.person].append(text)


def _near(matters: Sequence[Matter], likeness: Likeness, enough: float) -> dict[int, set[int]]:
    """Which texts are likely the same as which."""
    near: dict[int, set[int]] = {place: set() for place in range(len(matters))}
    for one, other in combinations(range(len(matters)), 2):
        if likeness.likeness(matters[one], matters[other]) >= enough:
            near[one].add(other)
            near[other].add(one)
    return near


def _shared(kept: Sequence[Text], near: dict[int, set[int]]) -> tuple[int, int, int, float, float]:
    """Shared problems: how many there are, are found, and texts without a problem that would be taken for one of them;
    then the best share of each problem's people that one text gathers, and of the people gathered, those of it."""
    people: dict[str, set[str]] = defaultdict(set)
    for text in kept:
        if text.problem:
            people[text.problem].add(text.person)
    shared = {problem: names for problem, names in people.items() if len(names) >= THREE}
    best: dict[str, tuple[float, float]] = {}
    false = 0
    for place, text in enumerate(kept):
        group = [kept[other] for other in (place, *near[place])]
        names = {each.person for each in group}
        for problem, own in shared.items():
            of_it = {each.person for each in group if each.problem == problem}
            if len(of_it) < THREE or 2 * len(of_it) <= len(names):
                continue
            if text.problem == problem:
                best[problem] = max(best.get(problem, (0.0, 0.0)), (len(of_it) / len(own), len(of_it) / len(names)))
            else:
                false += 1
    recall = sum(found for found, _ in best.values()) / len(shared) if shared else 0.0
    precision = sum(right for _, right in best.values()) / len(best) if best else 0.0
    return len(shared), len(best), false, recall, precision


def _offers(
    kept: Sequence[Text], matters: Sequence[Matter], near: dict[int, set[int]], likeness: Likeness
) -> tuple[int, int, int, int]:
    """In the order of time: who could have been shown their own problem, and was; who was shown anything that can be
    judged, and how many of those nothing but another problem."""
    could = were = offered = falsely = 0
    for place, text in enumerate(kept):
        earlier = [other for other in near[place] if other < place and kept[other].person != text.person]
        earlier.sort(key=lambda other: -likeness.likeness(matters[place], matters[other]))
        shown = [kept[other].problem for other in earlier[:SHOWN]]
        known = any(b.problem == text.problem and b.person != text.person for b in kept[:place])
        could += bool(text.problem) and known
        were += bool(text.problem) and text.problem in shown
        if shown and (text.problem or any(shown)):
            offered += 1
            falsely += not text.problem or text.problem not in shown
    return could, were, offered, falsely


def _part(of: int, whole: int) -> float:
    return of / whole if whole else 0.0


def told(found: Measured) -> list[str]:
    """The figures, for people."""
    problems = ", ".join(f"{name} {count}" for name, count in sorted(found.problems.items())) or "none"
    return [
        f"texts      {found.texts}, {found.repeated} of them the same person's word for word, {found.people} people",
        f"problems   {problems}",
        f"likeness   {found.enough:.2f} and more is taken for the same",
        f"pairs      recall {found.recall:.3f} ({found.found_true} of {found.true_pairs}),"
        f" precision {found.precision:.3f} ({found.found_true} of {found.found};"
        f" of {found.pairs} pairs with a text of a problem)",
        f"           and {found.alike_unknown} of {found.unknown} pairs of which nobody knows",
        f"shared     {found.shared_found} of {found.shared} problems of three people or more found;"
        f" people gathered: recall {found.people_recall:.3f}, precision {found.people_precision:.3f};"
        f" {found.shared_false} other texts taken for one of them",
        f"offers     {found.were_offered} of {found.could_be_offered} were shown their own problem;"
        f" false {found.false_share:.3f} ({found.falsely} of {found.offered} who were shown something)",
    ]
