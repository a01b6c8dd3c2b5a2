"""Texts, names and vectors by their definitions: what retrieval's law says of them, in plain Python."""
import functools
import math
import re
import struct
import unicodedata

import snowballstemmer

STOP_WORDS = frozenset("""a an and are as at be been but by did do does for from had has have he her him his how i if
in is it its me my of on or our she so that the their them they this to was we were what when where which who whom why
will with you your""".split())
MONTHS = ("January February March April May June July August September October November "
          "December").split()
_stemmer = snowballstemmer.stemmer("english")


def is_word_character(character):
    """Letters, decimal digits and marks."""
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd"


@functools.lru_cache(maxsize=65536)
def terms(text):
    """Stems of a text's words in order, without stop words and the possessive 's."""
    kept, word = [], ""
    folded = text.casefold()
    at = 0
    while at < len(folded):
        ends = at + 2 >= len(folded) or not is_word_character(folded[at + 2])
        if folded[at] in "'\u2019" and folded[at + 1:at + 2] == "s" and ends:
            at += 2
            continue
        if is_word_character(folded[at]):
            word += folded[at]
        else:
            kept.append(word)
            word = ""
        at += 1
    kept.append(word)
    return tuple(_stemmer.stemWord(word) for word in kept if word and word not in STOP_WORDS)


def lexical_text(occurred, speaker, text):
    """[8 May 2023] speaker: text; `occurred` is a datetime or None."""
    date = f"[{occurred.day} {MONTHS[occurred.month - 1]} {occurred.year}] " if occurred else ""
    return date + (f"{speaker}: " if speaker else "") + text


def names(text, name):
    """Whether the name occurs as a whole word, same case."""
    for found in re.finditer(f"(?={re.escape(name)})", text):
        before, after = text[:found.start()], text[found.start() + len(name):]
        if not (before and is_word_character(before[-1])) and not (
                after and is_word_character(after[0])):
            return bool(name)
    return False


def float32(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def int8_codes(vector):
    """The stored form: unit length in float, then the greatest becomes ±127, half to even."""
    given = [float32(x) for x in vector]
    norm = math.sqrt(sum(x * x for x in given))
    unit = [float32(x / norm) for x in given]
    factor = 127.0 / max(abs(x) for x in unit)
    return [round(x * factor) for x in unit]


def cosine(a, b):
    norm = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b)) / norm if norm else 0.0


def clip(number):
    return min(max(number, 0.0), 1.0)
