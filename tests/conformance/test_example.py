"""The README's gRPC example, as it stands."""
import os
import pathlib
import re
import subprocess
import sys

import contract


def test_the_readmes_example(stack):
    page = (contract.ROOT / "README.md").read_text()
    (code,) = re.findall(r"^## gRPC\n.*?^```python\n(.*?)^```", page, re.S | re.M)
    stubs = pathlib.Path(contract.MODULES["memory"].__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=stack.root, text=True, capture_output=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(stubs)}, check=False)
    assert (done.returncode, done.stdout) == (0, "Linus takes the night train.\n"), done.stderr
