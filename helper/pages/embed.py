"""Writes the pages as C: embed.py OUTPUT FILE…"""

import sys
from pathlib import Path

output, *files = map(Path, sys.argv[1:])
lines = ['#include "builtin.h"', "", "const struct builtin builtins[] = {"]
for file in files:
    data = file.read_bytes()
    lines.append(f'\t{{"{file.name}", {len(data)}, (const char[]){{')
    for at in range(0, len(data), 16):
        lines.append("\t\t" + ", ".join(map(str, data[at:at + 16])) + ",")
    lines.append("\t}},")
lines += ["};", "", "const size_t builtin_count = sizeof(builtins) / sizeof(builtins[0]);", ""]
output.write_text("\n".join(lines))
