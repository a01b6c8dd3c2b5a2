"""A small embedding server of the OpenAI form over the float64 oracle, for tests of the HTTP client.

    embedding_server.py MODEL_DIR PORT_FILE

Writes its port to PORT_FILE, serves until standard input ends. POST /v1/embeddings answers well, in reversed
order; /broken/<how> answers in a wrong way of that name. The bearer token must be "sesame".
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from minilm_oracle import Reference, make_tokenizer

MODEL = Path(sys.argv[1])
REFERENCE = Reference(MODEL)
TOKENIZER = make_tokenizer(MODEL)


def broken(how, data):
    """The answer's body, wrong in one way."""
    if how == "json":
        return b'{"data": ['
    if how == "form":
        return json.dumps({"vectors": data}).encode()
    if how == "fewer":
        data.pop()
    if how == "twice":
        data[0]["index"] = data[-1]["index"]
    if how == "index":
        data[0]["index"] = 99
    if how == "dimension":
        data[0]["embedding"].pop()
    if how == "text":
        data[0]["embedding"][0] = "0.5"
    if how == "zero":
        data[0]["embedding"] = [0] * 384
    if how == "infinite":
        data[0]["embedding"][0] = 1e300
    body = json.dumps({"data": data}).encode()
    return body + b" " * 10_000_000 if how == "long" else body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != "Bearer sesame":
            return self.answer(401, b'{"error": "who are you?"}')
        assert request["model"] == "minilm" and request["encoding_format"] == "float"
        data = []
        for index, text in enumerate(request["input"]):
            vector = 3 * REFERENCE.vector(TOKENIZER.encode(text).ids[:256])
            data.append({"object": "embedding", "index": index, "embedding": vector.tolist()})
        data.reverse()
        how = self.path.removeprefix("/broken/") if self.path.startswith("/broken/") else ""
        self.answer(500 if how == "status" else 200, broken(how, data))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # a client that has seen enough hangs up

    def log_message(self, *args):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    draft = sys.argv[2] + ".draft"
    Path(draft).write_text(str(server.server_port))
    os.rename(draft, sys.argv[2])
    sys.stdin.read()


if __name__ == "__main__":
    main()
