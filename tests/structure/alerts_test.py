"""Alert rules ask for metrics that exist, and name a runbook's heading."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "ops/alerts").glob("*.yml"))
CATALOG = set(re.findall(r'\{"(somabrain_\w+)"', (ROOT / "src/telemetry/catalog.cpp").read_text()))
RULE = re.compile(r"- alert: (?P<alert>\w+)\n +expr: (?P<expr>.+)\n +labels: \{severity: (?P<severity>\w+)\}\n"
                  r" +annotations:\n +summary: (?P<summary>.+)\n +runbook: (?P<page>[\w/.-]+)#(?P<anchor>[\w-]+)\n")


def rules():
    return [rule for path in RULES for rule in RULE.finditer(path.read_text())]


class Alerts(unittest.TestCase):
    def test_every_rule_is_whole(self):
        self.assertGreater(len(rules()), 0)
        for path in RULES:
            text = path.read_text()
            self.assertEqual(text.count("- alert:"), len(RULE.findall(text)), path)
        names = [rule["alert"] for rule in rules()]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({rule["severity"] for rule in rules()}, {"page", "ticket"})

    def test_they_ask_for_metrics_that_exist(self):
        for rule in rules():
            asked = set(re.findall(r"somabrain_\w+", rule["expr"]))
            self.assertTrue(asked, rule["alert"])
            self.assertLessEqual(asked, CATALOG, rule["alert"])

    def test_every_error_of_the_mathematics_has_a_rule(self):
        asked = " ".join(rule["expr"] for rule in rules())
        for name in sorted(CATALOG):
            if name.startswith("somabrain_math_"):
                self.assertRegex(asked, rf"\b{name}\b")

    def test_their_runbooks_have_the_heading_and_the_metric(self):
        for rule in rules():
            page = (ROOT / rule["page"]).read_text()
            sections = {heading.lower(): body for heading, body in
                        re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", page, re.M)}
            self.assertIn(rule["anchor"], sections, rule["alert"])
            for name in re.findall(r"somabrain_\w+", rule["expr"]):
                self.assertIn(name, sections[rule["anchor"]], rule["alert"])


if __name__ == "__main__":
    unittest.main()
