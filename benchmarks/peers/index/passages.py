"""Real text that every Debian machine has: paragraphs of manuals, package documentation and Python
docstrings, cut to at most 48 words, without repeats, in an order that depends on their content only."""

import ast
import gzip
import hashlib
import pathlib
import re
import sys

SOURCES = ["/usr/share/doc", "/usr/share/man", "/usr/share/perl", "/usr/include", "/usr/lib/python3",
           "/usr/lib/python3.11", "/usr/share/common-licenses", "/usr/share/info"]
MAX_FILE_BYTES = 1 << 20
WORDS = 48


def text_of(path):
    """The readable part of a file, or nothing."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return ""
        data = gzip.open(path).read(4 * MAX_FILE_BYTES) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, gzip.BadGzipFile, gzip.zlib.error):
        return ""
    text = data.decode("utf-8", errors="ignore")
    if path.suffix == ".py":
        try:
            nodes = [n for n in ast.walk(ast.parse(text)) if hasattr(n, "body") and isinstance(n.body, list)]
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            return "\n\n".join(ast.get_docstring(n) or "" for n in nodes if isinstance(n, kinds))
        except (SyntaxError, ValueError, RecursionError):
            return ""
    if path.suffix in {".h", ".hpp", ".hh"}:
        blocks = re.findall(r"/\*(.*?)\*/", text, re.S)
        blocks.append("\n".join(re.findall(r"//[/!]? ?(.*)", text)))
        return "\n\n".join(re.sub(r"(?m)^[ \t*]+", "", block) for block in blocks)
    if re.search(r"/man[0-9a-z]*/", str(path)):
        text = re.sub(r"(?m)^\.(?:\\\"|so|ds|nr|if|ie|el|de|TH|tr|ft|ig).*$", "", text)
        text = re.sub(r"(?m)^\.[A-Za-z]{1,3} ?", "", text)
        return re.sub(r"\\f.|\\-|\\&|\\\(..|\\[e ]", " ", text)
    return re.sub(r"<[^>]{1,200}>", " ", text)


def passages_of(text):
    """Paragraphs that read like prose, cut into pieces of at most WORDS words."""
    for paragraph in re.split(r"\n\s*\n", text):
        words = paragraph.split()
        for begin in range(0, len(words), WORDS):
            piece = " ".join(words[begin:begin + WORDS])
            letters = sum(c.isalpha() or c == " " for c in piece)
            if len(words[begin:begin + WORDS]) >= 8 and letters > 0.85 * len(piece) and len(piece) < 600:
                yield piece


def collect(count):
    """`count` passages. Ordered by digest, so any prefix is a fair sample of all sources."""
    found = {}
    for source in SOURCES:
        for path in sorted(pathlib.Path(source).rglob("*")):
            if path.is_file() and not path.is_symlink():
                for piece in passages_of(text_of(path)):
                    found[hashlib.sha256(piece.lower().encode()).digest()] = piece
    if len(found) < count:
        sys.exit(f"only {len(found)} passages of real text on this machine, {count} wanted")
    return [found[digest] for digest in sorted(found)[:count]]


if __name__ == "__main__":
    for line in collect(int(sys.argv[1])):
        print(line)
