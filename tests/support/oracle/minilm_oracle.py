"""The embedder's oracle: another tokenizer (PyPI `tokenizers`) and a float64 numpy forward pass.

    minilm_oracle.py tokens MODEL_DIR < texts.jsonl > ids.txt       one line of ids a text
    minilm_oracle.py vectors MODEL_DIR < texts.jsonl > vectors.f64  384 little-endian doubles a text

A text is one JSON string a line. Needs tests/requirements.txt.
"""

import json
import math
import os
import struct
import sys
from pathlib import Path

# On a busy machine BLAS threads that wait for one another cost far more than they bring.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from tokenizers import BertWordPieceTokenizer

MAX_TOKENS = 256
HEADS = 12
LAYERS = 6
EPSILON = 1e-12


def make_tokenizer(model_dir):
    tokenizer = BertWordPieceTokenizer(str(model_dir / "vocab.txt"), lowercase=True)
    # Text is data: "[SEP]" in it must not become the separator, here as in the product.
    tokenizer._tokenizer.encode_special_tokens = True
    return tokenizer


def read_tensors(path):
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        tensor = np.frombuffer(raw[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = tensor.astype(np.float64)
    return tensors


class Reference:
    def __init__(self, model_dir):
        self.w = read_tensors(model_dir / "model.safetensors")
        self.erf = np.vectorize(math.erf, otypes=[np.float64])

    def norm(self, x, name):
        mean = x.mean(axis=-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        normal = (x - mean) / np.sqrt(variance + EPSILON)
        return normal * self.w[name + ".weight"] + self.w[name + ".bias"]

    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def attend(self, x, at):
        tokens, hidden = x.shape
        split = lambda y: y.reshape(tokens, HEADS, hidden // HEADS).transpose(1, 0, 2)
        q, k, v = (split(self.linear(x, f"{at}attention.self.{n}")) for n in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(hidden // HEADS)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ v).transpose(1, 0, 2).reshape(tokens, hidden)

    def vector(self, ids):
        e = "embeddings."
        x = self.w[e + "word_embeddings.weight"][ids]
        x = x + self.w[e + "position_embeddings.weight"][: len(ids)]
        x = self.norm(x + self.w[e + "token_type_embeddings.weight"][0], e + "LayerNorm")
        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}."
            attended = self.linear(self.attend(x, at), at + "attention.output.dense")
            x = self.norm(x + attended, at + "attention.output.LayerNorm")
            wide = self.linear(x, at + "intermediate.dense")
            wide = 0.5 * wide * (1.0 + self.erf(wide / math.sqrt(2.0)))
            x = self.norm(x + self.linear(wide, at + "output.dense"), at + "output.LayerNorm")
        pooled = x.mean(axis=0)
        return pooled / np.linalg.norm(pooled)


def main():
    command, model_dir = sys.argv[1], Path(sys.argv[2])
    tokenizer = make_tokenizer(model_dir)
    texts = [json.loads(line) for line in sys.stdin]
    if command == "tokens":
        for encoding in tokenizer.encode_batch(texts):
            print(*encoding.ids)
        return
    reference = Reference(model_dir)
    for text in texts:
        ids = tokenizer.encode(text).ids
        if len(ids) > MAX_TOKENS:
            ids = ids[: MAX_TOKENS - 1] + ids[-1:]
        sys.stdout.buffer.write(reference.vector(ids).astype("<f8").tobytes())


if __name__ == "__main__":
    main()
