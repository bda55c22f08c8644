#!/usr/bin/env python3
"""Verifies a Gatepost bundle (督查包) without Gatepost. 不依赖门岗程序，独立核对督查包。

    python3 verify.py BUNDLE.zip [--since SEAL_FILE] [--key GATE_KEY] [--witness WITNESS_KEY]

Needs Python 3.8 and the `openssl` command (3.0 or newer) for Ed25519 signatures, nothing else.
Exit 0: everything holds, perhaps with warnings. 2: the first thing that does not. 3: it could not be read.

A script that travels with what it checks could lie as well: take it from a source that you trust, or compare its
SHA-256. Formats: zip in one form; RFC 6962 tree; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles,
tlog-policy, tlog-proof; leaves are RFC 8785 JSON without fractions.
"""
import argparse, base64, collections, datetime, hashlib, json, re, struct, subprocess, sys, tempfile
import unicodedata, zlib
from pathlib import Path

DAY_MS, PAUSE_MS, SKEW_MS, LARGEST = 86_400_000, 3 * 86_400_000, 300_000, 2**53 - 1
LISTED = ["VERIFY.txt", "verify.py", "records.jsonl", "entries.csv"]
COMPRESSED = re.compile(r"tile/entries/|VERIFY\.txt$|verify\.py$|records\.jsonl$|entries\.csv$")
N = r"(?:0|[1-9]\d{0,18})"
NAMES = re.compile(rf"(VERIFY\.txt|verify\.py|records\.jsonl|entries\.csv|checkpoint|policy|manifest|checkpoints/{N}"
                   rf"|consistency/{N}-{N}|proofs/{N}\.tlog-proof"
                   r"|tile/([0-7]|entries)/(x(?!000)\d{3}/(x\d{3}/)*)?\d{3}(\.p/(?!256)[1-9]\d{0,2})?)", re.A)
LONGEST = [(r"tile/entries/.+", 256 * 4098), (r"VERIFY\.txt|verify\.py", 2**18), (r"proofs/.+", 2**17),
           (r"checkpoint|checkpoints/.+|policy|manifest", 2**16), (r"consistency/.+", 63 * 45)]
COLUMNS = [("序号 position", "i"), ("时间(北京) time(UTC+8)", "t"), ("门岗 gate", "g"), ("值守编号 guard", "op"),
           ("类别 kind", "typ"), ("判定 verdict", "dec"), ("原因 reasons", "why"), ("故障 fault", "fault"),
           ("码色 colour", "code"), ("颜色来源 colour_seen_by", "by"), ("证据等级 evidence", "ev"),
           ("体温 temperature", "tb"), ("口罩 mask", "mask"), ("出示 shown", "shown"), ("证件 document", "doc"),
           ("发码方 issuer", "iss"), ("码龄(秒) code_age(s)", "age"), ("接续 follows", "follows"),
           ("作废记录 voids", "of"), ("作废原因 void_reason", "reason")]
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

class Refused(Exception):
    """The first thing that does not hold: where, which rule, what was expected and found."""

def need(holds, where, rule, expected, found="something else 其他"):
    if not holds:
        raise Refused(where, rule, expected, found)

def clean(text):
    """What a bundle says must not move the cursor or turn the line round: control, format and separator characters."""
    odd = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join("\ufffd" if unicodedata.category(one) in odd else one for one in str(text))

def say(*lines):
    """The only way to the screen: each is one line, whatever a bundle wrote into it."""
    for line in lines:
        print(clean(line))

# --- The zip, which has one form: headers and directory are written again and compared. ---------------------------

class Zip:
    def __init__(self, file):
        self.file, self.entries = file, {}
        length = self.file.seek(0, 2)
        tail = self.at(max(0, length - 98), 98)
        need(len(tail) >= 22, "(zip)", "packing", "a zip")
        count, size, offset = struct.unpack("<HII", tail[-12:-2])
        if count == 0xFFFF:
            need(len(tail) == 98, "(zip)", "packing", "a zip")
            count, size, offset = struct.unpack("<QQQ", tail[32:56])
        need(size < 2**27 and offset + size <= length, "(zip)", "packing", "its end")
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, offset, 0) if not (
            count >= 0xFFFF or max(size, offset) >= 0xFFFFFFFF) else struct.pack(
            "<IQHHIIQQQQ" "IIQI" "IHHHHIIH", 0x06064B50, 44, 0x032D, 45, 0, 0, count, count, size, offset,
            0x07064B50, 0, offset + size, 1, 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        need(offset + size + len(end) == length and tail.endswith(end), "(zip)", "packing", "its end")
        directory, here, place = self.at(offset, size), 0, 0
        while here < len(directory):
            here, place = self.entry(directory, here, place, offset)
        need(len(self.entries) == count and place == offset, "(zip)", "packing", f"{count} files")
        need(list(self.entries)[-1:] == ["manifest"], "(zip)", "packing", "the manifest at the end")

    def at(self, offset, count):
        self.file.seek(offset)
        return self.file.read(count)

    def entry(self, directory, here, place, end):
        """Checks one file: its line in the directory, its place, its header."""
        need(len(directory) >= here + 46, "(zip)", "packing", "a line of the directory")
        crc, packed, size, name_length, extra_length = struct.unpack("<IIIHH", directory[here + 16:here + 32])
        name = directory[here + 46:here + 46 + name_length].decode("ascii", "replace")
        need(NAMES.fullmatch(name), "(zip)", "packing", "the names that a bundle has", name[:80])
        need(name not in self.entries, name, "packing", "each file once")
        streamed, method = name in LISTED[2:], 8 if COMPRESSED.match(name) else 0
        version, flags, wide = (45, 8, struct.pack("<QQ", size, packed)) if streamed else (20, 0, b"")
        if streamed:
            extra = directory[here + 50 + name_length:here + 66 + name_length]
            need(len(extra) == 16, name, "packing", "its length")
            size, packed = struct.unpack("<QQ", extra)
            wide = extra
        if place >= 0xFFFFFFFF:
            wide += struct.pack("<Q", place)
        both = (0xFFFFFFFF, 0xFFFFFFFF) if streamed else (packed, size)
        raw, middle = name.encode(), struct.pack("<HHHHH", version, flags, method, 0, 0x21)
        line = struct.pack("<IH", 0x02014B50, 0x032D) + middle + struct.pack(
            "<IIIHHHHHII", crc, *both, len(raw), len(wide) + 4 if wide else 0, 0, 0, 0, 0o100644 << 16,
            min(place, 0xFFFFFFFF)) + raw + (struct.pack("<HH", 1, len(wide)) + wide if wide else b"")
        need(directory[here:here + len(line)] == line, name, "packing", "its line of the directory")
        header = struct.pack("<I", 0x04034B50) + middle + struct.pack(
            "<IIIHH", 0 if streamed else crc, *both, len(raw), 20 if streamed else 0) + raw
        header += struct.pack("<HHQQ", 1, 16, 0, 0) if streamed else b""
        behind = struct.pack("<IIQQ", 0x08074B50, crc, packed, size) if streamed else b""
        begin = place + len(header)
        need(begin + packed <= end and self.at(place, len(header)) == header, name, "packing", "its header")
        need(self.at(begin + packed, len(behind)) == behind, name, "packing", "its lengths")
        most = next((most for pattern, most in LONGEST if re.fullmatch(pattern, name)), 0)
        most = size if streamed else most or 32 * int(name.partition(".p/")[2] or 256)
        fits = size <= most and packed <= (size + size // 1000 + 1024 if method else size)
        need(fits, name, "packing", f"at most {most} bytes", f"{size}, {packed} packed")
        self.entries[name] = (begin, packed, size, crc, method)
        self.manifest_at = place
        return here + len(line), begin + packed + len(behind)

    def pieces(self, name):
        """The content piece by piece; length and CRC-32 are checked at the end."""
        need(name in self.entries, name, "files", "the file", "none")
        begin, packed, size, crc, method = self.entries[name]
        inflate, found, length, left = zlib.decompressobj(-15), 0, 0, packed
        while left:
            piece = self.at(begin + packed - left, min(left, 1 << 16))
            need(piece, name, "packing", "its data", "the end of the zip")
            left -= len(piece)
            try:
                piece = inflate.decompress(piece) if method else piece
            except zlib.error:
                need(False, name, "packing", "deflated data")
            found, length = zlib.crc32(piece, found), length + len(piece)
            need(length <= size, name, "packing", f"{size} bytes", "more")
            yield piece
        is_end = not method or (inflate.eof and not inflate.unused_data)
        need(is_end and (length, found) == (size, crc), name, "packing", f"{size} bytes with CRC-32 {crc:08x}")

    def read(self, name):
        return b"".join(self.pieces(name))

# --- Signed notes, keys and seals. --------------------------------------------------------------------------------

def b64(text, where, rule="form"):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    need(base64.b64encode(raw).decode() == text, where, rule, "base64", text[:80])
    return raw

def is_name(text):
    odd = any(one in SPACES or one == "+" or one < " " or "\x7f" <= one < "\xa0" for one in text)
    return 0 < len(text.encode()) <= 255 and not odd

class Key:
    def __init__(self, text, kind, where, rule="key"):
        parts = text.split("+", 2)
        need(len(parts) == 3 and is_name(parts[0]), where, rule, "a verifier key", text[:200])
        raw = b64(parts[2], where, rule)
        self.text, self.name, self.raw = text, parts[0], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        fits = len(raw) == 33 and raw[0] == kind and self.id.hex() == parts[1]
        need(fits, where, rule, "a verifier key", text[:200])

    def signed(self, message, signature):
        """Asks the openssl command; the 12 bytes are the DER frame of an Ed25519 key (RFC 8410)."""
        if len(signature) != 64:
            return False
        with tempfile.TemporaryDirectory() as folder:
            frame = bytes.fromhex("302a300506032b6570032100")
            for name, data in [("k", frame + self.raw), ("m", message), ("s", signature)]:
                Path(folder, name).write_bytes(data)
            command = "openssl pkeyutl -verify -pubin -keyform DER -inkey k -rawin -in m -sigfile s"
            answer = subprocess.run(command.split(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return answer.returncode == 0 and b"Verified Successfully" in answer.stdout

class Note:
    def __init__(self, data, where):
        self.where, self.signatures = where, []
        self.whole = text = data.decode("utf-8", "replace")
        need(len(data) <= 65536 and text.encode() == data and "\n\n" in text, where, "form", "a signed note")
        need(all(one >= " " or one == "\n" for one in text), where, "form", "no control characters")
        cut = text.rindex("\n\n") + 1
        self.text, lines = text[:cut], text[cut + 1:].split("\n")
        need(lines.pop() == "" and 1 <= len(lines) <= 100, where, "form", "a signed note")
        for line in lines:
            match = re.fullmatch(r"— ([^ ]+) ([^ ]+)", line)
            need(match and is_name(match[1]), where, "form", "a signature line", line[:80])
            raw = b64(match[2], where)
            need(len(raw) > 4, where, "form", "a signature line", line[:80])
            self.signatures.append((match[1], raw[:4], raw[4:]))

    def of(self, key):
        return [raw for name, id, raw in self.signatures if (name, id) == (key.name, key.id)]

    def signed(self, key):
        return bool(self.of(key)) and all(key.signed(self.text.encode(), raw) for raw in self.of(key))

    def cosigned(self, key, last):
        """The earliest time, in seconds, at which a witness signed; None where it did not."""
        times = []
        for raw in self.of(key):
            seconds = int.from_bytes(raw[:8], "big")
            message = f"cosignature/v1\ntime {seconds}\n{self.text}".encode()
            holds = seconds < 2**63 and key.signed(message, raw[8:])
            need(holds, last, "cosignature", f"one of {key.name}", "a false one")
            times.append(seconds)
        return min(times, default=None)

Seal = collections.namedtuple("Seal", "origin size root note")

def seal_of(note):
    lines = note.text.split("\n")
    need(len(lines) == 4 and is_name(lines[0]) and re.fullmatch(N, lines[1], re.A), note.where, "form", "a seal")
    root, size = b64(lines[2], note.where), int(lines[1])
    need(len(root) == 32 and size < 2**63, note.where, "form", "a seal")
    return Seal(lines[0], size, root, note)

# --- The tree (RFC 6962) and its tiles. ---------------------------------------------------------------------------

def sha256(data):
    return hashlib.sha256(data).digest()

def numbered(index, width):
    text, index = f"{index % 1000:03}", index // 1000
    while index:
        text, index = f"x{index % 1000:03}/{text}", index // 1000
    return text + (f".p/{width}" if width < 256 else "")

def tiles_of(size, level):
    """Index and width of each tile of a level."""
    count = size >> (8 * level)
    return ((index, min(256, count - 256 * index)) for index in range((count + 255) // 256))

class Tree:
    """Grows from the hashes of the leaves; every tile must be what follows from them."""

    def __init__(self, bundle):
        self.zip, self.size, self.peaks, self.growing = bundle, 0, [], [b""] * 8

    def append(self, node):
        level, size = 0, self.size
        self.keep(0, node)
        while size & 1:
            node, level, size = sha256(b"\1" + self.peaks.pop() + node), level + 1, size >> 1
            if level % 8 == 0:
                self.keep(level // 8, node)
        self.peaks.append(node)
        self.size += 1

    def keep(self, level, node):
        self.growing[level] += node
        if len(self.growing[level]) == 8192:
            self.compare(level, self.size >> (8 * level + 8))

    def compare(self, level, index):
        made, self.growing[level] = self.growing[level], b""
        name = f"tile/{level}/{numbered(index, len(made) // 32)}"
        found = self.zip.read(name)
        need(len(made) == len(found), name, "form", len(made), len(found))
        for at in range(0, len(made) if made != found else 0, 32):
            last = ((256 * index + at // 32 + 1) << (8 * level)) - 1
            need(made[at:at + 32] == found[at:at + 32], last, "nodes", made[at:at + 32].hex(), found[at:at + 32].hex())

    def finish(self):
        for level in range(8):
            if self.growing[level]:
                self.compare(level, self.size >> (8 * level + 8))

    def root(self):
        node = self.peaks[-1] if self.peaks else sha256(b"")
        for left in reversed(self.peaks[:-1]):
            node = sha256(b"\1" + left + node)
        return node

def hashes(lines, where, rule="form"):
    found = [b64(line, where, rule) for line in lines]
    need(len(found) <= 63 and all(len(one) == 32 for one in found), where, rule, "hashes")
    return found

def climb(at, last, path, old, new):
    """RFC 9162, 2.1.3.2 and 2.1.4.2: from a node and hashes beside the way up to the roots; None where they do not fit."""
    for one in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = sha256(b"\1" + one + old), sha256(b"\1" + one + new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = sha256(b"\1" + new + one)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None

def consistent(old, new, proof):
    """For 0 < old size < new size."""
    at, last, path = old.size - 1, new.size - 1, list(proof)
    while at & 1:
        at, last = at >> 1, last >> 1
    if old.size & (old.size - 1) == 0:
        path.insert(0, old.root)
    return bool(path) and climb(at, last, path[1:], path[0], path[0]) == (old.root, new.root)

def included(leaf, at, seal, proof):
    found = climb(at, seal.size - 1, proof, leaf, leaf)
    return found is not None and found[1] == seal.root

# --- Records: one form each. --------------------------------------------------------------------------------------

def number(low, high):
    return lambda value: type(value) is int and low <= value <= high

def words(text):
    known = frozenset(text.split())
    return lambda value: type(value) is str and value in known

def some(one):
    return lambda value: isinstance(value, list) and value != [] and all(one(item) for item in value)

def unpadded(text):
    """The bytes of base64url without padding, in its one form; None for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return raw if base64.urlsafe_b64encode(raw).rstrip(b"=") == text.encode() else None
    except (TypeError, ValueError):
        return None

def is_digests(value):
    raw = [unpadded(one) for one in value] if isinstance(value, list) else []
    return raw != [] and all(one and len(one) == 32 for one in raw) and all(a < b for a, b in zip(raw, raw[1:]))

COUNT, U32, U16 = number(0, LARGEST), number(0, 2**32 - 1), number(0, 2**16 - 1)
INTEGER, DAY = number(-LARGEST, LARGEST), number(-2**31, 2**31 - 1)
TEXT, FLAG, TENTHS = (lambda value: type(value) is str), (lambda value: type(value) is bool), number(300, 450)
TEXTS = lambda value: isinstance(value, dict) and all(map(TEXT, value.values()))
EVERY = {"v": number(1, 1), "i": COUNT, "t": INTEGER, "b": U32, "m": COUNT, "g": TEXT, "typ": TEXT, "op?": U32,
         "_sd?": is_digests}
REASONS = ("red_code fever yellow_code low_temperature no_mask stale_code code_from_the_future repeated_code "
           "colour_not_seen nothing_shown")
# The kinds, the members of each beside those of every record, and their values; ? may be left out.
KINDS = {
    "genesis": {"venue": words("supermarket hotel hospital other"), "demo": FLAG, "key?": TEXT},
    "boot": {"version": TEXT}, "shutdown": {}, "clock": {"step": INTEGER},
    "person": {"number": U32, "role": words("guard manager inspector"), "change?": words("pin_reset pin_changed closed")},
    "login": {}, "logout": {}, "authfail": {"number": U32}, "lockout": {"number": U32, "seconds": U32},
    "shift_open": {}, "shift_close": {"shift": COUNT},
    "entry": {"shown": words("decoded seen_by_staff document nothing"), "doc?": words("identity paper companion"),
              "iss?": TEXT, "age?": U32, "code?": words("green yellow_orange red none"), "by?": words("camera guard"),
              "ev": words("issuer_online signature_offline structure_only seen_by_staff document none"),
              "tb": words("low normal fever"), "mask": words("worn not_worn put_on"),
              "dec": words("admit hold refuse check_by_hand"), "why?": some(words(REASONS)),
              "fault?": words("camera_no_picture"), "follows?": COUNT},
    "void": {"of": COUNT, "reason": words("wrong_person typo duplicate test other")},
    "policy": {"fever_threshold": TENTHS, "fever_operator": words("at_least above"), "low_limit": TENTHS,
               "mask_required": FLAG, "yellow_rule": words("hold refuse"), "repeat_window_minutes": U16},
    "export": {"rows": COUNT, "sha256": TEXT, "disclosed?": some(COUNT)},
    "inspection": {"witness": TEXT, "size": COUNT, "time": COUNT},
    "finding": {"of?": COUNT, "step": words("raised answered rectified closed"), "due?": DAY},
    "incident": {"of": COUNT, "step": words("opened isolated reported handed_over closed")},
    "register": {"form": TEXT, "values": TEXTS}, "note": {"of?": COUNT},
    "retention": {"visitor_days": U16, "incident_days": U16}, "hold": {"from": DAY, "to": DAY, "on": FLAG},
    "erase": {"class": words("visitor incident"), "from": DAY, "to": DAY, "count": COUNT},
    "key_change": {"key": TEXT, "reason": words("first routine suspected")},
    "restore": {"size": COUNT, "lost?": COUNT},
}
MEMBERS = {kind: {name.rstrip("?"): fits for name, fits in {**EVERY, **own}.items()} for kind, own in KINDS.items()}
NEEDED = {kind: {name for name in {**EVERY, **own} if not name.endswith("?")} for kind, own in KINDS.items()}

def ordered(value):
    """Members by their UTF-16 code units (RFC 8785), also those of members."""
    names = sorted(value, key=lambda name: name.encode("utf-16-be")) if isinstance(value, dict) else []
    return {name: ordered(value[name]) for name in names} if isinstance(value, dict) else value

def written(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

def parse(data, at):
    """A leaf in its one form: it is written again and compared."""
    try:
        leaf = json.loads(data.decode()) if len(data) <= 4096 else None
        kind = leaf["typ"] if isinstance(leaf, dict) and TEXT(leaf.get("typ")) else ""
        members = MEMBERS.get(kind, {})
        fits = kind in KINDS and NEEDED[kind] <= leaf.keys() <= members.keys() and written(ordered(leaf)) == data
    except (ValueError, RecursionError):
        fits = False
    need(fits and all(members[name](leaf[name]) for name in leaf), at, "leaf", "a leaf in its canonical form")
    need(leaf["i"] == at, at, "position", at, leaf["i"])
    return leaf

# --- The rules of what follows what. ------------------------------------------------------------------------------

WARNINGS = {
    "late_erasure": "个人信息销毁过迟，或至今未销毁 personal data was destroyed late or is still there",
    "restored": "台账链在此由备份恢复 the ledger was put back from a backup",
    "no_shutdown": "这次启动之前程序没有正常结束 the program was not ended properly before this start",
    "shift_never_closed": "班次一直没有交班 a shift was never closed",
    "before_keys": "此前的账页没有签名 what stands before was recorded without signatures",
}

class Rules:
    """Follows the records. Of a part of a ledger only what can be told without the rest is checked."""

    def __init__(self, whole, seen):
        self.whole, self.seen, self.keys, self.next = whole, seen, [], 0
        self.last = self.anchor = None
        self.shift = self.began = self.behind = self.ahead = 0
        self.today, self.kept, self.holds, self.changed = -2**31, {}, [], -2**31
        self.policy, self.unsure, self.settled = {"visitor": 30, "incident": 180}, [], 0
        self.allowance, self.confirmed = PAUSE_MS, (0, None)
        self.warnings, self.ended, self.boots, self.shifts = {}, False, 0, {}

    def push(self, at, leaf):
        kind, follows, self.next = leaf["typ"], at == self.next, at + 1
        if self.whole:
            self.refer(at, leaf)
        need((kind == "genesis") == (at == 0), at, "genesis", "the genesis first and only there", kind)
        self.time(at, leaf, follows)
        for size, seconds in self.seen:
            bound = seconds * 1000 + (SKEW_MS if at < size else -SKEW_MS)
            fits = leaf["t"] <= bound if at < size else leaf["t"] >= bound
            need(fits, at, "back_dated", f"at or {'before' if at < size else 'after'} {bound} ms", f"{leaf['t']} ms")
        if self.whole:
            self.count(leaf)
        if "key" in leaf:
            self.key(at, leaf)
        if self.whole:
            self.course(at, leaf)

    @staticmethod
    def refer(at, leaf):
        to = [leaf[name] for name in ("follows", "shift", "of") if name in leaf] + leaf.get("disclosed", [])
        to += [leaf["size"] - 1] if leaf["typ"] in ("inspection", "restore") else []
        need(all(one < at for one in to), at, "reference", f"a record before {at}", to)

    def time(self, at, leaf, follows):
        """Before there are keys the clocks are taken at their word."""
        step, last, self.last = leaf.get("step") if leaf["typ"] == "clock" else None, self.last, leaf
        back = last is not None and (leaf["b"], leaf["m"]) < (last["b"], last["m"])
        begins = last is not None and follows and leaf["b"] != last["b"]
        if not self.whole and not (follows and self.keys and self.anchor):
            # In a part the clock is known from a start, a clock record or the first key on.
            need(not (back and self.keys), at, "monotonic", "clocks that never go back", (leaf["b"], leaf["m"]))
            return self.restart(leaf if step is not None or begins or ("key" in leaf and not self.keys) else None)
        gap = leaf["t"] - last["t"] if last else 0
        due = self.due(leaf, gap, begins) if last else None
        may_be = not self.whole and begins and gap > PAUSE_MS and (step is None or 60_000 < step <= gap)
        if (back or due != step) and step is None and not self.keys:
            self.confirmed = None
            return self.restart(leaf)
        need(not back, at, "monotonic", "clocks that never go back", (leaf["b"], leaf["m"]))
        need(due == step or may_be, at, "clock", f"a clock record of {due} ms", step)
        if last is None:
            return self.restart(leaf)
        gained = gap - (step or 0)
        if begins:
            self.start(last["t"] - self.shift, gained, last["m"] - self.began)
        if step is not None:
            self.shift, self.anchor = self.shift + step, leaf
            if step >= 0:
                self.behind = max(0, self.behind - step)
            elif -step <= self.ahead:
                self.ahead += step
            elif begins:
                self.behind -= step
        if begins:
            self.anchor, self.began = leaf, leaf["m"]
            self.ahead += gained if gained > PAUSE_MS else 0

    def due(self, leaf, gap, begins):
        """The step of which a clock record must tell here: against the anchor, or between two starts what is certain."""
        measured = leaf["t"] - self.anchor["t"] - (leaf["m"] - self.anchor["m"])
        step = measured if not begins else min(gap, self.behind) if gap > PAUSE_MS else min(gap, 0)
        return None if -2000 <= step <= 60_000 else step

    def restart(self, leaf):
        """The clock is taken at its word here; None: it is not known from here on."""
        self.anchor, self.began, self.shift, self.behind, self.ahead = leaf, leaf["m"] if leaf else 0, 0, 0, 0

    def start(self, before, gained, ran):
        """Time that nobody measured counts at once only within an allowance."""
        if self.confirmed and self.confirmed[1] is None:
            through = min(before // DAY_MS, (before + gained - 62_000) // DAY_MS - 1)
            self.confirmed = (self.confirmed[0], through)
        self.allowance = min(self.allowance + 12 * ran, PAUSE_MS)
        if gained <= self.allowance:
            self.allowance -= max(gained, 0)
        else:
            self.unsure.append((-2**31, (before + 62_000) // DAY_MS, gained))

    def confirm(self):
        """The date was right at the last confirmation and is right now: what lies between is known."""
        if self.confirmed and self.confirmed[1] is not None:
            shift, through = self.confirmed
            between = self.unsure[self.settled:]
            self.unsure[self.settled:] = [(max(after, through), until, ms) for after, until, ms in between]
            if shift > self.shift:
                self.unsure.append((-2**31, through, shift - self.shift))
        self.settled, self.confirmed = len(self.unsure), (self.shift, None)

    def count(self, leaf):
        grave = leaf["typ"] == "entry" and (leaf["dec"] == "refuse" or {"red_code", "fever"} & set(leaf.get("why", [])))
        kind = "incident" if grave or leaf["typ"] in ("incident", "finding", "void", "note") else "visitor"
        self.today = (leaf["t"] - self.shift) // DAY_MS
        if "_sd" in leaf:
            self.kept[kind, self.today] = self.kept.get((kind, self.today), 0) + len(leaf["_sd"])

    def key(self, at, leaf):
        first = leaf["typ"] == "genesis" or leaf["reason"] == "first"
        need(first == (not self.keys), at, "key", "the first key first")
        key = Key(leaf["key"], 1, at)
        need(all(key.name == one.name for _, one in self.keys), at, "origin", "a key of this ledger", key.name)
        need(all(key.raw != one.raw for _, one in self.keys), at, "key", "a new key")
        if not self.keys and at:
            if self.whole:
                self.warn("before_keys", at)
            self.restart(leaf)
        self.keys.append((at if first else at + 1, key))

    def in_force(self, at):
        return next((key for since, key in reversed(self.keys) if since <= at), None)

    def course(self, at, leaf):
        kind = leaf["typ"]
        if kind == "boot":
            self.boots += 1
            if self.boots > 1 and not self.ended:
                self.warn("no_shutdown", at)
        elif kind == "restore":
            self.warn("restored", at)
        elif kind == "shift_open":
            self.shifts[at] = None
        elif kind == "shift_close":
            self.shifts.pop(leaf["shift"], None)
        elif kind == "retention":
            policy = {"visitor": leaf["visitor_days"], "incident": leaf["incident_days"]}
            if policy == self.policy:
                self.confirm()
            self.policy, self.changed = policy, max(self.changed, self.today)
        elif kind == "hold" and leaf["on"]:
            self.holds.append((leaf["from"], leaf["to"]))
        elif kind == "hold" and (leaf["from"], leaf["to"]) in self.holds:
            self.holds.remove((leaf["from"], leaf["to"]))
            self.changed = max(self.changed, self.today)
        elif kind == "erase":
            self.erase(at, leaf["class"], (leaf["from"], leaf["to"]), leaf)
        self.ended = kind == "shutdown"

    def erase(self, at, kind, span, leaf):
        now, due = leaf["t"] - self.shift, self.today - self.policy[kind] - 1
        need(span[0] <= span[1], at, "erase_count", "a range of days", span)
        need(span[1] <= due, at, "erase_early", f"at most day {due}", f"day {span[1]}")
        held = any(first <= span[1] and span[0] <= last for first, last in self.holds)
        need(not held, at, "erase_held", "no hold")
        is_late = self.late(kind, span, now)
        days = [day for day in self.kept if day[0] == kind and span[0] <= day[1] <= span[1]]
        for _, day in days:
            need(self.is_due(kind, day, now), at, "erase_early", "a date that somebody confirmed", f"day {day}")
        found = sum(self.kept.pop(day) for day in days)
        need(found == leaf["count"], at, "erase_count", found, leaf["count"])
        if is_late:
            self.warn("late_erasure", at)

    def is_due(self, kind, day, now):
        """Whether a day is due at this ledger time, less what is unsure for it."""
        unsure = sum(ms for after, until, ms in self.unsure if after < day <= until)
        return day <= (now - unsure) // DAY_MS - self.policy[kind] - 1

    def late(self, kind, span, now):
        """Whether disclosures of these days should have been destroyed more than a day ago."""
        days = [day for one, day in self.kept if one == kind and span[0] <= day <= span[1]]
        days = [day for day in days if not any(first <= day <= last for first, last in self.holds)]
        settled = (now - DAY_MS) // DAY_MS > self.changed
        return settled and any(self.is_due(kind, day, now - 2 * DAY_MS) for day in days)

    def warn(self, kind, at):
        first, count = self.warnings.get(kind, (at, 0))
        self.warnings[kind] = (first, count + 1)

    def finish(self, size):
        """The last shift may well be open; whatever was opened before it was forgotten."""
        for at in list(self.shifts)[:-1]:
            self.warn("shift_never_closed", at)
        now = self.last["t"] - self.shift
        if self.whole and any(self.late(kind, (-2**31, 2**31), now) for kind in ("visitor", "incident")):
            self.warn("late_erasure", size - 1)

# --- The files for people. ----------------------------------------------------------------------------------------

def cell(value, member):
    text = ";".join(value) if isinstance(value, list) else "" if value is None else str(value)
    if member == "t" and 0 <= value <= 253_402_271_999_999:
        at = datetime.datetime(1970, 1, 1, 8) + datetime.timedelta(milliseconds=value)
        text = at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03}"
    formula = text[:1] in ("\t", "\r", "\n") or text.lstrip(SPACES)[:1] in tuple("=+-@＝＋－＠")
    text = ("'" if formula and text else "") + text
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text

class Made:
    """Length and SHA-256 of what a file should be."""

    def __init__(self):
        self.bytes, self.hash = 0, hashlib.sha256()

    def add(self, data):
        self.bytes += len(data)
        self.hash.update(data)

    def line(self, name):
        return f"{self.hash.hexdigest()} {self.bytes} {name}"

# --- The whole. ---------------------------------------------------------------------------------------------------

def manifest_of(note):
    pattern = rf"gatepost bundle v1\norigin (.+)\nsize ({N})\nfrom ({N})\nto ({N})\n" + "".join(
        rf"([0-9a-f]{{64}} {N} {re.escape(name)})\n" for name in LISTED + ["(zip)"])
    found = re.fullmatch(pattern, note.text, re.A)
    need(found and is_name(found[1]), "manifest", "form", "a manifest")
    size, first, end = (int(one) for one in found.groups()[1:4])
    need(first < end <= size < 2**63, "manifest", "form", "a range")
    return found[1], size, first, end, found.groups()[4:]

def policy_of(data):
    """The keys of the gate, as text, and of witnesses."""
    text = data.decode("utf-8", "replace")
    logs = [Key(key, 1, "policy", "form") for key in re.findall(r"^log (.+)$", text, re.M)]
    witnesses = [Key(key, 4, "policy", "form") for key in re.findall(r"^witness \S+ (.+)$", text, re.M)]
    lines = [f"log {key.text}\n" for key in logs]
    lines += [f"witness witness-{at} {key.text}\n" for at, key in enumerate(witnesses, 1)]
    is_sound = all(len(keys) == len({key.raw for key in keys}) <= 100 for keys in (logs, witnesses))
    need(is_sound and "".join(lines) + "quorum none\n" == text, "policy", "form", "a policy in its one form")
    return [key.text for key in logs], witnesses

def verify(bundle, since, first_key, known):
    note = Note(bundle.read("manifest"), "manifest")
    origin, size, first, end, lines = manifest_of(note)
    newest = seal_of(Note(bundle.read("checkpoint"), "checkpoint"))
    need((newest.origin, newest.size) == (origin, size), "checkpoint", "manifest", f"{origin} {size}", newest[:2])
    for tile in tiles_of(size, 0):
        need(f"tile/0/{numbered(*tile)}" in bundle.entries, f"tile/0/{numbered(*tile)}", "files", "the file", "none")
    logs, witnesses = policy_of(bundle.read("policy"))
    names, older = set(bundle.entries) - set(LISTED) - {"manifest", "checkpoint", "policy"}, []
    for name in sorted(name for name in names if name.startswith("checkpoints/")):
        seal = seal_of(Note(bundle.read(name), name))
        fits = name == f"checkpoints/{seal.size}" and 0 < seal.size < size and seal.origin == origin
        need(fits, name, "form", "an older seal", seal[:2])
        older.append(seal)
        names -= {name, f"consistency/{seal.size}-{size}"}
    witnesses += [key for key in known if key.text not in [one.text for one in witnesses]]
    seals = sorted(older + since + [newest], key=lambda seal: seal.size)
    seen = [(seal.size, seconds, key) for seal in seals for key in witnesses
            for seconds in [seal.note.cosigned(key, max(0, seal.size - 1))] if seconds is not None]
    seen = list(dict.fromkeys(seen))
    rules, leaves, made = walk(bundle, (first, end, size), seals, seen, names)
    need(rules.keys, 0, "key", "a key of the gate", "none")
    need(rules.keys[0][1].name == origin, 0, "origin", origin, rules.keys[0][1].name)
    need(first_key is None or rules.keys[0][1].text == first_key, 0, "key", first_key, rules.keys[0][1].text)
    need([key.text for _, key in rules.keys] == logs, "policy", "policy", "the keys that the records name")
    for seal in seals:
        last = max(0, seal.size - 1)
        key = rules.in_force(last)
        need(seal.size == 0 or (key and seal.note.signed(key)), last, "seal", "a signature of the gate", seal.note.where)
    need(len(note.signatures) == 1 and any(note.signed(rules.in_force(at)) for at in {size - 1, size}),
         "manifest", "manifest", "the signature of the gate's key")
    for seal in older:
        name = f"consistency/{seal.size}-{size}"
        text = bundle.read(name).decode("ascii", "replace")
        proof = hashes(text.split("\n")[:-1], name)
        need(text.endswith("\n") or not text, name, "form", "hashes")
        need(consistent(seal, newest, proof), name, "consistency", "a proof that fits")
    for name, line in zip(LISTED, lines):
        found = Made()
        for piece in bundle.pieces(name):
            found.add(piece)
        need(found.line(name) == line, name, "content", line, found.line(name))
        need(name not in made or made[name].line(name) == line, name, "content", "what the records say")
    for at in sorted(leaves):
        name = f"proofs/{at}.tlog-proof"
        need(leaves[at], name, "proof", "the record", "none")
        disclosed(bundle.read(name), at, leaves[at], newest)
    before = Made()
    for at in range(0, bundle.manifest_at, 1 << 20):
        before.add(bundle.at(at, min(1 << 20, bundle.manifest_at - at)))
    need(before.line("(zip)") == lines[4], "(zip)", "content", lines[4], before.line("(zip)"))
    return newest, (first, end), rules, seen, leaves

def leaves_in(data, width, name):
    """The leaves of an entry bundle, each behind its length in two bytes."""
    found, here = [], 0
    for _ in range(width):
        begin = here + 2
        here = begin + int.from_bytes(data[here:begin], "big")
        need(begin <= here <= len(data) and begin <= len(data), name, "form", "an entry bundle")
        found.append(data[begin:here])
    need(here == len(data), name, "form", "an entry bundle")
    return found

def walk(bundle, numbers, seals, seen, names):
    """Every tile, and every record that is there. The leaves of records with a proof are given back."""
    first, end, size = numbers
    rules, tree = Rules((first, end) == (0, size), [(at, seconds) for at, seconds, _ in seen]), Tree(bundle)
    leaves = {int(name[7:-11]): None for name in names if name.startswith("proofs/")}
    names -= {f"proofs/{at}.tlog-proof" for at in leaves if at < size}
    for level in range(8):
        names -= {f"tile/{level}/{numbered(*tile)}" for tile in tiles_of(size, level)}
    entries = {f"tile/entries/{numbered(*tile)}" for tile in tiles_of(size, 0)}
    need(names <= entries, min(names - entries, default=""), "files", "no such file", "one")
    made, roots, marks = {name: Made() for name in LISTED[2:]}, {0: tree.root()}, {seal.size for seal in seals}
    made["entries.csv"].add(("\ufeff" + ",".join(heading for heading, _ in COLUMNS) + "\r\n").encode())
    for index, width in tiles_of(size, 0):
        begin, name = 256 * index, f"tile/entries/{numbered(index, width)}"
        stored = bundle.read(f"tile/0/{numbered(index, width)}")
        need(len(stored) == 32 * width, f"tile/0/{numbered(index, width)}", "form", 32 * width, len(stored))
        due = begin == 0 or (begin < end and first < begin + width)
        need(not due or name in names, name, "files", "the file", "none")
        for at, raw in enumerate(leaves_in(bundle.read(name), width, name) if name in names else [], begin):
            leaf = parse(raw, at)
            rules.push(at, leaf)
            due = due or leaf["typ"] == "key_change" or at in leaves
            there = stored[32 * (at - begin):][:32]
            need(sha256(b"\0" + raw) == there, at, "nodes", sha256(b"\0" + raw).hex(), there.hex())
            if at in leaves:
                leaves[at] = (raw, leaf)
            if first <= at < end:
                made["records.jsonl"].add(raw + b"\n")
                if leaf["typ"] in ("entry", "void"):
                    row = ",".join(cell(leaf.get(member), member) for _, member in COLUMNS)
                    made["entries.csv"].add((row + "\r\n").encode())
        need(due or name not in names, name, "files", "a record that is shown", "none")
        for at in range(0, len(stored), 32):
            tree.append(stored[at:at + 32])
            if tree.size in marks:
                roots[tree.size] = tree.root()
    tree.finish()
    for seal in seals:
        need(seal.origin == seals[-1].origin, 0, "origin", seals[-1].origin, seal.origin)
        need(seal.size <= size, size, "truncated", f"{seal.size} records", size)
        need(roots[seal.size] == seal.root, max(0, seal.size - 1), "forked", seal.root.hex(), roots[seal.size].hex())
    rules.finish(size)
    return rules, leaves, made

FIELDS = "temperature token name document phone plate address note".split()

def field_of(encoded):
    """Which field a disclosure is about, [salt, field, value] in its one form (RFC 9901, 4.2); -1 for anything else."""
    try:
        array = json.loads(unpadded(encoded).decode())
        salt, field, value = array
        is_value = type(value) is str or (type(value) is int and -2**63 <= value < 2**63)
        fits = is_value and len(unpadded(salt)) == 16 and written(array) == unpadded(encoded)
        return FIELDS.index(field) if fits else -1
    except (AttributeError, TypeError, ValueError, RecursionError):
        return -1

def disclosed(data, at, leaf, newest):
    where = f"proofs/{at}.tlog-proof"
    head, _, note = data.decode("utf-8", "replace").partition("\n\n")
    header, *lines = head.split("\n")
    need((header, note) == ("c2sp.org/tlog-proof@v1", newest.note.whole), where, "proof", "a proof under the newest seal")
    has_extra = bool(lines) and lines[0].startswith("extra ")
    extra = b64(lines.pop(0)[6:], where, "proof").decode("utf-8", "replace") if has_extra else ""
    need(lines and lines.pop(0) == f"index {at}" and has_extra == (extra != ""), where, "proof", f"index {at}")
    path = hashes(lines, where, "proof")
    need(included(sha256(b"\0" + leaf[0]), at, newest, path), where, "proof", "a path to the root")
    last = -1
    for one in extra.split("~") if has_extra else []:
        field, digest = field_of(one), base64.urlsafe_b64encode(sha256(one.encode())).decode().rstrip("=")
        need(field > last and digest in leaf[1].get("_sd", []), where, "proof", "disclosures of this record")
        last = field

def told(newest, shown, rules, seen, known, since, leaves):
    """What a bundle is in which everything holds."""
    say("PASS 通过", f"ledger 台账: {newest.origin}", f"records 账页: {newest.size}, root 根 {newest.root.hex()}")
    part = "" if rules.whole else "  (a part: erasures, references and warnings not audited 部分导出，不核对销毁、引用，不作提示)"
    say(f"shown 所示: {shown[0]}..{shown[1] - 1}{part}")
    for at, key in rules.keys:
        say(f"key from record {at} on 自第 {at} 条起的密钥: {key.text}")
    names = {key.text for key in known}
    for size, seconds, key in seen:
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=min(seconds, 10**11))
        word = "known 已知" if key.text in names else "only if you know it 须自行确认"
        say(f"witnessed 见证: {size} records at {at} UTC by {key.text} ({word})")
    vouched = max([seal.size for seal in since] + [size for size, _, key in seen if key.text in names], default=0)
    say(f"seen by somebody you know 由您所知者见证: the first {vouched} records 前 {vouched} 条")
    say(f"records with disclosures 附披露的账页: {sorted(leaves)}")
    for kind in WARNINGS:
        if kind in rules.warnings:
            first, count = rules.warnings[kind]
            say(f"warning 提示 {kind}: {count}, first at record 首见于账页 {first}: {WARNINGS[kind]}")

def seal_in(path):
    """A seal that the caller kept; a line feed lost at its end does not matter."""
    return seal_of(Note(Path(path).read_bytes().rstrip() + b"\n", path))

def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verifies a Gatepost bundle 核对督查包")
    parser.add_argument("bundle")
    parser.add_argument("--since", action="append", default=[], help="an older seal that you kept 以前留存的封签")
    parser.add_argument("--key", help="the gate's first key as you know it 已知的门岗首个密钥")
    parser.add_argument("--witness", action="append", default=[], help="a witness that you know 已知的见证人密钥")
    options = parser.parse_args(arguments)
    try:
        check_openssl()
        since = [seal_in(path) for path in options.since]
        known = [Key(text, 4, "--witness") for text in options.witness]
        first_key = Key(options.key, 1, "--key").text if options.key else None
        file = open(options.bundle, "rb")
    except (OSError, ValueError, Refused) as error:
        say("COULD NOT BE READ 无法读取", error)
        return 3
    try:
        with file:
            told_of = verify(Zip(file), since, first_key, known)
    except Refused as refused:
        where, rule, expected, found = refused.args
    except (OSError, MemoryError) as error:
        say("COULD NOT BE READ 无法读取", error)
        return 3
    except Exception as error:  # Whatever else a file can do to a script: it is no bundle.
        where, rule, expected, found = "?", "form", "what can be read as a bundle", repr(error)[:200]
    else:
        told(*told_of[:4], known, since, told_of[4])
        return 0
    place = f"record 账页 {where}" if isinstance(where, int) else f"file 文件 {where}"
    say("FAIL 不通过", place, f"rule 规则: {rule}", f"expected 应为: {expected}", f"found 实为: {found}")
    return 2

def check_openssl():
    """An openssl that cannot verify must not be taken for a false signature: RFC 8032, 7.1, test 2."""
    key, raw = Key.__new__(Key), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    key.raw = bytes.fromhex(raw)
    signature = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    if not key.signed(b"\x72", signature):
        raise OSError("this openssl command cannot verify Ed25519 signatures 本机 openssl 不能验证 Ed25519 签名 (3.0+)")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
