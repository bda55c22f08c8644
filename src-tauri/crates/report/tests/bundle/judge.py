"""Imports verify.py once and asks it about many bundles: a line with its arguments in, a line with its verdict out."""
import contextlib
import functools
import io
import json
import sys

sys.path.insert(0, sys.argv[1])
import verify  # noqa: E402

ask_openssl = verify.Key.signed


@functools.lru_cache(maxsize=None)
def answer(raw, message, signature):
    """One question to openssl is asked once."""
    key = verify.Key.__new__(verify.Key)
    key.raw = raw
    return ask_openssl(key, message, signature)


verify.Key.signed = lambda key, message, signature: answer(key.raw, message, signature)


def every_byte(path):
    """How many bytes a bundle has, and those of which a flipped bit is not refused, or is by accident."""
    with open(path, "rb") as file:
        whole = file.read()
    odd = []
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << (at % 8)
        try:
            verify.verify(verify.Zip(io.BytesIO(changed)), [], None, [])
            odd.append([at, "accepted"])
        except verify.Refused:
            pass
        except Exception as error:
            odd.append([at, repr(error)])
    return [len(whole), json.dumps(odd)]


for line in sys.stdin:
    arguments = json.loads(line)
    if arguments[0] == "every byte":
        told = every_byte(arguments[1])
    else:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = verify.main(arguments)
        told = [status, output.getvalue()]
    print(json.dumps(told), flush=True)
