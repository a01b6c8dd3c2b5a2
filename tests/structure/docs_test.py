"""The words in the repository agree with the repository: links, commands, settings, metrics, paths."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "*.md"],
                       capture_output=True, text=True, check=True).stdout.splitlines()
PAGES = {name: (ROOT / name).read_text() for name in NAMES if (ROOT / name).is_file()}


def outside_code(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)


def anchors(text):
    """What a heading is linked by: lower case, punctuation out, blanks to hyphens."""
    found = set()
    for heading in re.findall(r"^#+ +(.+)$", outside_code(text), re.M):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


class Docs(unittest.TestCase):
    def each(self, pattern):
        for name, text in PAGES.items():
            for found in re.findall(pattern, text):
                yield name, found

    def test_there_are_pages(self):
        for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md",
                     "docs/configuration.md", "ops/runbooks/README.md"):
            self.assertIn(name, PAGES)

    def test_every_page_begins_with_a_heading(self):
        """And has no line that only looks like one: a code formatter was let loose on prose."""
        for name, text in PAGES.items():
            self.assertTrue(text.startswith("# "), name)
            self.assertNotRegex(outside_code(text), r"(?m)^#+[^# ]", name)

    def test_links_lead_somewhere(self):
        for name, text in PAGES.items():
            for target in re.findall(r"\]\(([^)\s]+)\)", outside_code(text)):
                if "://" in target or target.startswith("mailto:"):
                    continue
                path, _, anchor = target.partition("#")
                page = (ROOT / name).parent / path if path else ROOT / name
                self.assertTrue(page.exists(), f"{name}: {target}")
                if anchor and page.suffix == ".md":
                    self.assertIn(anchor, anchors(page.read_text()), f"{name}: {target}")

    def test_every_decision_is_listed_and_numbered_once(self):
        files = sorted(p.name for p in (ROOT / "docs/decisions").glob("0*.md"))
        numbers = [name[:4] for name in files]
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertEqual(numbers, [f"{n:04}" for n in range(1, len(numbers) + 1)])
        listed = re.findall(r"\]\((0[\w-]+\.md)\)", PAGES["docs/decisions/README.md"])
        self.assertEqual(sorted(listed), files)
        for name in files:
            text = (ROOT / "docs/decisions" / name).read_text()
            self.assertIn(f"# {name[:4]} ", text, name)

    def test_commands_of_dev_exist(self):
        known = set(re.findall(r"^    ([a-z| -]+)\) ", (ROOT / "dev").read_text(), re.M))
        known = {word for group in known for word in group.split(" | ")}
        for name, command in self.each(r"\./dev ([a-z]+)\b"):
            self.assertIn(command, known, name)

    def test_suites_of_dev_test_exist(self):
        cases = set(re.findall(r"^    ([a-z]+)\) ", (ROOT / "tools/dev/test.sh").read_text(), re.M))
        cases |= {"all", "sanitize", "fuzz", "tsan", "mutants"}
        for name, which in self.each(r"\./dev test ([a-z]+)\b(?=`| *\n| {2,})"):
            self.assertIn(which, cases, name)

    def test_settings_exist(self):
        known = set(re.findall(r"`(SOMABRAIN_\w+)`", PAGES["docs/configuration.md"]))
        known |= {name + "_FILE" for name in known} | {"SOMABRAIN_PORTS_FILE"}
        # Of tests, benchmarks and the build, read by scripts and not by the program.
        sources = "".join(path.read_text() for folder in ("tools", "tests", "cmake", "benchmarks")
                          for path in (ROOT / folder).rglob("*")
                          if path.suffix in (".sh", ".py", ".txt", ".cmake", ".h", ".cpp"))
        for name, setting in self.each(r"\b(SOMABRAIN_[A-Z0-9_]+[A-Z0-9])\b"):
            self.assertTrue(setting in known or setting in sources, f"{name}: {setting}")

    def test_metrics_exist(self):
        golden = (ROOT / "tests/unit/telemetry/metrics.golden").read_text().split()
        for name, metric in self.each(r"\b(somabrain_[a-z_]+_(?:total|seconds|bytes|count))\b"):
            self.assertIn(metric, golden, name)

    def test_folders_of_the_repository_exist(self):
        tops = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"build"}
        for name, path in self.each(r"`((?:%s)/[\w./-]*)`" % "|".join(sorted(map(re.escape, tops)))):
            if "*" in path or "<" in path or path.startswith(".soma"):
                continue
            self.assertTrue((ROOT / path).exists() or (ROOT / name).parent.joinpath(path).exists()
                            or list(ROOT.glob(path + ".*")), f"{name}: {path}")

    def test_no_line_of_prose_runs_on(self):
        for name, text in PAGES.items():
            for number, line in enumerate(text.splitlines(), 1):
                if not line.startswith("|") and "](" not in line:
                    self.assertLessEqual(len(line), 140, f"{name}:{number}")


if __name__ == "__main__":
    unittest.main()
