"""The longest legal texts are stored, whatever they are made of, however slow they are to embed."""
import pytest

from api import Client

LIMIT = 32_768  # bytes of one text


def exactly(unit):
    count = LIMIT // len(unit.encode())
    return (unit * count).ljust(LIMIT - len((unit * count).encode()) + len(unit * count), "x")


@pytest.mark.parametrize("unit", ["a ", "漢", "🧠", "word and another ", "x" * 99 + " "])
def test_one_text(tenant, unit):
    text = exactly(unit)
    assert len(text.encode()) == LIMIT
    client = Client(tenant.stack.http_port, tenant.token(), timeout=120)
    made = client.remember(text)
    assert client.get(made["id"]).json["text"] == text
    assert client.recalled_ids(unit * 3) == [made["id"]]
    client.close()


def test_a_batch_at_its_limit(tenant):
    """1,000 items with all the text one request may bring to be embedded."""
    words = "the quick brown fox jumps over the lazy dog near a quiet river bank while it rains "
    text = (words * 13)[:1_048]
    client = Client(tenant.stack.http_port, tenant.token(), timeout=400)
    assert len(client.remember_batch([{"text": text}] * 1_000)) == 1_000
    assert tenant.memory_count() == 1_000
    client.close()
