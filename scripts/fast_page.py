"""The page of scripts/fast.py: curves, the map of precision, tables. Nothing is loaded from
elsewhere; the style and the small pieces are those of scripts/report.py."""
import datetime
import math

import report
from report import e, line, svg, text

# A colour a family, dashes where the gradients round to nearest even.
COLOURS = {"fp32": "#7d8790", "bf16": "#a9a29a", "int8": "#b39ddb", "msfp12": "#c2570c",
           "fast2": "#d64f4f", "fast2-even": "#d64f4f", "fast4": "#1f5fbf", "fast4-even": "#1f5fbf",
           "fast-by-step": "#1a9e96", "fast-by-layer": "#8c6d1f", "fast-adaptive": "#1a7f4b"}
STYLE = report.STYLE + """
.series{fill:none;stroke-width:1.8}.even{stroke-dasharray:5 4}.heat text{font-size:11px}
.yes{color:var(--good)}.no{color:var(--bad)}
"""
POINTS = 160  # of a curve: more than a screen tells apart


def thinned(points):
    step = max(1, len(points) // POINTS)
    return points[::step] + ([points[-1]] if (len(points) - 1) % step else [])


def round_numbers(least, most):
    """1, 2 and 5 times powers of ten between two positive numbers."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return [value for power in range(first, last + 1) for value in
            (factor * 10 ** power for factor in (1, 2, 5)) if least <= value <= most]


def curves(rows, x_of, label, logarithmic=False):
    """Loss over x_of(row), a list as long as the curve; from a tenth of the run on."""
    rows = [row for row in rows if "curve" in row]
    if not rows or len(rows[0]["curve"]) < 10:
        return ""
    width, left, top, bottom, right = 760, 46, 30, 380, 560
    begin = max(1, len(rows[0]["curve"]) // 10)
    values = [value for row in rows for value in row["curve"][begin:]]
    marks = report.ticks(min(values), max(row["curve"][begin] for row in rows))
    least, most = min(x_of(row)[begin] for row in rows), max(x_of(row)[-1] for row in rows)
    scale = round_numbers(least, most) if logarithmic else report.ticks(0, most)

    def share(x):
        return math.log(x / least) / math.log(most / least) if logarithmic else x / scale[-1]

    def at(x, y):
        return (left + (right - left) * share(x),
                bottom - (bottom - top) * (y - marks[0]) / (marks[-1] - marks[0]))
    body = [text(left, 16, "bits, mean of the last steps and of the seeds", "start", "dim")]
    for tick in marks:
        y = at(least, tick)[1]
        body += [line(left, y, right, y, "grid"), text(left - 8, y + 5, f"{tick:g}", "end", "dim")]
    for tick in scale:
        x = at(tick, marks[0])[0]
        body += [line(x, bottom, x, bottom + 4, "grid"),
                 text(x, bottom + 20, f"{tick:g}", "middle", "dim")]
    body.append(text(right, bottom + 40, label, "end", "dim"))
    ends = []
    for row in rows:
        seen = list(zip(x_of(row), row["curve"]))[begin:]
        points = thinned([at(x, y) for x, y in seen if y <= marks[-1]])
        style = "series even" if row["recipe"].endswith("-even") else "series"
        colour = COLOURS[row["recipe"]]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        body.append(f'<polyline points="{path}" class="{style}" style="stroke:{colour}">'
                    f"<title>{e(row['recipe'])}</title></polyline>")
        ends.append((row["curve"][-1], row["recipe"], style, colour))
    for i, (last, recipe, style, colour) in enumerate(sorted(ends, reverse=True)):
        y = top + 14 + 22 * i  # in the order in which the curves end
        body += [f'<line x1="{right + 16}" y1="{y}" x2="{right + 44}" y2="{y}" class="{style}" '
                 f'style="stroke:{colour}"/>', text(right + 50, y + 4, f"{recipe} {last:.3f}")]
    return svg(width, bottom + 48, "".join(body), "loss, " + label, "wide")


def heat(precision):
    """Bits of a layer's tensors over the run, 2 pale to 4 dark."""
    layers, columns = precision["layers"], len(precision["bits"][0])
    left, top, side = 130, 24, 22
    width, bottom = left + side * columns + 16, top + side * len(layers)
    body = [text(left, 14, "light: 2 bits, dark: 4 bits", "start", "dim")]
    for i, (name, row) in enumerate(zip(layers, precision["bits"])):
        y = top + side * i
        body.append(text(left - 8, y + 15, name, "end"))
        for j, bits in enumerate(row):
            share = max(0.0, min(1.0, (bits - 2) / 2))
            first, last = (precision["steps"] * k // columns for k in (j, j + 1))
            body.append(f'<rect x="{left + side * j}" y="{y}" width="{side - 1}" '
                        f'height="{side - 1}" style="fill:var(--a);opacity:'
                        f'{0.12 + 0.88 * share:.2f}"><title>{e(name)}, steps {first} to {last - 1}: {bits:.2f} bits</title>'
                        "</rect>")
    body += [text(left, bottom + 16, "step 0", "start", "dim"),
             text(left + side * columns, bottom + 16, f"step {precision['steps'] - 1}", "end",
                  "dim")]
    tensors = ", ".join(f"{factor} {bits:.2f}" for factor, bits in precision["tensors"].items())
    return (svg(width, bottom + 26, "".join(body), "bits of each layer over the run", "wide heat")
            + f"<p class=note>Bits of X, W and dO of each layer, fast-adaptive, mean of the seeds: "
            f"{e(tensors)}.</p>")


def running(values):
    out, total = [], 0.0
    for value in values:
        total += value
        out.append(total)
    return out


def cheapest(row):
    return min(row["on"], key=lambda cell: cell["area_time"])


def section(title, body, note=""):
    note = f"<p class=note>{e(note)}</p>" if note else ""
    return f"<section><h2>{e(title)}</h2>{body}{note}</section>" if body else ""


def page(found, tables):
    named = {table[0]: report.html_table(table) for table in tables}
    parts = [named.pop("What holds here", "")]
    for model, data in found["models"].items():
        rows = data["rows"]
        parts += [html for title, html in named.items() if title.startswith(f"{model},")]
        parts.append(section(f"{model}: loss by step", curves(
            rows, lambda row: list(range(1, row["steps"] + 1)), "steps")))
        parts.append(section(f"{model}: loss by area x time", curves(
            rows, lambda row: [x / 1e6 for x in running(cheapest(row)["per_step"])],
            "mm2 s, each recipe on its cheapest cells", logarithmic=True),
            "OSU 0.18 um, an array of 16 x 16 cells of 16 lanes; cells alone."))
        parts += [html for title, html in named.items() if title.startswith(f"{model}:")]
        if data["map"]:
            parts.append(section(f"{model}: where precision rose", heat(data["map"])))
        parts += [html for title, html in named.items() if title.startswith(f"{model} with")]
    commands = "\n".join(run["command"] for run in found["runs"])
    parts.append(section("Every run", f"<pre>{e(commands)}</pre>",
                         "docs/fast.md says what each figure means."))
    when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    machine = ", ".join(str(value) for value in report.machine().values())
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width,initial-scale=1"><title>Roundhouse: FAST in miniature'
            f"</title><style>{STYLE}</style></head><body><main>"
            "<p class=eyebrow>Roundhouse &middot; training in block floating point</p>"
            "<h1>FAST in miniature</h1><p class=lead>Networks trained with every product of "
            "forward and backward in each format, on the golden model; what their products would take on "
            f"cells that were synthesised here. {e(when)}, {e(machine)}.</p>"
            + "".join(parts) + "</main></body></html>\n")
