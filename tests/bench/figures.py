"""A figure: what was measured, what it may be, and how both are shown."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass
class Figure:
    """`budget` is of the median; a figure without one explains another."""

    key: str
    values: list[float]
    budget: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        return "within" if self.median <= self.budget else "OVER"

    def summary(self) -> dict[str, float]:
        return {
            "median": round(self.median, 4), "min": round(min(self.values), 4),
            "max": round(max(self.values), 4), "n": len(self.values),
        }


def table(figures: list[Figure]) -> str:
    width = max(len(figure.key) for figure in figures)
    lines = [f"{'':{width}} {'median':>9} {'min':>9} {'max':>9} {'n':>5} {'budget':>9}"]
    for figure in figures:
        numbers = [figure.median, min(figure.values), max(figure.values)]
        budget = "" if figure.budget is None else _number(figure.budget)
        lines.append(
            f"{figure.key:{width}} " + " ".join(f"{_number(number):>9}" for number in numbers)
            + f" {len(figure.values):>5} {budget:>9}  {figure.verdict:6} {figure.note}".rstrip()
        )
    return "\n".join(line.rstrip() for line in lines)


def _number(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:.2f}"
