#!/usr/bin/env python3
"""Builds crates/phi/data/words.bin, the word table inside the program.

Usage: scripts/dictionaries/build.py FOLDER
FOLDER holds the three packages of ORIGIN.md, as `pip download --no-deps` leaves them.
The result depends on nothing but those packages and crates/phi/data/words/*.txt: run it twice, get the same bytes.

Layout, little endian: magic `PHIW`, u32 seed, u32 classes, u32 log2 of buckets, u32 entries, u32 length of key names,
key names joined by a space, padding to 4, classes (u16 bits, u16 key), bucket starts (u32, one more than buckets),
entries sorted by bucket and fingerprint (22 bits fingerprint, 10 bits class).
"""

import importlib, json, re, struct, sys, tarfile, tempfile, unicodedata, zipfile
from pathlib import Path

GIVEN, FAMILY, COMMON, CORE, PLACE, START, FOREIGN, AMBIGUOUS, SPANISH, TOP_GIVEN, TOP_FAMILY = (1 << n for n in range(11))
LOG2_BUCKETS = 16
ROOT = Path(__file__).resolve().parents[2] / "crates/phi/data"
SPECIAL = {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}


def fold(text):
    """The form a word is looked up in: lower case, no marks, no apostrophe. As `dictionary::fold` in the crate."""
    out = []
    for char in text.lower():
        char = SPECIAL.get(char, char)
        for part in unicodedata.normalize("NFKD", char):
            if not unicodedata.combining(part) and part not in "'’":
                out.append(part)
    return "".join(out)


def key_hash(word):
    value = 0xCBF29CE484222325
    for byte in word.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def mix(value, seed):
    value = ((value ^ (value >> 32)) + seed) & 0xFFFFFFFFFFFFFFFF
    value = (value * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    return value ^ (value >> 29)


def spread(rows):
    """Rows with the first seed under which no two words share bucket and fingerprint."""
    for seed in range(100):
        mixed = [(mix(h, seed), *rest) for h, *rest in rows]
        if len({(h >> (64 - LOG2_BUCKETS), (h >> 20) & 0x3FFFFF) for h, *_ in mixed}) == len(rows):
            return seed, mixed
    raise SystemExit("no seed parts all words: more buckets are needed")


def unpack(folder, target):
    for name in sorted(Path(folder).iterdir()):
        if name.name.startswith("philter") and name.suffix == ".gz":
            tarfile.open(name).extractall(target, filter="data")
        elif name.suffix == ".whl" and name.name.startswith(("faker", "phonenumbers")):
            zipfile.ZipFile(name).extractall(target)


def read_list(name):
    """`head = word word` and bare words of one file of ours."""
    for line in (ROOT / "words" / name).read_text().splitlines():
        if line and not line.startswith("#"):
            head, _, tail = line.rpartition("=")
            yield head.strip(), tail.split()


words, keys = {}, {}


def add(word, bits):
    word = fold(word)
    if 1 < len(word) <= 24 and all(c.isalpha() or c == " " for c in word):
        words[word] = words.get(word, 0) | bits


def add_name(name, bits):
    for part in re.split(r"[\s\-]+", name):
        if len(part) > 1 and "." not in part:
            add(part, bits)


def latin(text):
    return all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in text)


def add_place(name, bits):
    name = re.sub(r"\(.*?\)|[.]", " ", name)
    parts = [p for p in re.split(r"[\s\-]+", name.strip()) if p]
    if not 1 <= len(parts) <= 4 or not latin(name):
        return
    if len(parts) == 1:
        if len(parts[0]) > 2:
            add(parts[0], bits)
    else:
        add(" ".join(parts), bits)
        add(parts[0], START)


def philter(base):
    lists = next(base.glob("philter_ucsf-*")) / "philter_ucsf/filters"
    for file, bits in [("blacklists/firstnames_minus_fps.json", GIVEN), ("blacklists/lastnames_minus_fps.json", FAMILY),
                       ("whitelists/whitelist_plus_fps_091718_nonames.json", COMMON)]:
        for word in json.loads((lists / file).read_text(encoding="utf8", errors="replace")):
            add(word, bits)


def faker():
    for path in sorted(Path(importlib.import_module("faker").__file__).parent.glob("providers/person/*/__init__.py")):
        locale = path.parent.name
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for field in dir(provider):
            kind = GIVEN if field.startswith("first_name") else FAMILY if field.startswith("last_name") else 0
            value = getattr(provider, field)
            if kind and isinstance(value, (list, tuple, dict)):
                top = (TOP_GIVEN if kind == GIVEN else TOP_FAMILY) if locale in ("en_US", "en_GB", "es_ES", "es_MX", "es") else 0
                for name in value:
                    if isinstance(name, str) and latin(name):
                        add_name(name, kind | top)
    for locale, bits in [("en_US", CORE | COMMON), ("es_ES", SPANISH), ("es_MX", SPANISH)]:
        for word in importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list:
            add(word, bits)
    for locale in ["es_ES", "es_MX", "es_AR", "es_CO", "es_CL", "en_GB", "en_CA", "fr_FR", "de_DE", "it_IT", "pt_BR", "pt_PT"]:
        provider = importlib.import_module(f"faker.providers.address.{locale}").Provider
        for field in ("states", "regions", "cities", "city_names", "provinces", "comarcas", "departments", "city_with_postcode"):
            listed = getattr(provider, field, ())
            for place in listed if isinstance(listed, (list, tuple)) else ():
                place = place if isinstance(place, str) else place[-1]
                if isinstance(place, str):
                    add_place(place, FOREIGN)


def geodata():
    from phonenumbers.geodata import GEOCODE_DATA
    for prefix, texts in GEOCODE_DATA.items():
        for text in texts.values():
            bits = PLACE if prefix.startswith("1") else FOREIGN
            for piece in re.split(r"[,/]| - ", text):
                if piece.strip() and not re.fullmatch(r"\s*[A-Z]{2,3}\s*", piece):
                    add_place(re.sub(r"\b(Region|region|Province|province|district|District|Territory|County)\b", "", piece), bits)


def ours():
    names = ["None"]
    for head, group in read_list("keywords.txt"):
        names.append(head)
        for word in group:
            word = fold(word)
            keys.setdefault(word, len(names) - 1)
            words.setdefault(word, 0)
    for _, group in read_list("common-names.txt"):
        for word in group:
            words[fold(word)] = words.get(fold(word), 0) | AMBIGUOUS
    for _, group in read_list("places.txt"):
        for place in group:
            add_place(place.replace("_", " "), PLACE)
    return names


def main(folder):
    with tempfile.TemporaryDirectory() as target:
        unpack(folder, target)
        sys.path.insert(0, target)
        philter(Path(target))
        faker()
        geodata()
    names = ours()
    rows = [(key_hash(word), bits, keys.get(word, 0)) for word, bits in words.items()]
    classes = sorted({(bits, key) for _, bits, key in rows})
    assert len(classes) < 1024, len(classes)
    index = {one: n for n, one in enumerate(classes)}
    seed, rows = spread(rows)
    entries = sorted((h >> (64 - LOG2_BUCKETS), (h >> 20) & 0x3FFFFF, index[bits, key]) for h, bits, key in rows)
    starts, at = [], 0
    for bucket in range((1 << LOG2_BUCKETS) + 1):
        while at < len(entries) and entries[at][0] < bucket:
            at += 1
        starts.append(at)
    label = " ".join(names).encode()
    label += b" " * (-len(label) % 4)
    out = b"PHIW" + struct.pack("<5I", seed, len(classes), LOG2_BUCKETS, len(entries), len(label)) + label
    out += b"".join(struct.pack("<HH", *one) for one in classes)
    out += struct.pack(f"<{len(starts)}I", *starts)
    out += b"".join(struct.pack("<I", fingerprint << 10 | row) for _, fingerprint, row in entries)
    (ROOT / "words.bin").write_bytes(out)
    print(f"{len(entries)} words, {len(classes)} classes, {len(out)} bytes")


main(sys.argv[1])
