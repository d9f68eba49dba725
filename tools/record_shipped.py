"""Record the figures of the weights that ship, from a report of ``spikecam bench shipped``.

    spikecam bench shipped -o REPORT
    python tools/record_shipped.py REPORT [--weights NAME]...

With --weights, only figures of methods that use one of these weights are recorded, and the others
stay. Figures of tasks that the report does not have stay, too. It rewrites
`spikecam.bench.shipped_figures`, and prints what changed.
"""

import argparse
import csv
import shutil
import subprocess
from pathlib import Path

from spikecam.bench import shipped_figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path, help="folder of the report, with shipped.csv")
    parser.add_argument("--weights", action="append", help="a name; may be given again")
    args = parser.parse_args()
    figures = dict(shipped_figures.RECORDED)
    with (args.report / "shipped.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            used = row["weights"].split(", ")
            if args.weights and not set(args.weights) & set(used):
                continue
            key = row["task"], row["method"], row["weights"], row["setting"]
            psnr = round(float(row["PSNR ↑"]), 2)
            if figures.get(key) != psnr:
                print(f"{', '.join(key)}: {figures.get(key)} became {psnr}")
            figures[key] = psnr
    path = Path(shipped_figures.__file__)
    text = path.read_text(encoding="utf-8")
    lines = [f"    {key!r}: {value}," for key, value in figures.items()]
    start = text.index("RECORDED")
    first_line = text[start : text.index("\n", start)]
    path.write_text("\n".join([text[:start] + first_line, *lines, "}"]) + "\n", encoding="utf-8")
    if shutil.which("ruff"):
        subprocess.run(["ruff", "format", "--quiet", path], check=True)


if __name__ == "__main__":
    main()
