#!/usr/bin/env python3
"""Verifies a Gatepost bundle (督查包) without Gatepost. 不依赖门岗程序，独立核验督查包。

    python3 verify.py BUNDLE.zip [--since SEAL_FILE] [--key GATE_KEY] [--witness WITNESS_KEY]

Needs Python 3.8 and the `openssl` command (3.0 or newer) for Ed25519 signatures, nothing else.
Exit 0: everything holds. 2: the first thing that does not. 3: it could not be read.

A script that travels with what it checks could lie as well: take it from a source that you trust, or compare its
SHA-256. Formats: zip in one form; RFC 6962 tree; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles,
tlog-policy, tlog-proof; leaves are RFC 8785 JSON without fractions.
"""
import argparse, base64, collections, datetime, hashlib, json, re, struct, subprocess, sys, tempfile, zlib
from pathlib import Path

DAY_MS, PAUSE_MS, SKEW_MS, LARGEST = 86_400_000, 3 * 86_400_000, 300_000, 2**53 - 1
KINDS = set("genesis boot shutdown clock person login logout authfail lockout shift_open shift_close entry void policy "
            "export inspection finding register incident retention hold erase key_change restore note".split())
LISTED = ["VERIFY.txt", "verify.py", "records.jsonl", "entries.csv"]
COMPRESSED = re.compile(r"tile/entries/|VERIFY\.txt$|verify\.py$|records\.jsonl$|entries\.csv$")
NAMES = re.compile(r"(VERIFY\.txt|verify\.py|records\.jsonl|entries\.csv|checkpoint|policy|manifest|checkpoints/\d+"
                   r"|consistency/\d+-\d+|proofs/\d+\.tlog-proof|tile/([0-7]|entries)(/x\d{3})*/\d{3}(\.p/\d{1,3})?)")
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


# --- The zip, which has one form: headers and directory are written again and compared. ---------------------------

class Zip:
    def __init__(self, path):
        self.file, self.entries = open(path, "rb"), {}
        length = self.file.seek(0, 2)
        tail = self.at(max(0, length - 98), 98)
        need(len(tail) >= 22, "(zip)", "packing", "a zip")
        count, size, offset = struct.unpack("<HII", tail[-12:-2])
        if count == 0xFFFF:
            need(len(tail) == 98, "(zip)", "packing", "a zip")
            count, size, offset = struct.unpack("<QQQ", tail[32:56])
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, offset, 0) if not (
            count >= 0xFFFF or max(size, offset) >= 0xFFFFFFFF) else struct.pack(
            "<IQHHIIQQQQ" "IIQI" "IHHHHIIH", 0x06064B50, 44, 0x032D, 45, 0, 0, count, count, size, offset,
            0x07064B50, 0, offset + size, 1, 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        need(size < 2**27 and offset + size + len(end) == length and tail.endswith(end), "(zip)", "packing", "its end")
        directory, here, place = self.at(offset, size), 0, 0
        while here < len(directory):
            here, place = self.entry(directory, here, place)
        need(len(self.entries) == count and place == offset, "(zip)", "packing", f"{count} files")
        need(list(self.entries)[-1:] == ["manifest"], "(zip)", "packing", "the manifest at the end")

    def at(self, offset, count):
        self.file.seek(offset)
        return self.file.read(count)

    def entry(self, directory, here, place):
        """Checks one file: its line in the directory, its place, its header."""
        need(len(directory) >= here + 46, "(zip)", "packing", "a line of the directory")
        crc, packed, size, name_length, extra_length = struct.unpack("<IIIHH", directory[here + 16:here + 32])
        name = directory[here + 46:here + 46 + name_length].decode("ascii", "replace")
        need(NAMES.fullmatch(name) and name not in self.entries, name, "files", "each file once, and no other")
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
        need(self.at(place, len(header)) == header, name, "packing", "its header")
        begin = place + len(header)
        need(self.at(begin + packed, len(behind)) == behind, name, "packing", "its lengths")
        need(streamed or size <= 1_100_000, name, "packing", "at most 1,100,000 bytes", size)
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

def b64(text, where):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    need(base64.b64encode(raw).decode() == text, where, "form", "base64", text[:80])
    return raw


class Key:
    def __init__(self, text, kind, where):
        parts = text.split("+", 2)
        need(len(parts) == 3, where, "key", "a verifier key")
        raw = b64(parts[2], where)
        self.text, self.name, self.raw = text, parts[0], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        need(len(raw) == 33 and raw[0] == kind and self.id.hex() == parts[1], where, "key", "a verifier key", text)

    def signed(self, message, signature):
        """Asks the openssl command; the 12 bytes are the DER frame of an Ed25519 key (RFC 8410)."""
        with tempfile.TemporaryDirectory() as folder:
            for name, data in [("k", bytes.fromhex("302a300506032b6570032100") + self.raw), ("m", message), ("s", signature)]:
                Path(folder, name).write_bytes(data)
            command = "openssl pkeyutl -verify -pubin -keyform DER -inkey k -rawin -in m -sigfile s"
            answer = subprocess.run(command.split(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return answer.returncode == 0 and b"Verified Successfully" in answer.stdout


class Note:
    def __init__(self, data, where):
        self.text, self.where, self.signatures = "", where, []
        text = data.decode("utf-8", "replace")
        need(len(data) <= 65536 and text.encode() == data and "\n\n" in text, where, "form", "a signed note")
        cut = text.rindex("\n\n") + 1
        self.text, lines = text[:cut], text[cut + 1:].split("\n")
        need(len(lines) > 1 and lines.pop() == "", where, "form", "a signed note")
        for line in lines:
            match = re.fullmatch(r"— ([^ ]+) ([^ ]+)", line)
            need(match, where, "form", "a signature line", line[:80])
            raw = b64(match[2], where)
            self.signatures.append((match[1], raw[:4], raw[4:]))

    def of(self, key):
        return [raw for name, id, raw in self.signatures if (name, id) == (key.name, key.id)]

    def signed(self, key):
        return bool(self.of(key)) and all(len(raw) == 64 and key.signed(self.text.encode(), raw) for raw in self.of(key))

    def cosigned(self, key):
        """The earliest time, in seconds, at which a witness signed; None where it did not."""
        times = []
        for raw in self.of(key):
            seconds = struct.unpack(">Q", raw[:8])[0] if len(raw) == 72 else -1
            message = f"cosignature/v1\ntime {seconds}\n{self.text}".encode()
            need(seconds >= 0 and key.signed(message, raw[8:]), self.where, "cosignature", f"one of {key.name}", "a false one")
            times.append(seconds)
        return min(times, default=None)


Seal = collections.namedtuple("Seal", "origin size root note")


def seal_of(note):
    lines = note.text.split("\n")
    need(len(lines) == 4 and re.fullmatch(r"0|[1-9]\d{0,15}", lines[1]), note.where, "form", "a seal")
    root = b64(lines[2], note.where)
    need(len(root) == 32, note.where, "form", "a root")
    return Seal(lines[0], int(lines[1]), root, note)


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
    return [(index, min(256, count - 256 * index)) for index in range((count + 255) // 256)]


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
        found = self.zip.read(f"tile/{level}/{numbered(index, len(made) // 32)}")
        for at in range(0, len(made), 32):
            last = ((256 * index + at // 32 + 1) << (8 * level)) - 1
            need(made[at:at + 32] == found[at:at + 32], last, "nodes", made[at:at + 32].hex(), found[at:at + 32].hex())
        need(len(made) == len(found), f"tile/{level}", "form", len(made), len(found))

    def finish(self):
        for level in range(8):
            if self.growing[level]:
                self.compare(level, self.size >> (8 * level + 8))

    def root(self):
        node = self.peaks[-1] if self.peaks else sha256(b"")
        for left in reversed(self.peaks[:-1]):
            node = sha256(b"\1" + left + node)
        return node


def hashes(lines, where):
    found = [b64(line, where) for line in lines]
    need(len(found) <= 63 and all(len(one) == 32 for one in found), where, "form", "hashes")
    return found


def consistent(old, new, proof):
    """RFC 9162, 2.1.4.2, for 0 < old size < new size."""
    at, last, path = old.size - 1, new.size - 1, list(proof)
    while at & 1:
        at, last = at >> 1, last >> 1
    if old.size & (old.size - 1) == 0:
        path.insert(0, old.root)
    if not path:
        return False
    left = right = path.pop(0)
    for one in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            left, right = sha256(b"\1" + one + left), sha256(b"\1" + one + right)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            right = sha256(b"\1" + right + one)
        at, last = at >> 1, last >> 1
    return last == 0 and (left, right) == (old.root, new.root)


def included(leaf, at, seal, proof):
    """RFC 9162, 2.1.3.2."""
    node, last = leaf, seal.size - 1
    for one in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = sha256(b"\1" + one + node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\1" + node + one)
        at, last = at >> 1, last >> 1
    return last == 0 and node == seal.root


# --- Records: one form each, and the rules of what follows what. --------------------------------------------------

def ordered(value):
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    if isinstance(value, list):
        return [ordered(one) for one in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > LARGEST):
        raise ValueError
    return value


def parse(data, at):
    try:
        leaf = json.loads(data.decode())
        again = json.dumps(ordered(leaf), ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        leaf, again = {}, None
    need(len(data) <= 4096 and again == data and isinstance(leaf, dict), at, "leaf", "a leaf in its canonical form")
    numbers = all(type(leaf.get(name)) is int and (name == "t" or leaf[name] >= 0) for name in "itbm")
    digests = leaf.get("_sd", [""])
    need(numbers and leaf.get("v") == 1 and leaf.get("typ") in KINDS and isinstance(leaf.get("g"), str)
         and isinstance(digests, list) and digests, at, "leaf", "the members of a leaf")
    need(leaf["i"] == at, at, "position", at, leaf["i"])
    need((leaf["typ"] == "genesis") == (at == 0), at, "genesis", "the genesis first and only there", leaf["typ"])
    return leaf


class Rules:
    """Follows the records. Of a part of a ledger only what can be told without the rest is checked."""

    def __init__(self, whole, seen):
        self.whole, self.seen, self.keys, self.next = whole, seen, [], 0
        self.last = self.anchor = None
        self.shift = self.began = self.behind = self.ahead = 0
        self.today, self.kept, self.holds = -2**31, {}, []
        self.policy, self.unsure, self.settled = {"visitor": 30, "incident": 180}, [], 0
        self.allowance, self.confirmed = PAUSE_MS, (0, None)

    def push(self, at, leaf):
        kind, follows, self.next = leaf["typ"], at == self.next, at + 1
        self.time(at, leaf, follows)
        for size, seconds in self.seen:
            bound = seconds * 1000 + (SKEW_MS if at < size else -SKEW_MS)
            fits = leaf["t"] <= bound if at < size else leaf["t"] >= bound
            need(fits, at, "back_dated", f"at or {'before' if at < size else 'after'} {bound} ms", f"{leaf['t']} ms")
        if self.whole:
            self.count(leaf)
            self.refer(at, leaf)
        if leaf.get("key") is not None and kind in ("genesis", "key_change"):
            self.key(at, leaf)
        if self.whole and kind in ("retention", "hold", "erase"):
            self.erasure(at, leaf)

    def time(self, at, leaf, follows):
        last, self.last = self.last, leaf
        step = leaf["step"] if leaf["typ"] == "clock" else None
        back = last and (leaf["b"], leaf["m"]) < (last["b"], last["m"])
        if back and not self.keys and step is None:
            return self.resume(leaf)
        need(not back, at, "monotonic", "clocks that never go back", f"boot {leaf['b']} at {leaf['m']} ms")
        if not follows:
            self.anchor = None
        begins = bool(last) and last["b"] != leaf["b"]
        if last and self.anchor is not None:
            gap = leaf["t"] - last["t"]
            found = leaf["t"] - self.anchor["t"] - (leaf["m"] - self.anchor["m"]) if not begins else (
                min(gap, self.behind) if gap > PAUSE_MS else min(gap, 0))
            found = found if found < -2000 or found > 60000 else None
            if found != step and not (self.keys or step is not None):
                return self.resume(leaf)
            unknown = not self.whole and begins and gap > PAUSE_MS and (step is None or 60000 < step <= gap)
            need(found == step or unknown, at, "clock", f"a clock record of {found} ms", step)
            if begins:
                self.start(last["t"] - self.shift, gap - (step or 0), last["m"] - self.began)
        elif self.whole:
            need(step is None, at, "clock", "no clock record", step)
        if step is not None:
            self.shift, self.anchor = self.shift + step, leaf
            if step >= 0:
                self.behind = max(0, self.behind - step)
            elif -step <= self.ahead:
                self.ahead += step
            elif begins:
                self.behind -= step
        if begins and (self.whole or follows) or at == 0 or (self.whole and self.anchor is None):
            self.anchor, self.began = leaf, leaf["m"]
            gained = leaf["t"] - last["t"] - (step or 0) if begins else 0
            self.ahead += gained if gained > PAUSE_MS else 0

    def resume(self, leaf):
        """Before there were keys the clock is taken at its word."""
        self.anchor, self.began, self.shift, self.behind, self.ahead = leaf, leaf["m"], 0, 0, 0
        self.confirmed = None

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
            self.unsure[self.settled:] = [(max(after, through), until, ms) for after, until, ms in self.unsure[self.settled:]]
            if shift > self.shift:
                self.unsure.append((-2**31, through, shift - self.shift))
        self.settled, self.confirmed = len(self.unsure), (self.shift, None)

    def count(self, leaf):
        grave = leaf["typ"] == "entry" and (leaf.get("dec") == "refuse" or {"red_code", "fever"} & set(leaf.get("why", [])))
        self.kind = "incident" if grave or leaf["typ"] in ("incident", "finding", "void", "note") else "visitor"
        self.today = (leaf["t"] - self.shift) // DAY_MS
        if leaf.get("_sd"):
            day = (self.kind, self.today)
            self.kept[day] = self.kept.get(day, 0) + len(leaf["_sd"])

    @staticmethod
    def refer(at, leaf):
        to = [leaf[name] for name in ("follows", "shift", "of") if leaf["typ"] not in ("register", "clock") and name in leaf]
        to += leaf.get("disclosed", []) + ([leaf["size"] - 1] if leaf["typ"] in ("inspection", "restore") else [])
        need(all(one < at for one in to), at, "reference", f"a record before {at}", to)

    def key(self, at, leaf):
        key, first = Key(leaf["key"], 1, at), leaf["typ"] == "genesis" or leaf["reason"] == "first"
        need(first == (not self.keys), at, "key", "the first key first")
        need(all(key.name == one.name and key.raw != one.raw for _, one in self.keys), at, "key", "a new key of the ledger")
        if not self.keys and at:
            confirmed = self.confirmed
            self.resume(leaf)
            self.confirmed = confirmed
        self.keys.append((at if first else at + 1, key))

    def in_force(self, at):
        return next((key for since, key in reversed(self.keys) if since <= at), None)

    def erasure(self, at, leaf):
        if leaf["typ"] == "retention":
            policy = {"visitor": leaf["visitor_days"], "incident": leaf["incident_days"]}
            if policy == self.policy:
                self.confirm()
            self.policy = policy
            return
        span = (leaf["from"], leaf["to"])
        if leaf["typ"] == "hold":
            if leaf["on"]:
                self.holds.append(span)
            elif span in self.holds:
                self.holds.remove(span)
            return
        kind, due = leaf["class"], self.today - self.policy[leaf["class"]] - 1
        need(span[0] <= span[1], at, "erase_count", "a range of days", span)
        need(span[1] <= due, at, "erase_early", f"at most day {due}", f"day {span[1]}")
        need(not any(first <= span[1] and span[0] <= last for first, last in self.holds), at, "erase_held", "no hold")
        days = [day for day in self.kept if day[0] == kind and span[0] <= day[1] <= span[1]]
        for _, day in days:
            unsure = sum(ms for after, until, ms in self.unsure if after < day <= until)
            certain = (leaf["t"] - self.shift - unsure) // DAY_MS - self.policy[kind] - 1
            need(day <= certain, at, "erase_early", "a date that somebody confirmed", f"day {day}")
        found = sum(self.kept.pop(day) for day in days)
        need(found == leaf["count"], at, "erase_count", found, leaf["count"])


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
    pattern = r"gatepost bundle v1\norigin (.+)\nsize (\d+)\nfrom (\d+)\nto (\d+)\n" + r"([0-9a-f]{64} \d+ .+)\n" * 5
    found = re.fullmatch(pattern, note.text)
    need(found, "manifest", "form", "a manifest")
    origin, size, first, end, lines = found[1], int(found[2]), int(found[3]), int(found[4]), found.groups()[4:]
    need(0 <= first < end <= size and [found[at] for at in (2, 3, 4)] == [str(size), str(first), str(end)],
         "manifest", "form", "a range")
    return origin, size, first, end, lines


def verify(bundle, since, first_key, known):
    note = Note(bundle.read("manifest"), "manifest")
    origin, size, first, end, lines = manifest_of(note)
    newest = seal_of(Note(bundle.read("checkpoint"), "checkpoint"))
    need((newest.origin, newest.size) == (origin, size), "checkpoint", "manifest", f"{origin} {size}", newest[:2])
    names, older = set(bundle.entries) - set(LISTED) - {"manifest", "checkpoint", "policy"}, []
    for name in [name for name in names if name.startswith("checkpoints/")]:
        older.append(seal_of(Note(bundle.read(name), name)))
        need(name == f"checkpoints/{older[-1].size}" and 0 < older[-1].size < size, name, "form", "an older seal")
        names -= {name, f"consistency/{older[-1].size}-{size}"}
    policy = bundle.read("policy").decode("utf-8", "replace")
    logs = re.findall(r"^log (.+)$", policy, re.M)
    witnesses = [Key(text, 4, "policy") for text in re.findall(r"^witness \S+ (.+)$", policy, re.M)]
    made = [f"log {key}\n" for key in logs] + [f"witness witness-{at} {key.text}\n" for at, key in enumerate(witnesses, 1)]
    need(policy == "".join(made) + "quorum none\n", "policy", "form", "a policy in its one form")
    witnesses += [key for key in known if key.text not in policy]
    seals = sorted(older + since + [newest], key=lambda seal: seal.size)
    seen = [(seal.size, seconds, key) for seal in seals for key in witnesses
            for seconds in [seal.note.cosigned(key)] if seconds is not None]
    for seal in seals:
        need(seal.origin == origin, 0, "origin", origin, seal.origin)
        need(seal.size <= size, size, "truncated", f"{seal.size} records", size)
    rules, leaves, made = walk(bundle, (first, end, size), seals, seen, names)
    need([key.text for _, key in rules.keys] == logs and logs, "policy", "policy", "the keys that the records name")
    need(rules.keys[0][1].name == origin, 0, "origin", origin, rules.keys[0][1].name)
    need(first_key is None or rules.keys[0][1].text == first_key, 0, "key", first_key, rules.keys[0][1].text)
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
        need(text.endswith("\n") and consistent(seal, newest, proof), name, "consistency", "a proof that fits")
    for name, line in zip(LISTED, lines):
        found = Made()
        for piece in bundle.pieces(name):
            found.add(piece)
        need(found.line(name) == line, name, "content", line, found.line(name))
        need(name not in made or made[name].line(name) == line, name, "content", "what the records say")
    for at, leaf in leaves.items():
        disclosed(bundle.read(f"proofs/{at}.tlog-proof"), at, leaf, newest)
    before = Made()
    for at in range(0, bundle.manifest_at, 1 << 20):
        before.add(bundle.at(at, min(1 << 20, bundle.manifest_at - at)))
    need(before.line("(zip)") == lines[4], "(zip)", "content", lines[4], before.line("(zip)"))
    return newest, (first, end), rules, seen, leaves


def walk(bundle, numbers, seals, seen, names):
    first, end, size = numbers
    rules, tree = Rules((first, end) == (0, size), [(at, seconds) for at, seconds, _ in seen]), Tree(bundle)
    shown = {int(name[7:-11]) for name in names if name.startswith("proofs/")}
    names -= {f"proofs/{at}.tlog-proof" for at in shown}
    for level in range(8):
        names -= {f"tile/{level}/{numbered(*tile)}" for tile in tiles_of(size, level)}
    leaves, made, roots = {}, {name: Made() for name in LISTED[2:]}, {0: tree.root()}
    made["entries.csv"].add(("\ufeff" + ",".join(heading for heading, _ in COLUMNS) + "\r\n").encode())
    marks = {seal.size for seal in seals}
    for index, width in tiles_of(size, 0):
        begin, name = 256 * index, f"tile/entries/{numbered(index, width)}"
        stored = bundle.read(f"tile/0/{numbered(index, width)}")
        need(len(stored) == 32 * width, f"tile/0/{numbered(index, width)}", "form", 32 * width, len(stored))
        due = begin == 0 or (begin < end and first < begin + width)
        need(not due or name in names, name, "files", "the file", "none")
        data = bundle.read(name) if name in names else None
        names.discard(name)
        rest = data
        for at in range(begin, begin + width):
            if data is not None:
                length = int.from_bytes(rest[:2], "big")
                raw, rest = rest[2:2 + length], rest[2 + length:]
                need(len(raw) == length and length, name, "form", "an entry bundle")
                leaf = parse(raw, at)
                rules.push(at, leaf)
                due = due or leaf["typ"] == "key_change" or at in shown
                there = stored[32 * (at - begin):][:32]
                need(sha256(b"\0" + raw) == there, at, "nodes", sha256(b"\0" + raw).hex(), there.hex())
                if at in shown:
                    leaves[at] = (raw, leaf)
                if first <= at < end:
                    made["records.jsonl"].add(raw + b"\n")
                    if leaf["typ"] in ("entry", "void"):
                        row = ",".join(cell(leaf.get(member), member) for _, member in COLUMNS)
                        made["entries.csv"].add((row + "\r\n").encode())
            tree.append(stored[32 * (at - begin):][:32])
            if tree.size in marks:
                roots[tree.size] = tree.root()
        need(data is None or (rest == b"" and due), name, "form", "leaves that are shown, and no more")
    tree.finish()
    for seal in seals:
        need(roots[seal.size] == seal.root, max(0, seal.size - 1), "forked", seal.root.hex(), roots[seal.size].hex())
    need(not names and shown == set(leaves), min(names, default="proofs"), "files", "no such file", "one")
    return rules, leaves, made


def disclosed(data, at, leaf, newest):
    where, note = f"proofs/{at}.tlog-proof", str_of(newest.note)
    head, _, rest = data.decode("utf-8", "replace").partition("\n\n")
    lines = head.split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1" and rest == note, where, "proof", "a proof under the newest seal")
    extra = b64(lines.pop(0)[6:], where).decode() if lines[0].startswith("extra ") else ""
    need(lines and lines.pop(0) == f"index {at}", where, "proof", f"index {at}")
    need(included(sha256(b"\0" + leaf[0]), at, newest, hashes(lines, where)), where, "proof", "a path to the root")
    for one in extra.split("~") if extra else []:
        digest = base64.urlsafe_b64encode(sha256(one.encode())).decode().rstrip("=")
        need(digest in leaf[1].get("_sd", []), where, "proof", "disclosures of this record")


def str_of(note):
    return note.text + "\n" + "".join(f"— {name} {base64.b64encode(id + raw).decode()}\n" for name, id, raw in note.signatures)


def main():
    arguments = argparse.ArgumentParser(description="Verifies a Gatepost bundle 核验督查包")
    arguments.add_argument("bundle")
    arguments.add_argument("--since", action="append", default=[], help="an older seal that you kept 以前留存的封签")
    arguments.add_argument("--key", help="the gate's first key as you know it 已知的门岗首个密钥")
    arguments.add_argument("--witness", action="append", default=[], help="a witness that you know 已知的见证人密钥")
    options = arguments.parse_args()
    try:
        subprocess.run(["openssl", "version"], stdout=subprocess.PIPE, check=True)
        since = [seal_of(Note(Path(path).read_bytes(), path)) for path in options.since]
        known = [Key(text, 4, "--witness") for text in options.witness]
        newest, (first, end), rules, seen, leaves = verify(Zip(options.bundle), since, options.key, known)
    except Refused as refused:
        where, rule, expected, found = refused.args
        place = f"record 账页 {where}" if isinstance(where, int) else f"file 文件 {where}"
        print(f"FAIL 不通过\n{place}\nrule 规则: {rule}\nexpected 应为: {expected}\nfound 实为: {found}")
        return 2
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"COULD NOT BE READ 无法读取\n{error}")
        return 3
    print(f"PASS 通过\nledger 台账: {newest.origin}\nrecords 账页: {newest.size}, root 根 {newest.root.hex()}")
    print(f"shown 所示: {first}..{end - 1}" + ("" if rules.whole else "  (a part: erasures not audited 部分导出，不核对销毁)"))
    for at, key in rules.keys:
        print(f"key from record {at} on 自第 {at} 条起的密钥: {key.text}")
    names = {key.text for key in known}
    for size, seconds, key in seen:
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=min(seconds, 10**11))
        word = "known 已知" if key.text in names else "only if you know it 须自行确认"
        print(f"witnessed 见证: {size} records at {at} UTC by {key.text} ({word})")
    vouched = max([seal.size for seal in since] + [size for size, _, key in seen if key.text in names], default=0)
    print(f"seen by somebody you know 由您所知者见证: the first {vouched} records 前 {vouched} 条")
    print(f"records with disclosures 附披露的账页: {sorted(leaves)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
