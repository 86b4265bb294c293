"""Reads the OCR sets with the plain Python pipeline (pipeline.py) and with Tesseract 5, and compares them
with what `vision ocr -json` says.

    bin/vision ocr -model ../shared/models/ppocr_det,../shared/models/ppocr_rec -card testdata/cards -json ../shared/data/ocr/receipts > OUT/receipts.ours
    ... the same for street and pages, and with -lines for words
    python reference/ocr/evaluate.py OUT [--shared DIR] [--only SET,SET] [--again]

OUT keeps the answers of the others as OUT/<set>.python and .tesseract, in the same form. The protocol is in README.md
beside this file. Needs what pipeline.py needs, jiwer and, for Tesseract, the program `tesseract` with its English data.
"""
import argparse
import collections
import json
import os
import subprocess
import unicodedata
from pathlib import Path

import jiwer
from shapely.geometry import Polygon

HERE = Path(__file__).resolve().parents[2]


def lines_of(file):
    return [x for x in file.read_text(encoding="utf-8-sig", errors="replace").splitlines() if x]


def truth(root, name):
    """Picture -> (text, regions)."""
    folder, out = root / "data" / "ocr" / name, {}
    if name == "words":
        for line in lines_of(folder / "gt.tsv"):
            file, text = line.split("\t")
            out[file] = (text, [])
    elif name == "pages":
        for f in sorted(folder.iterdir()):
            if f.suffix == ".txt":
                continue
            stem = f.stem
            while stem:
                found = [folder / (stem + end) for end in (".txt", ".gold.txt") if (folder / (stem + end)).exists()]
                if found:
                    out[f.name] = (found[0].read_text(encoding="utf-8-sig"), [])
                    break
                stem = stem.rpartition("-")[0]
    else:
        for f in sorted(folder.glob("*.jpg")):
            file = folder / (f.stem + ".csv" if name == "receipts" else "gt_" + f.stem + ".txt")
            rows = [r.split(",", 8) for r in lines_of(file)]
            regions = [([(float(r[i]), float(r[i + 1])) for i in (0, 2, 4, 6)], r[8]) for r in rows if len(r) == 9]
            out[f.name] = ("\n".join(t for _, t in regions if name == "receipts" or t != "###"), regions)
    return out


def python(root, name, files):
    import pipeline
    p = pipeline.Pipeline(root / "models", root / "models" / "labels" / "ppocr_keys_6623.txt")
    if name == "words":
        pics = [pipeline.read_bgr(root / "data" / "ocr" / name / f) for f in files]
        for f, (text, _) in zip(files, p.recognise(pics)):
            yield f, text, []
        return
    for f in files:
        found = p.read(pipeline.read_bgr(root / "data" / "ocr" / name / f))
        yield f, "\n".join(t for _, t, _ in found), [b.tolist() for b, _, _ in found]


def tesseract(root, name, files):
    for f in files:
        cmd = ["tesseract", str(root / "data" / "ocr" / name / f), "-", "--psm", "8" if name == "words" else "3", "tsv"]
        run = subprocess.run(cmd, capture_output=True, text=True, check=True, env=os.environ | {"OMP_THREAD_LIMIT": "1"})
        rows = [r.split("\t") for r in run.stdout.splitlines()[1:]]
        text, quads, last = "", [], None
        for r in rows:
            if r[0] == "5" and r[11].strip():
                text += ("" if last is None else " " if r[1:5] == last else "\n") + r[11]
                last = r[1:5]
                x, y, w, h = map(int, r[6:10])
                quads.append([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
        yield f, text, quads


def ours(out, name):
    for line in lines_of(out / (name + ".ours")):
        a = json.loads(line)
        if "error" not in a:
            yield Path(a["file"]).name, a["text"], [w["quad"] for w in a["words"]]


def key(word):
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())
    return "".join(c for c in folded if c.isalpha() or c.isnumeric())


def normal(text):
    return " ".join(unicodedata.normalize("NFC", text).split())


def bags(text, found):
    t, f = (collections.Counter(k for k in map(key, s.split()) if k) for s in (text, found))
    return sum((t & f).values()), sum(t.values()), sum(f.values())


def regions(want, quads):
    """ICDAR 2015, task 4.1."""
    want = [(Polygon(q), t) for q, t in want]
    ignore = [p for p, t in want if t == "###" and p.is_valid and p.area > 0]
    want = [p for p, t in want if t != "###" and p.is_valid and p.area > 0]
    dets = [p for p in map(Polygon, quads) if p.is_valid and p.area > 0]
    dets = [d for d in dets if not any(d.intersection(i).area / d.area > 0.5 for i in ignore)]
    free, matched = set(range(len(dets))), 0
    for w in want:
        for i in sorted(free):
            inter = w.intersection(dets[i]).area
            if inter / (w.area + dets[i].area - inter) > 0.5:
                free.discard(i)
                matched += 1
                break
    return matched, len(want), len(dets)


def score(name, want, answers):
    found = {f: (t, q) for f, t, q in answers}
    got = {f: found.get(f, ("", [])) for f in want}
    if name == "words":
        n = len(want)
        return {
            "exact": sum(normal(t) == normal(got[f][0]) for f, (t, _) in want.items()) / n,
            "caseless": sum(normal(t).casefold() == normal(got[f][0]).casefold() for f, (t, _) in want.items()) / n,
            "letters_digits": sum(key(t) == key(got[f][0]) for f, (t, _) in want.items()) / n,
            "letters_digits_first_200": sum(key(want[f][0]) == key(got[f][0]) for f in list(want)[:200]) / min(n, 200),
        }
    m, t, f = (sum(x) for x in zip(*(bags(want[k][0], got[k][0]) for k in want)))
    out = {"word_recall": m / t, "word_precision": m / max(f, 1)}
    if name == "street":
        m, t, f = (sum(x) for x in zip(*(regions(want[k][1], got[k][1]) for k in want)))
        return out | {"region_recall": m / t, "region_precision": m / max(f, 1)}
    texts = [(normal(want[k][0]), normal(got[k][0])) for k in want]
    return out | {"cer": jiwer.cer([a for a, _ in texts], [b for _, b in texts]),
                  "cer_caseless": jiwer.cer([a.casefold() for a, _ in texts], [b.casefold() for _, b in texts])}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out", type=Path)
    ap.add_argument("--shared", type=Path, default=HERE.parent / "shared")
    ap.add_argument("--only", default="words,receipts,street,pages")
    ap.add_argument("--again", action="store_true", help="ask the others again")
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only.split(","):
        want = truth(args.shared, name)
        table = {}
        for who, ask in (("python", python), ("tesseract", tesseract)):
            file = args.out / f"{name}.{who}"
            if args.again or not file.exists():
                rows = [json.dumps({"file": f, "text": t, "quads": q}) for f, t, q in ask(args.shared, name, list(want))]
                file.write_text("\n".join(rows) + "\n")
            table[who] = score(name, want, ((a["file"], a["text"], a["quads"]) for a in map(json.loads, lines_of(file))))
        if (args.out / (name + ".ours")).exists():
            table["ours"] = score(name, want, ours(args.out, name))
        for metric in table["python"]:
            print(f"{name:9} {len(want):4} {metric:26}", *(f"{who} {table[who][metric]:.4f}" for who in sorted(table)))


if __name__ == "__main__":
    main()
