"""A ledger's files against its key, from the texts of RFC 9162 and C2SP alone. Shares nothing with the product."""
import base64, hashlib, json, re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

sha = lambda data: hashlib.sha256(data).digest()

def mth(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else sha(b"")
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha(b"\1" + mth(hashes[:k]) + mth(hashes[k:]))

def checkpoint(text, vkey):  # (size, root); root None: not to be believed; size infinite: not to be read
    size, (name, _, key) = float("inf"), vkey.strip().split("+", 2)
    head = sha(name.encode() + b"\n" + base64.b64decode(key))[:4]
    try:
        body, _, lines = text.decode().rpartition("\n\n")
        origin, size, root = [f(x) for f, x in zip((str, int, base64.b64decode), body.split("\n"), strict=True)]
        notes = [(line.split(" ")[1], base64.b64decode(line.split(" ")[2])) for line in lines.splitlines()]
        ours = [note for by, note in notes if by == name and note[:4] == head]
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        _ = [public.verify(note[4:], body.encode() + b"\n") for note in ours]
        return size, root if ours and origin == name else None
    except (ValueError, IndexError, InvalidSignature):
        return size, None

def read(folder, kind, index):  # the widest that is there, and its width
    parts = re.findall("...", f"{index:0{(len(str(index)) + 2) // 3 * 3}}")
    path = folder / "tile" / kind / ("".join(f"x{part}/" for part in parts[:-1]) + parts[-1])
    partial = sorted(Path(f"{path}.p").glob("*"), key=lambda p: int(p.name))
    best = [path] if path.is_file() else partial[-1:]
    return (best[0].read_bytes(), 256 if best[0] == path else int(best[0].name)) if best else (b"", 0)

def audit(folder, vkey, kept=()):  # the first bad leaf, or None
    claims = [checkpoint(text, vkey) for text in [*(p.read_bytes() for p in folder.glob("checkpoints/*")), *kept]]
    claims = sorted(claims, key=lambda claim: claim[0]) or [(0, None)]
    leaves, proven, last = [], 0, {}
    while True:
        n = len(leaves)
        here, claims = [root for size, root in claims if size == n], [c for c in claims if c[0] > n]
        if any(root != mth(leaves) for root in here):
            return proven
        proven = n if here else proven
        if not claims or not claims[0][1]:
            return proven if claims else None
        if n % 256 == 0:
            (hashes, wide), (rest, width) = read(folder, "0", n // 256), read(folder, "entries", n // 256)
        end, hashed = 2 + int.from_bytes(rest[:2], "big"), hashes[n % 256 * 32:][:32]
        if len(hashes) != 32 * wide or len(rest) < end or sha(b"\0" + rest[2:end]) != hashed:
            return n
        event, rest = json.loads(rest[2:end]), rest[end:]
        stream, sequence = (event["tenant"], event["stream"]), event["stream_sequence"]
        if last.get(stream, sequence - 1) + 1 != sequence:
            return n
        last[stream] = sequence
        leaves.append(hashed)
        if n % 256 + 1 == width and rest:
            return n + 1
        for level in (level for level in (1, 2, 3) if (n + 1) % 256**level == 0):
            below = n // 256**level
            above, wide_above = read(folder, str(level), below // 256)
            if len(above) != 32 * wide_above or above[below % 256 * 32:][:32] != mth(leaves[below * 256**level:]):
                return max(proven, below * 256**level)
