"""jiwer on the texts in the form that metric.Normal gives: NFC, every run of white space
one space, none at the ends."""

import random
import unicodedata

import jiwer

import golden

LETTERS = ["abcdeABC", "éüñçßÉŞı", "жщыЯ", "αβΣς", "漢字かな", "हिन्दी", "العربية", "e\u0301u\u0308n\u0303", "0123456789", ".,-'&#", "😀👍🏽", "ﬁⅣ²"]
SPACES = [" ", " ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u2003", "\r\n"]


def normal(s):
    return " ".join(unicodedata.normalize("NFC", s).split())


def key(s):
    return unicodedata.normalize("NFC", normal(s).casefold())


def word(rng):
    return "".join(rng.choice(rng.choice(LETTERS)) for _ in range(rng.randint(1, 7)))


def text(rng, words):
    return "".join(word(rng) + rng.choice(SPACES) for _ in range(words))


def spoil(rng, s, rate):
    out = []
    for c in s:
        r = rng.random()
        if r < rate:
            continue
        out.append(rng.choice(rng.choice(LETTERS)) if r < 2 * rate else c)
        if r > 1 - rate:
            out.append(rng.choice("xyz "))
    return "".join(out)


def measure(refs, hyps):
    r, h = [normal(s) for s in refs], [normal(s) for s in hyps]
    w, c = jiwer.process_words(r, h), jiwer.process_characters(r, h)
    return {
        "wer": float(w.wer), "words": [w.substitutions + w.insertions + w.deletions, w.hits + w.substitutions + w.deletions],
        "cer": float(c.cer), "chars": [c.substitutions + c.insertions + c.deletions, c.hits + c.substitutions + c.deletions],
    }


def main():
    rng = random.Random(5)
    pairs = [
        ("", ""), ("", "something read"), ("   \t", "x"), ("all lost", ""), ("same", "same"),
        ("caf\u00e9", "cafe\u0301"), ("two  spaces", "two spaces"), ("line\nbreak", "line break"), ("joined", "join ed"),
        ("a", "a long way from the truth"), ("\u1e9b\u0323", "\u017f\u0323\u0307"), ("\u2126", "\u03a9"),
    ]
    for _ in range(120):
        t = text(rng, rng.randint(0, 12))
        pairs.append((t, spoil(rng, t, rng.choice([0, .02, .1, .4]))))
    long = text(rng, 400)
    pairs.append((long, spoil(rng, long, .05)))
    single = [{"truth": a, "found": b, **measure([a], [b])} for a, b in pairs]
    # jiwer's own transforms on texts in which there is nothing to normalise.
    plain = [("the quick brown fox", "the quik brown  fox jumps"), (" trimmed ", "trimmed"), ("über alles", "uber alles")]
    own = [{"truth": a, "found": b, "wer": float(jiwer.wer(a, b))} for a, b in plain]
    words = [("Hello", "hello"), ("STRASSE", "straße"), ("don't", "DONT"), ("É", "e\u0301"), ("x²", "X2"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
             ("$9.99", "999"), ("...", ""), ("", ""), ("ﬁne", "FINE"), ("İ", "i"), ("漢 字", "漢字"), ("Ⅳ", "ⅳ")]
    for _ in range(100):
        w = word(rng)
        words.append((w, rng.choice([w, w.upper(), w.lower(), unicodedata.normalize("NFD", w), w + "-", spoil(rng, w, .1)])))
    alnum = lambda s: "".join(c for c in key(s) if unicodedata.category(c)[0] in "LN")
    golden.write("text.json.gz", {
        "pairs": single,
        "corpus": measure([a for a, _ in pairs], [b for _, b in pairs]),
        "own": own,
        "words": [{"truth": a, "found": b, "same": [normal(a) == normal(b), key(a) == key(b), alnum(a) == alnum(b)]} for a, b in words],
    })


main()
