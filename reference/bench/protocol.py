"""The protocol of bench/serve.go: one JSON request a line on standard input, one JSON answer a line on standard output.
What is imported after this module prints to standard error, whatever it believes.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def serve(peer):
    """Calls the method of peer that a request names by its op."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(peer, request["op"])(request)
        except Exception as e:  # the parent reports it and goes on without this contender
            answer = {"error": f"{type(e).__name__}: {e}"}
        ANSWERS.write(json.dumps(answer) + "\n")
        ANSWERS.flush()
