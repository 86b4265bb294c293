"""Where the goldens lie and how they are written: gzipped JSON without a time stamp,
so that the same numbers give the same file."""

import gzip
import io
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "testdata" / "metric"


def write(name, value):
    FOLDER.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0) as f:
        f.write(raw)
    (FOLDER / name).write_bytes(out.getvalue())
    print(name, len(out.getvalue()), "bytes")
