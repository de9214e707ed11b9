"""The waterfall of `placet bench decide` as SQL in DuckDB, over the same ten million people.

The people come from the same arithmetic as `crates/placet/src/bench/decide/people.rs`, so no file
passes between the two programs; the counts must be the same, and are compared when the output of
`placet bench decide --json` is given:

    placet bench decide --json > placet.jsonl
    python bench/peers/waterfall.py placet.jsonl

Needs `pip install duckdb`. One thread, warmed, median of five. The rules are those of the built-in
pack that stop somebody, folded over the act by hand; the table holds only what they read, with the
narrowest types.
"""

import json
import os
import statistics
import sys
import time

import duckdb

N = int(os.environ.get("PLACET_BENCH_PEOPLE", "10000000"))
RUNS = 5


def mix(fact: int) -> str:
    low = 0xFFFFFFFF
    a = f"(((n + 1) * 2654435761 + {fact * 0x85EBCA77}) & {low})"
    b = f"((xor({a}, {a} >> 15) * {0xC2B2AE3D}) & {low})"
    c = f"((xor({b}, {b} >> 13) * {0x27D4EB2F}) & {low})"
    return f"xor({c}, {c} >> 16)"


def mille(fact: int) -> str:
    return f"({mix(fact)} % 1000)"


# Codes, since comparing small numbers is what the engine does fastest.
PATIENT, FORMER, PROSPECT, ENROLLEE, DONOR, MINOR, DEAD = range(7)
REVOKED, DEFECTIVE, VALID = 1, 2, 3
UNSUBSCRIBE, DECLINED, REVOCATION, SUPPRESSION = 1, 2, 3, 4
FLORIDA = 6

DRAWN = f"""
create temp table drawn as
select n::integer as id, {mille(1)}::smallint as r, {mix(2)} % 20 as s, {mix(3)} % 32000 as b,
       {mille(5)} < 10 as part2, {mille(6)} < 300 as has_paper, {mille(7)}::smallint as p,
       {mix(8)} % 2500 as e, {mille(9)} < 350 as opted_in, {mille(10)} < 400 as florida,
       {mille(11)}::smallint as q
  from (select range::ubigint as n from range({N}))
"""

PEOPLE = f"""
create table people as
select id,
       (case when r < 540 then {PATIENT} when r < 720 then {FORMER} when r < 830 then {PROSPECT}
             when r < 900 then {ENROLLEE} when r < 950 then {DONOR}
             when r < 985 then {MINOR} else {DEAD} end)::utinyint as relationship,
       s::utinyint as state,
       date '1930-01-01' + b::integer as born,
       (case when not has_paper then 0 when p < 40 then {REVOKED} when p < 80 then {DEFECTIVE}
             else {VALID} end)::utinyint as status,
       case when has_paper then date '2025-01-01' + e::integer else date '1970-01-01' end as ends,
       opted_in,
       florida and s = {FLORIDA} as florida_paper,
       (case when q < 60 then {UNSUBSCRIBE} when q < 90 then {DECLINED} when q < 105 then {REVOCATION}
             when q < 120 then {SUPPRESSION} else 0 end)::utinyint as refusal,
       part2
  from drawn
 order by id
"""

# In the pack's order, as the waterfall counts them.
RULES = [
    ("hipaa.default_deny", "dead"),
    ("hipaa.auth.required.marketing", "lacks"),
    ("hipaa.auth.core.signature", f"phi and status = {DEFECTIVE}"),
    ("hipaa.auth.defect.expired", f"lacks and status = {VALID} and not lasts"),
    ("hipaa.auth.defect.incomplete", f"phi and (status = {DEFECTIVE} or (status = 0 and opted_in))"),
    ("hipaa.auth.defect.revoked", f"phi and status = {REVOKED}"),
    ("hipaa.auth.revocation", f"phi and refusal = {REVOCATION}"),
    ("hipaa.personal_rep", f"lacks and status = {VALID} and lasts"),
    ("hipaa.restrict.agreed", f"refusal = {DECLINED}"),
    ("hipaa.restrict.all", f"refusal = {SUPPRESSION}"),
    ("hipaa.deceased", "dead"),
    ("part2.consent", "phi and part2"),
    ("canspam.optout_10bd", f"refusal = {UNSUBSCRIBE}"),
    ("state.fl.456_057", f"lacks and state = {FLORIDA} and not florida_paper"),
]

FACTS = f"""
select *, phi and not (status = {VALID} and lasts and not young and not dead) as lacks
  from (select *, relationship <> {PROSPECT} as phi, relationship = {DEAD} as dead,
               relationship = {MINOR} or born > date '2008-11-24' as young,
               ends >= date '2026-11-24' as lasts
          from people)
"""


def rules() -> str:
    each = ", ".join(f"({when}) as r{i}" for i, (_, when) in enumerate(RULES))
    return f"select {each} from ({FACTS})"


def any_of(n: int) -> str:
    return " or ".join(f"r{i}" for i in range(n)) or "false"


COUNT = f"select count(*), count(*) filter (where not ({any_of(len(RULES))})) from ({rules()})"
# Which rules stop a person as one number, counted by number: far quicker here than a filtered count
# for each bar. The bars are added up from the few hundred groups.
MASK = " + ".join(f"(r{i}::integer << {i})" for i in range(len(RULES)))
WATERFALL = f"select mask, count(*) from (select {MASK} as mask from ({rules()})) group by mask"


def waterfall(groups) -> dict:
    bars = {rule: [0, 0] for rule, _ in RULES}
    for mask, n in groups:
        for i, (rule, _) in enumerate(RULES):
            if mask >> i & 1:
                bars[rule][1] += n
                bars[rule][0] += n if mask & ((1 << i) - 1) == 0 else 0
    return {"n_matched": sum(n for _, n in groups),
            "n_permitted": sum(n for mask, n in groups if mask == 0),
            "bars": dict(sorted(bars.items()))}


def measure(db, what: str, sql: str):
    walls, cpus = [], []
    rows = db.execute(sql).fetchall()
    for _ in range(RUNS):
        wall, cpu = time.perf_counter(), time.process_time()
        rows = db.execute(sql).fetchall()
        walls.append((time.perf_counter() - wall) * 1e3)
        cpus.append((time.process_time() - cpu) * 1e3)
    for name, values in ((what, walls), (f"{what}, processor time", cpus)):
        print(json.dumps({"what": name, "median": statistics.median(values), "min": min(values),
                          "max": max(values), "unit": "ms"}))
    return rows


def main() -> None:
    db = duckdb.connect()
    db.execute("set threads = 1")
    db.execute(DRAWN)
    db.execute(PEOPLE)
    db.execute("drop table drawn")
    version = duckdb.__version__
    measure(db, f"DuckDB {version}: waterfall of {N} people, counted", COUNT)
    groups = measure(db, f"DuckDB {version}: waterfall of {N} people, every rule", WATERFALL)
    found = waterfall(groups)
    print(f"counts: {json.dumps(found)}", file=sys.stderr)
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as file:
            theirs = [json.loads(line) for line in file if '"waterfall"' in line]
        same = theirs and theirs[0]["waterfall"] == found
        print("the counts are the same" if same else f"THE COUNTS DIFFER: {theirs}", file=sys.stderr)
        sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
