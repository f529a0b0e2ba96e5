"""What happens to desks, one a file. Each has ``run(stage)``, which tells what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.chaos.scenarios import (
    clocks,
    duplicates,
    failpoints,
    kill9,
    locked,
    platforms,
    poison,
    postgres,
    power_cut,
    workers,
)
from tests.chaos.stage import Result, Size, Stage


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done, and how many steps that has (for the progress bar). ``beside``: it waits more than it works, so
    others like it are played at the same time."""

    run: Callable[[Stage], Awaitable[Result]]
    steps: Callable[[Size], int]
    beside: bool = False


SCENARIOS: Mapping[str, Scenario] = {
    "kill9": Scenario(kill9.run, lambda size: size.kills // kill9.DESKS * kill9.DESKS),
    "failpoints": Scenario(failpoints.run, lambda size: failpoints.ORDERED * size.times(failpoints.RUNS)),
    "duplicates": Scenario(duplicates.run, lambda size: size.times(duplicates.MESSAGES)),
    "control-fence": Scenario(duplicates.control, lambda size: duplicates.CONTROL_MATTERS + 1),
    "power-cut": Scenario(power_cut.run, lambda size: size.times(power_cut.CUTS)),
    "control-normal": Scenario(power_cut.control, lambda size: size.times(power_cut.CONTROL_CUTS)),
    "locked": Scenario(locked.run, lambda size: 1 + len(locked.BORDERS), beside=True),
    "poison": Scenario(poison.run, lambda size: 2, beside=True),
    "platforms": Scenario(platforms.run, lambda size: len(platforms.PHASES), beside=True),
    "clocks": Scenario(clocks.run, lambda size: len(clocks.STEPS) + len(clocks.CHANGES), beside=True),
    "four-workers": Scenario(workers.copies, lambda size: size.times(workers.MESSAGES)),
    "zombies": Scenario(
        workers.zombies, lambda size: size.times(workers.ZOMBIES) + size.times(workers.KILLS), beside=True
    ),
    "postgres": Scenario(postgres.run, lambda size: size.times(postgres.KILLS) + size.times(postgres.TERMINATED)),
}
