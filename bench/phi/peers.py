"""Rates of scrubadub (default detectors) and of Presidio's pattern recognisers, without a language model."""

import re
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "crates/placet/src/bench/phi.rs"
LISTED = SOURCE.read_text().split("const TEXTS", 1)[1].split("];", 1)[0]
TEXTS = re.findall(r'^\s+"(.*)",$', LISTED, re.M)


def measure(name, scan, rounds):
    scan(TEXTS[0])
    start = time.process_time()
    for _ in range(rounds):
        for text in TEXTS:
            scan(text)
    seconds = time.process_time() - start
    size = sum(len(text.encode()) for text in TEXTS)
    print(f"{name}: {size * rounds / seconds / 1e6:.3f} MB/s, {len(TEXTS) * rounds / seconds:.0f} texts/s")


def scrubadub():
    import scrubadub as it
    scrubber = it.Scrubber()
    measure("scrubadub", lambda text: list(scrubber.iter_filth(text)), 100)


def presidio():
    import inspect
    from presidio_analyzer import PatternRecognizer, predefined_recognizers as all_of_them
    found = []
    for _, kind in inspect.getmembers(all_of_them, inspect.isclass):
        if issubclass(kind, PatternRecognizer) and kind is not PatternRecognizer:
            try:
                one = kind()
            except Exception:  # A recogniser that needs more than patterns is no peer here.
                continue
            if one.supported_language == "en":
                found.append(one)
    measure("presidio patterns", lambda text: [one.analyze(text, one.supported_entities) for one in found], 20)


for peer in (scrubadub, presidio):
    try:
        peer()
    except Exception as error:
        print(f"{peer.__name__}: not measured: {type(error).__name__}")
