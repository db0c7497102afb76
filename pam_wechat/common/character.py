"""
Writes character.c: character.py OUTPUT. Run by hand when Unicode has grown; what it writes is
committed, because the result must not depend on the machine that builds.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

FIRST = 0xA1
# Controls, formats (bidirectional ones among them), surrogates, private use, unassigned, blanks.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}

BEGIN = """\
/*
 * Made by character.py from Unicode {version}: not to be edited.
 */
#include "character.h"

#include <stddef.h>

/* clang-format off */
static const struct {{
	uint32_t first, last;
}} ranges[] = {{
"""
END = """\
};
/* clang-format on */

bool character_is_seen(uint32_t character)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (character > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sizeof(ranges) / sizeof(ranges[0]) && character >= ranges[low].first;
}
"""


def ranges() -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for character in range(FIRST, sys.maxunicode + 1):
        if unicodedata.category(chr(character)) in UNSEEN:
            continue
        if found and found[-1][1] == character - 1:
            found[-1] = (found[-1][0], character)
        else:
            found.append((character, character))
    return found


def source() -> str:
    pairs = [f"{{0x{first:x}, 0x{last:x}}}," for first, last in ranges()]
    lines = ["\t" + " ".join(pairs[at:at + 4]) for at in range(0, len(pairs), 4)]
    return BEGIN.format(version=unicodedata.unidata_version) + "\n".join(lines) + "\n" + END


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(source())
