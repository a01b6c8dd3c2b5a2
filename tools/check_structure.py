#!/usr/bin/env python3
"""Reads the house rules off the tree: who includes whom, sizes, tests, words that must not be there.

Usage: tools/check_structure.py [ROOT]. Prints every offender, then one line a rule, and exits 1 when a
rule is broken. docs/architecture.md gives the reasons; tests/structure shows that each rule can fail.
"""
import ast
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

FLOORS = {  # may include, besides itself
    "base": "",
    "math": "base",
    "config": "base",
    "telemetry": "base config",
    "domain": "base math",
    "backends": "base config telemetry domain",
    "services": "base config telemetry domain backends somabrain",
    "server": "base config telemetry domain services somabrain",
    "cli": "base math config telemetry domain backends services server somabrain",
}
LIBRARIES = {  # first part of an include path: the one floor that may use it
    "sodium": "base", "sodium.h": "base", "utf8proc.h": "base",
    "Eigen": "math", "unsupported": "math", "cholmod.h": "math", "suitesparse": "math", "hwy": "math",
    "spdlog": "telemetry", "fmt": "telemetry", "prometheus": "telemetry",
    "libstemmer.h": "domain",
    "libpq-fe.h": "backends", "libpq": "backends", "postgresql": "backends", "hiredis": "backends",
    "librdkafka": "backends",
    "curl": "backends", "dnnl.hpp": "backends", "dnnl.h": "backends", "oneapi": "backends",
    "boost/beast": "server", "boost/asio": "server", "boost/url": "server",
    "grpcpp": "server", "grpc": "server",
    "CLI": "cli",
}
ANYWHERE = {"openssl", "boost/json", "boost/system", "google"}
MIRRORED = ("base", "math", "config", "domain")
MAX_FILE, P90_FILE, MAX_FUNCTION, MAX_FOLDER, MAX_LINE = 500, 300, 70, 16, 100
MAX_README, MAX_TOP, MAX_NOLINT = 40, 26, 10
# The aim is 0.9; the floor only keeps the ratio from falling back.
MIN_TEST_RATIO = 0.9
CODE = (".h", ".cpp")
# Split, so that this file does not break its own rule.
BAD_WORDS = [r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bXX" r"X\b", r"\bHA" r"CK\b"]
BAD_PLACES = [r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|ho" r"me)/\w", r"\bpypi\.o" r"rg\b", r"pythonho" r"sted",
              r"registry\.np" r"mjs", r"repo1?\.mav" r"en", r"proxy\.gol" r"ang", r"deb\.deb" r"ian",
              r"\bcrates\.i" r"o\b"]


class Tree:
    """The files under version control, or about to be; every file where there is no repository."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self._text = {}
        git = subprocess.run(["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard"],
                             capture_output=True, text=True, check=False)
        if git.returncode == 0 and (self.root / ".git").exists():
            names = git.stdout.splitlines()
        else:
            names = [str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()]
        self.files = sorted(n for n in names if (self.root / n).is_file())

    def code(self, *tops):
        return [f for f in self.files if f.endswith(CODE) and f.split("/")[0] in tops]

    def clients(self):
        """The clients' Python, which keeps the same sizes."""
        return [f for f in self.files if f.startswith("clients/") and f.endswith(".py")]

    def text(self, name):
        if name not in self._text:
            self._text[name] = (self.root / name).read_bytes().decode("utf-8", "replace")
        return self._text[name]

    def includes(self, name):
        for number, line in enumerate(self.text(name).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                yield number, match.group(1) == '"', match.group(2)


def floor_of(name):
    return name.split("/")[1]


def floors(tree):
    """a floor includes only the floors below it"""
    for name in tree.code("src"):
        floor = floor_of(name)
        if floor not in FLOORS:
            yield f"{name}: no such floor: {floor}"
            continue
        allowed = {floor, *FLOORS[floor].split()}
        for number, quoted, path in tree.includes(name):
            top = path.split("/")[0]
            if (quoted or top in FLOORS or top == "somabrain") and top not in allowed:
                yield f"{name}:{number}: {floor} may not include {path}"


def libraries(tree):
    """a third-party library belongs to one floor"""
    for name in tree.code("src"):
        for number, _, path in tree.includes(name):
            parts = path.split("/")
            key = "/".join(parts[:2]).removesuffix(".hpp") if parts[0] == "boost" else parts[0]
            owner = LIBRARIES.get(key)
            if parts[0] == "boost" and owner is None and key not in ANYWHERE:
                yield f"{name}:{number}: {path} has no floor: see LIBRARIES in this checker"
            elif owner is not None and owner != floor_of(name):
                yield f"{name}:{number}: {path} belongs to {owner}"


def rooms(tree):
    """the rooms of a floor include each other in one direction only"""
    edges = {}
    for name in tree.code("src"):
        room = room_of(name.removeprefix("src/"))
        for number, quoted, path in tree.includes(name):
            other = room_of(path)
            if quoted and other != room and path.split("/")[0] == floor_of(name):
                edges.setdefault(room, {}).setdefault(other, f"{name}:{number}")
    done = set()

    def visit(room, trail):
        if room in trail:
            ring = trail[trail.index(room):] + [room]
            places = ", ".join(edges[a][b] for a, b in zip(ring, ring[1:]))
            yield f"{' -> '.join(ring)} ({places})"
        elif room not in done:
            for other in edges.get(room, {}):
                yield from visit(other, trail + [room])
            done.add(room)

    for room in sorted(edges):
        yield from visit(room, [])


def room_of(path):
    """A folder below its floor; a file at a floor's top, header and source together, stands for itself."""
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else re.sub(r"\.\w+$", "", path)


def file_sizes(tree):
    """no file over 500 lines, nine in ten under 300"""
    sizes = []
    for name in tree.code("src", "tests", "benchmarks") + tree.clients():
        lines = tree.text(name).count("\n")
        sizes.append(lines)
        if lines > MAX_FILE:
            yield f"{name}: {lines} lines, at most {MAX_FILE}"
    sizes.sort()
    if sizes and sizes[(len(sizes) * 9 - 1) // 10] > P90_FILE:
        yield f"the 90th percentile is {sizes[(len(sizes) * 9 - 1) // 10]} lines, at most {P90_FILE}"


def blank_out(text):
    """Comments, strings and characters as blanks: braces that remain are the compiler's."""
    pattern = (r'R"(?P<d>[^()\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
               r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?\*/|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*")
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)


def functions(text):
    """(line, length, head) of each outermost function body; a lambda counts to its function."""
    clean = blank_out(text)
    scopes, start, depth = [], 0, 0  # start: where the present declaration begins
    for at, char in enumerate(clean):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "{":
            head = clean[start:at].strip()
            inside = any(kind == "body" for kind, _, _ in scopes)
            # A member initialised with braces, before the constructor's body.
            initialises = re.search(r"\)\s*(noexcept\s*)?:(?!:)", head) and re.search(r"\w$", head)
            bare = head
            while bare != (bare := re.sub(r"<[^<>]*>", "", bare)):  # template <class T> is no class
                pass
            opens_scope = re.search(r"\b(namespace|class|struct|union|enum|extern)\b", bare)
            is_body = not inside and depth == 0 and "(" in head and not (
                opens_scope and not head.rstrip().endswith(")")) and not head.endswith("=")
            first = start + len(clean[start:at]) - len(clean[start:at].lstrip())
            kind = "initialiser" if initialises else "body" if is_body else "other"
            scopes.append((kind, first, head))
            if not inside and depth == 0 and not initialises:
                start = at + 1
        elif char == "}" and scopes:
            kind, first, head = scopes.pop()
            if kind == "body":
                line = clean.count("\n", 0, first) + 1
                yield line, clean.count("\n", first, at) + 1, " ".join(head.split())
            if not any(k == "body" for k, _, _ in scopes) and depth == 0 and kind != "initialiser":
                start = at + 1
        elif char == ";" and depth == 0 and not any(k == "body" for k, _, _ in scopes):
            start = at + 1


def function_sizes(tree):
    """no function over 70 lines"""
    for name in tree.code("src", "tests", "benchmarks"):
        for line, length, head in functions(tree.text(name)):
            if length > MAX_FUNCTION:
                yield f"{name}:{line}: {length} lines, at most {MAX_FUNCTION}: {head[:60]}"
    for name in tree.clients():
        for node in ast.walk(ast.parse(tree.text(name))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1
                if length > MAX_FUNCTION:
                    yield f"{name}:{node.lineno}: {length} lines, at most {MAX_FUNCTION}: {node.name}"


def folders(tree):
    """no more than 16 files in a folder (README.md and CMakeLists.txt apart), 26 entries at the top"""
    counts = {}
    for name in tree.files:
        folder, _, leaf = name.rpartition("/")
        if leaf not in ("README.md", "CMakeLists.txt") and folder.split("/")[0] in (
                "src", "tests", "tools", "clients"):
            if not re.search(r"/(corpus|mutants)(/|$)", folder):
                counts[folder] = counts.get(folder, 0) + 1
    for folder, count in sorted(counts.items()):
        if count > MAX_FOLDER:
            yield f"{folder}: {count} files, at most {MAX_FOLDER}"
    top = {name.split("/")[0] for name in tree.files}
    if len(top) > MAX_TOP:
        yield f"{len(top)} entries at the top, at most {MAX_TOP}"


def line_lengths(tree):
    """no line of code over 100 characters"""
    for name in tree.code("src", "tests", "benchmarks") + tree.clients():
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            width = sum(not unicodedata.combining(char) for char in line)
            if width > MAX_LINE:
                yield f"{name}:{number}: {width} characters, at most {MAX_LINE}"


def readmes(tree):
    """every folder of src has a README of at most 40 lines"""
    for folder in sorted({name.rpartition("/")[0] for name in tree.code("src")}):
        readme = f"{folder}/README.md"
        if readme not in tree.files:
            yield f"{readme}: missing"
        elif tree.text(readme).count("\n") > MAX_README:
            yield f"{readme}: {tree.text(readme).count(chr(10))} lines, at most {MAX_README}"


def mirrored_tests(tree):
    """base, math, config and domain: each file has a test of its name"""
    stems = {re.sub(r"\.\w+$", "", f) for f in tree.code("src") if floor_of(f) in MIRRORED}
    for stem in sorted(stems):
        test = f"tests/unit/{stem.removeprefix('src/')}_test.cpp"
        if test not in tree.files:
            yield f"{test}: missing"


def lines_of_code(tree, names):
    """Lines that are neither blank, nor comment, nor a lone brace."""
    lines = 0
    for name in names:
        text = tree.text(name)
        if name.endswith(CODE):
            text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
        elif name.endswith((".py", ".sh")):
            text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
        lines += sum(1 for line in text.splitlines() if line.strip(" \t{}();"))
    return lines


def test_ratio(tree):
    """at least 0.9 lines of test code for one of source"""
    source = lines_of_code(tree, tree.code("src"))
    tests = lines_of_code(tree, [f for f in tree.files if f.startswith("tests/")
                                 and f.endswith(CODE + (".py", ".sh", ".patch"))])
    ratio = tests / max(source, 1)
    print(f"      tests {tests} lines, source {source} lines: {ratio:.2f}")
    if ratio < MIN_TEST_RATIO:
        yield f"{tests} lines of test code for {source} of source, at least {MIN_TEST_RATIO}"


def suppressions(tree):
    """at most 10 NOLINT, each with its reason"""
    found = [(name, number, line) for name in tree.code("src", "tests", "benchmarks")
             for number, line in enumerate(tree.text(name).splitlines(), 1) if "NOLINT" in line]
    if len(found) > MAX_NOLINT:
        yield f"{len(found)} suppressions, at most {MAX_NOLINT}"
    for name, number, line in found:
        if not re.search(r"NOLINT\w*\([\w.,-]+\)\W+\w{3}", line):
            yield f"{name}:{number}: name the check and the reason"


def words(tree):
    """no unfinished business, no machine's paths, no registry's host"""
    for name in tree.files:
        if name == "LICENSE" or name.endswith((".png", ".bin")) or "/corpus/" in name:
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            for pattern in BAD_WORDS + BAD_PLACES:
                match = re.search(pattern, line)
                if match:
                    yield f"{name}:{number}: {match.group()!r} does not belong in this repository"


RULES = [floors, libraries, rooms, file_sizes, function_sizes, folders, line_lengths, readmes,
         mirrored_tests, test_ratio, suppressions, words]


def main():
    tree = Tree(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    failed = 0
    for rule in RULES:
        offenders = list(rule(tree))
        failed += bool(offenders)
        for offender in offenders:
            print(f"      {offender}")
        print(f"{'FAIL' if offenders else 'ok':4}  {rule.__doc__}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
