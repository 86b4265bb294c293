"""Writes internal/savedmodel/testdata/suspect_ops.txt: every op of TensorFlow that
might touch files, the network or Python, by the names of its arguments and
attributes and by its own name. A test wants a decision about each.

Usage: python reference/savedmodel/file_ops.py
Needs tensorflow-cpu 2.18.
"""
import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "internal", "savedmodel", "testdata", "suspect_ops.txt")
# vocab_file, filename, db_path, directory, prefix of a checkpoint, debug_urls, target of a remote call, ...
FIELD = re.compile(r"file|path|(^|_)dir(_|$)|directory|url|address|prefix$|^prefixes|target$|host|memory_region|output_stream|"
                   r"descriptor_source|logdir|graph_def|driver|token$", re.I)
NAME = re.compile(r"^(Experimental)?(Read|Write|Save|Restore|Load|Dump|Import|Snapshot|Merge|Py|Eager)|File|Remote|Rpc|Service|"
                  r"PyFunc|Reader|Record|Sql|Lmdb|LMDB|CSV|Checkpoint|Debug|^Collective|^Register|FromGraph|Snapshot|Summary(Db|File)?Writer")

ops = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
with open(OUT, "w") as f:
    for op in sorted(ops.op, key=lambda o: o.name):
        fields = sorted({x.name for x in [*op.input_arg, *op.attr] if FIELD.search(x.name)})
        if fields or NAME.search(op.name):
            f.write(" ".join([op.name, *fields]) + "\n")
