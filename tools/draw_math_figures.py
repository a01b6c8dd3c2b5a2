#!/usr/bin/env python3
"""Draws docs/figures/*.svg and prints the tables of docs/math.md, from the mathematics itself.

    cmake --build build/release --target math_tool && tools/draw_math_figures.py

Needs nothing beside Python and the program build/release/tests/math_tool (SOMA_MATH_TOOL names another).
"""
import json
import math
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = os.environ.get("SOMA_MATH_TOOL", str(ROOT / "build/release/tests/math_tool"))
FIGURES = ROOT / "docs/figures"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 560, 320, 62, 44, 34, 150
COLOURS = ["#1b6ca8", "#c8553d", "#588157", "#8e6c8a", "#c9a227"]


class Tool:
    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, op, **arguments):
        self.process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "fault" in answer:
            raise SystemExit(f"{op}: {answer}")
        return answer


def ticks(low, high, logarithmic):
    if logarithmic:
        return [10.0**e for e in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    step = 10 ** math.floor(math.log10((high - low) / 2))
    step *= next(s for s in (1, 2, 5, 10) if (high - low) / (s * step) <= 6)
    return [step * i for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def svg(name, title, x_label, y_label, curves, x_log=False, y_log=False):
    """curves: (label, points, style) with style "line", "dashes" or "dots"."""
    xs = [x for _, points, _ in curves for x, _ in points]
    ys = [y for _, points, _ in curves for _, y in points]
    x_range, y_range = (min(xs), max(xs)), (min(ys) if y_log else min(0, *ys), max(ys))

    def place(value, low_high, logarithmic, start, end):
        low, high = low_high
        share = (math.log(value / low) / math.log(high / low) if logarithmic
                 else (value - low) / (high - low))
        return round(start + share * (end - start), 1)

    def at(x, y):
        return (place(x, x_range, x_log, LEFT, WIDTH - RIGHT),
                place(y, y_range, y_log, HEIGHT - BOTTOM, TOP))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="11">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="18" font-size="13">{title}</text>']
    for x in ticks(*x_range, x_log):
        px, py = at(x, y_range[0])
        out.append(f'<path d="M{px} {py}V{TOP}" stroke="#eee"/>'
                   f'<text x="{px}" y="{py + 15}" text-anchor="middle">{x:g}</text>')
    for y in ticks(*y_range, y_log):
        px, py = at(x_range[0], y)
        out.append(f'<path d="M{px} {py}H{WIDTH - RIGHT}" stroke="#eee"/>'
                   f'<text x="{px - 6}" y="{py + 4}" text-anchor="end">{y:g}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{x_label}</text>')
    out.append(f'<text transform="translate(14 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" '
               f'text-anchor="middle">{y_label}</text>')
    for i, (label, points, style) in enumerate(curves):
        colour = COLOURS[i % len(COLOURS)] if style != "dashes" else COLOURS[(i - 1) % len(COLOURS)]
        placed = [at(x, y) for x, y in points]
        if style == "dots":
            out += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in placed]
        else:
            dash = ' stroke-dasharray="5 4"' if style == "dashes" else ""
            path = "M" + "L".join(f"{x} {y}" for x, y in placed)
            out.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>')
        y = TOP + 12 + 16 * i
        mark = "- -" if style == "dashes" else "&#8226;" if style == "dots" else "&#8212;"
        out.append(f'<text x="{WIDTH - RIGHT + 10}" y="{y}" fill="{colour}">{mark} {label}</text>')
    out.append("</svg>")
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / f"{name}.svg").write_text("\n".join(out) + "\n")


def cleanup(tool):
    def measure(k, items, dimension, trials):
        got = tool.ask("cleanup_accuracy", k=k, items=items, dimension=dimension, trials=trials)
        if k in (8, 16, 64, 128):
            table.append(f"| {k} | {items} | {dimension} | {got['measured']:.3f} | {got['predicted']:.3f} |")
        return got

    table, curves = [], []
    for dimension, trials in ((256, 30), (1024, 15), (4096, 4)):
        dots, line = [], []
        for k in (2, 4, 8, 16, 32, 64, 128):
            got = measure(k, 200, dimension, trials)
            dots.append((k, got["measured"]))
            line.append((k, got["predicted"]))
        curves += [(f"D {dimension} measured", dots, "dots"), (f"D {dimension} predicted", line, "dashes")]
    svg("cleanup", "Clean-up of k superposed pairs among 200 items", "pairs in the trace k",
        "top-1 accuracy", curves, x_log=True)
    for items in (100, 800):  # against N
        for k in (16, 64):
            measure(k, items, 512, 20)
    measure(64, 1000, 8192, 2)
    print("| k | N | D | measured | predicted |\n|---|---|---|---|---|")
    print("\n".join(table))


def wiener(tool):
    print("\n| SNR | mean cosine | law |\n|---|---|---|")
    for decibel, law in ((40, 0.999), (20, 0.975), (10, 0.88)):
        got = tool.ask("wiener_cosine", snr=10 ** (decibel / 10), trials=100)
        print(f"| {decibel} dB | {got:.4f} | >= {law} |")


def regret(tool):
    rounds = [int(10 ** (e / 4)) for e in range(4, 21)]
    print("\n| T | regret, D/(G√t) | its bound | regret, AdaGrad | its bound |\n|---|---|---|---|---|")
    root = tool.ask("regret_curve", rule="inverse_root", rounds=rounds)
    adagrad = tool.ask("regret_curve", rule="adagrad_norm", rounds=rounds)
    for a, b in list(zip(root, adagrad))[::4]:
        print(f"| {a[0]} | {a[1]:.1f} | {a[2]:.1f} | {b[1]:.1f} | {b[2]:.1f} |")
    curves = []
    for label, curve in (("D/(G&#8730;t)", root), ("AdaGrad", adagrad)):
        curves += [(label, [(t, max(r, 0.1)) for t, r, _ in curve], "line"),
                   (f"{label} bound", [(t, bound) for t, _, bound in curve], "dashes")]
    svg("regret", "Regret against the best fixed point in hindsight", "rounds T", "regret", curves,
        x_log=True, y_log=True)


def conductance(tool):
    # Source 0 and sink 3: over 1 (two edges) or over 2 and 4 (three edges).
    curve = tool.ask("frgo_curve", vertices=5, edges=[[0, 1], [1, 3], [0, 2], [2, 4], [4, 3]],
                     conductance=[1] * 5, length=[1] * 5, b=[1, 0, 0, -1, 0], rate=0.1, exponent=1.4,
                     decay=0.3, steps=400)
    svg("conductance", "Of two paths the shorter wins (two edges, three edges)", "step", "conductance",
        [("short path", [(t, c[0]) for t, c in enumerate(curve)], "line"),
         ("long path", [(t, c[2]) for t, c in enumerate(curve)], "line")])


def bridge(tool):
    n = 21
    mu, nu = [0.0] * n, [0.0] * n
    mu[2], nu[18] = 1.0, 1.0
    curves = []
    for t in (0.1, 0.3, 0.5, 0.7, 0.9):
        mass = tool.ask("bridge", vertices=n, edges=[[i, i + 1] for i in range(n - 1)],
                        conductance=[1] * (n - 1), beta=8, mu=mu, nu=nu, t=t)
        curves.append((f"t = {t}", list(enumerate(mass)), "line"))
    svg("bridge", "A bridge from vertex 2 to vertex 18 of a path, &#946; = 8", "vertex", "mass p_t", curves)


def main():
    tool = Tool()
    for draw in (cleanup, wiener, regret, conductance, bridge):
        draw(tool)


if __name__ == "__main__":
    main()
