"""Whether several kinds of the same thing take equally long, on a machine that does other work."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

Times = dict[str, float]  # seconds of one run, by what was measured
Samples = dict[str, list[float]]  # seconds, by kind

TOLERANCE = 0.1
FLOOR = 0.001  # seconds: what is over after 3 ms varies by more than a tenth of itself
# How often one of the slowest kind takes longer than one of the fastest. Of two that are alike it is
# half of the times, and of twenty samples each hardly ever so many, whatever else the machine does.
OFTEN = 0.65


def difference(samples: Samples) -> str | None:
    """
    What sets the slowest kind off from the fastest, if their medians differ by more, and not only
    because both vary.
    """
    medians = {kind: median(times) for kind, times in samples.items()}
    slowest, fastest = max(medians, key=medians.__getitem__), min(medians, key=medians.__getitem__)
    if medians[slowest] - medians[fastest] <= max(medians[fastest] * TOLERANCE, FLOOR):
        return None
    pairs = [slow > fast for slow in samples[slowest] for fast in samples[fastest]]
    if sum(pairs) < OFTEN * len(pairs):
        return None
    return (f"{slowest} {medians[slowest] * 1000:.1f} ms, {fastest} "
            f"{medians[fastest] * 1000:.1f} ms, of {len(samples[slowest])} each")


def lasting_difference(
    measure: Callable[[str], Times], kinds: list[str], runs: int = 20, rounds: int = 3
) -> str | None:
    """
    Measures all kinds in turn, `runs` times each, so that a machine that gets slower does so for
    all. `measure` takes a kind and returns seconds by name. A difference has to survive up to
    `rounds` rounds, whose samples are pooled, to be one.
    """
    pooled: dict[str, Samples] = {}
    found = None
    for _ in range(rounds):
        for run in range(runs):
            # Nobody always follows the same one.
            first = run % len(kinds)
            for kind in kinds[first:] + kinds[:first]:
                for name, seconds in measure(kind).items():
                    pooled.setdefault(name, {}).setdefault(kind, []).append(seconds)
        differences = {name: difference(samples) for name, samples in pooled.items()}
        found = "; ".join(f"{name}: {text}" for name, text in differences.items() if text)
        if not found:
            return None
    return found
