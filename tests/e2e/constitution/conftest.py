import pytest

from legislature import Legislature
from private_stack import PrivateStack


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    stack = PrivateStack(tmp_path_factory.mktemp("law"))
    stack.up()
    try:
        yield Legislature(stack, tmp_path_factory.mktemp("papers"))
    finally:
        stack.destroy()
