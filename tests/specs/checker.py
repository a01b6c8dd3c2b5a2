"""Asks TLC whether recorded traces are a behaviour of a specification."""
import os
import subprocess
import sys

from stack import ROOT

HOLDS = "Error: Invariant Unfinished is violated"


class Verdict:
    def __init__(self, said):
        self.said = said
        self.holds = HOLDS in said and "TLC threw" not in said
        # Refused is only what TLC looked through to the end, or found a property violated in.
        self.refused = not self.holds and ("No error has been found" in said or " is violated" in said)

    def __str__(self):
        return "\n".join(line for line in self.said.splitlines() if "then" in line or "rror" in line)


def write_module(files, folder):
    """What trace2tla makes of them, as Recorded.tla in the folder. `files`: its arguments."""
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools/trace2tla"), *map(str, files)],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    (folder / "Recorded.tla").write_text(done.stdout)


def check(spec, module, files, folder):
    """`spec`: a folder of specs/; `module`: in its trace/, with its .cfg."""
    write_module(files, folder)
    home = ROOT / "specs" / spec
    library = os.pathsep.join(map(str, (home, folder)))
    done = subprocess.run(
        ["java", "-XX:+UseSerialGC", "-Xmx1g", f"-DTLA-Library={library}", "-cp", os.environ["TLC_JAR"],
         "tlc2.TLC", "-workers", "1", "-metadir", str(folder / "states"), "-config", f"{module}.cfg",
         f"{module}.tla"],
        cwd=home / "trace", capture_output=True, text=True, check=False, timeout=120,
        stdin=subprocess.DEVNULL)
    return Verdict(done.stdout + done.stderr)
