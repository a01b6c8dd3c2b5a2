"""Each rule of tools/check_structure.py must catch its own seeded violation, and pass what is fine."""
import importlib.util
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve()
SPEC = importlib.util.spec_from_file_location("check", HERE.parents[2] / "tools/check_structure.py")
check = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check)


class Rules(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = Path(self.folder.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def offenders(self, rule):
        return list(rule(check.Tree(self.folder.name)))

    def test_a_floor_may_not_look_up(self):
        self.write("src/domain/a.h", '#include "base/error.h"\n#include "math/scan/scan.h"\n')
        self.assertEqual(self.offenders(check.floors), [])
        self.write("src/domain/b.h", '#include "backends/postgres/connection.h"\n')
        self.assertEqual(self.offenders(check.floors),
                         ["src/domain/b.h:1: domain may not include backends/postgres/connection.h"])

    def test_angle_brackets_hide_nothing(self):
        self.write("src/base/b.h", "#include <domain/memory/memory.h>\n")
        self.assertEqual(len(self.offenders(check.floors)), 1)

    def test_backends_do_not_reach_into_math(self):
        self.write("src/backends/index/i.cpp", '#include "math/scan/scan.h"\n')
        self.assertEqual(len(self.offenders(check.floors)), 1)

    def test_generated_messages_stay_above_the_backends(self):
        self.write("src/server/a.cpp", '#include "somabrain/v1/memory.pb.h"\n')
        self.assertEqual(self.offenders(check.floors), [])
        self.write("src/domain/a.cpp", '#include "somabrain/v1/memory.pb.h"\n')
        self.assertEqual(len(self.offenders(check.floors)), 1)

    def test_a_floor_nobody_drew(self):
        self.write("src/attic/a.h", "")
        self.assertEqual(self.offenders(check.floors), ["src/attic/a.h: no such floor: attic"])

    def test_a_library_has_one_floor(self):
        self.write("src/math/a.cpp", "#include <Eigen/Dense>\n#include <boost/json.hpp>\n")
        self.write("src/server/a.cpp", "#include <boost/beast/http.hpp>\n#include <openssl/evp.h>\n")
        self.assertEqual(self.offenders(check.libraries), [])
        self.write("src/domain/a.cpp", "#include <Eigen/Dense>\n")
        self.write("src/services/a.cpp", "#include <boost/asio.hpp>\n#include <boost/graph/x.hpp>\n")
        self.assertEqual(len(self.offenders(check.libraries)), 3)

    def test_rooms_form_no_ring(self):
        self.write("src/domain/a/x.h", '#include "domain/b/y.h"\n')
        self.write("src/domain/b/y.h", '#include "domain/top.h"\n')
        self.assertEqual(self.offenders(check.rooms), [])
        self.write("src/domain/top.cpp", '#include "domain/top.h"\n#include "domain/a/x.h"\n')
        found = self.offenders(check.rooms)
        self.assertEqual(len(found), 1)
        self.assertIn("domain/a -> domain/b -> domain/top -> domain/a", found[0])

    def test_long_files(self):
        self.write("src/base/a.cpp", "\n" * 500)
        self.assertNotIn("src/base/a.cpp", " ".join(self.offenders(check.file_sizes)))
        self.write("src/base/a.cpp", "\n" * 501)
        self.assertIn("src/base/a.cpp: 501 lines", self.offenders(check.file_sizes)[0])

    def test_many_long_files(self):
        for i in range(10):
            self.write(f"src/base/f{i}.cpp", "\n" * (301 if i < 2 else 10))
        self.assertEqual(self.offenders(check.file_sizes),
                         ["the 90th percentile is 301 lines, at most 300"])

    def test_long_functions(self):
        body = "    f();\n" * 68
        self.write("src/base/a.cpp", "namespace soma {\nint g(int a) {\n" + body + "}\n}\n")
        self.assertEqual(self.offenders(check.function_sizes), [])
        self.write("src/base/a.cpp", "namespace soma {\nint g(int a) {\n" + body + "    f();\n}\n}\n")
        self.assertEqual(self.offenders(check.function_sizes),
                         ["src/base/a.cpp:2: 71 lines, at most 70: int g(int a)"])

    def test_functions_are_found_in_every_shape(self):
        body = "    if (x) {\n    }\n" * 40
        shapes = {
            "class": "class A {\n  public:\n    int f() const noexcept {\n" + body + "    }\n};\n",
            "constructor": "A::A(int x) : a_{x}, b_(x) {\n" + body + "}\n",
            "template": "template <class T>\nauto f(T x) -> std::vector<T> {\n" + body + "}\n",
            "operator": "bool A::operator()(int x) {\n" + body + "}\n",
            "test": "TEST(A, B) {\n" + body + "}\n",
            "lambda": "void f() {\n    run([&] {\n" + body + "    });\n}\n",
            "string": 'void f() {\n    g("}", \'}\', R"(}})");  // }\n' + body + "}\n",
            "after": "int a = g({1, 2});\nstd::array b{1};\nvoid f() {\n" + body + "}\n",
        }
        for shape, text in shapes.items():
            found = list(check.functions("namespace soma {\n" + text + "}\n"))
            self.assertEqual([length > 70 for _, length, _ in found], [True], shape)

    def test_classes_and_tables_are_no_functions(self):
        rows = "    {.a = f(1), .b = 2},\n" * 90
        self.write("src/base/a.cpp", "const Row kRows[] = {\n" + rows + "};\n")
        self.write("src/base/b.h", "struct A : B<int(int)> {\n" + "    int f();\n" * 90 + "};\n")
        self.assertEqual(self.offenders(check.function_sizes), [])

    def test_clients_keep_the_sizes_too(self):
        body = "    f()\n" * 69
        self.write("clients/python/a.py", "class A:\n  async def g(self):\n" + body)
        rules = (check.function_sizes, check.line_lengths, check.file_sizes)
        self.assertEqual([self.offenders(rule) for rule in rules], [[], [], []])
        self.write("clients/python/a.py", "class A:\n  async def g(self):\n" + body + "    f()\n")
        self.assertEqual(self.offenders(check.function_sizes),
                         ["clients/python/a.py:2: 71 lines, at most 70: g"])
        self.write("clients/python/a.py", "#" * 101 + "\n" * 501)
        self.assertEqual([len(self.offenders(rule)) for rule in rules[1:]], [1, 2])

    def test_crowded_folders(self):
        for i in range(16):
            self.write(f"src/base/f{i}.cpp", "")
        self.write("src/base/README.md", "")
        self.assertEqual(self.offenders(check.folders), [])
        self.write("src/base/f16.cpp", "")
        self.assertEqual(self.offenders(check.folders), ["src/base: 17 files, at most 16"])

    def test_crowded_top(self):
        for i in range(27):
            self.write(f"d{i}/x", "")
        self.assertEqual(self.offenders(check.folders), ["27 entries at the top, at most 26"])

    def test_long_lines(self):
        self.write("src/base/a.h", "x" * 100 + "\n" + "é" * 100 + "\nF\u0302" + "x" * 99 + "\n")
        self.assertEqual(self.offenders(check.line_lengths), [])
        self.write("src/base/a.h", "x" * 101 + "\n")
        self.assertEqual(len(self.offenders(check.line_lengths)), 1)

    def test_readmes(self):
        self.write("src/base/a.h", "")
        self.write("src/base/json/b.h", "")
        self.write("src/base/README.md", "\n" * 41)
        self.assertEqual(self.offenders(check.readmes),
                         ["src/base/README.md: 41 lines, at most 40", "src/base/json/README.md: missing"])

    def test_mirrored_tests(self):
        self.write("src/base/json/a.h", "")
        self.write("src/base/json/a.cpp", "")
        self.write("src/server/b.cpp", "")
        self.assertEqual(self.offenders(check.mirrored_tests),
                         ["tests/unit/base/json/a_test.cpp: missing"])
        self.write("tests/unit/base/json/a_test.cpp", "")
        self.assertEqual(self.offenders(check.mirrored_tests), [])

    def test_too_few_tests(self):
        self.write("src/base/a.cpp", "x;\n\n// why\n}\n" * 100)
        self.write("tests/unit/base/a_test.cpp", "x;\n" * 90)
        self.assertEqual(self.offenders(check.test_ratio), [])
        self.write("tests/unit/base/a_test.cpp", "x;\n\n// why\n});\n" * 89)
        self.assertEqual(len(self.offenders(check.test_ratio)), 1)

    def test_suppressions(self):
        mark = "NO" "LINT"
        self.write("src/base/a.cpp", f"f();  // {mark}(bugprone-x): the C library's own name\n" * 10)
        self.assertEqual(self.offenders(check.suppressions), [])
        self.write("src/base/b.cpp", f"f();  // {mark}\n")
        self.assertEqual(len(self.offenders(check.suppressions)), 2)

    def test_words(self):
        self.write("docs/a.md", "a todo list, /v1/memories, https://example.com/home/x, lib/ro"
                   "ot/x\n")
        self.assertEqual(self.offenders(check.words), [])
        for line in ("// TO" "DO: later", "see /wo" "rk/x", "cd /ro" "ot/x", "pip from py" "pi.org",
                     "FIX" "ME"):
            self.write("docs/a.md", line + "\n")
            self.assertEqual(len(self.offenders(check.words)), 1, line)


if __name__ == "__main__":
    unittest.main()
