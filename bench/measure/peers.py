"""The reference tools on the same data, one JSON object a line.

Read ratios, not absolutes: wall and CPU seconds of this process stand side by side.
"""

import json
import os
import sys
import time
import warnings

warnings.filterwarnings("ignore")
DATA = sys.argv[1]


def say(what, wall, cpu, **more):
    print(json.dumps({"what": what, "wall": round(wall, 4), "cpu": round(cpu, 4), **more}), flush=True)


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    out = work()
    return out, time.perf_counter() - wall, time.process_time() - cpu


def mmm():
    import pandas as pd
    from pymc_marketing.mmm import GeometricAdstock, LogisticSaturation
    from pymc_marketing.mmm import MMM

    data = pd.read_csv(os.path.join(DATA, "pymc_mmm_example.csv"), parse_dates=["date_week"])
    columns = ["date_week", "x1", "x2", "event_1", "event_2", "t"]
    for seed in (1, 2, 3):
        model = MMM(
            date_column="date_week",
            channel_columns=["x1", "x2"],
            control_columns=["event_1", "event_2", "t"],
            yearly_seasonality=2,
            adstock=GeometricAdstock(l_max=8),
            saturation=LogisticSaturation(),
            target_column="y",
        )
        _, wall, cpu = timed(
            lambda: model.fit(
                data[columns], data["y"], chains=4, tune=1000, draws=1000, random_seed=seed, progressbar=False
            )
        )
        import arviz as az

        ess = az.ess(model.idata, var_names=["saturation_beta", "saturation_lam", "adstock_alpha"])
        least = min(float(v.min()) for v in ess.data_vars.values()) if hasattr(ess, "data_vars") else None
        sampling = model.idata.posterior.attrs.get("sampling_time")
        say("pymc-marketing (nutpie) fit", wall, cpu, seed=seed, sampling=sampling, min_ess=least)


def geo():
    import cvxpy as cp
    import numpy as np
    import pandas as pd

    data = pd.read_csv(os.path.join(DATA, "geolift_test.csv"))
    wide = data.pivot(index="date", columns="location", values="Y").sort_index()
    treated = ["chicago", "portland"]
    y = wide[treated].mean(axis=1).to_numpy()[:90]
    x = wide.drop(columns=treated).to_numpy()[:90]
    y, x = y - y.mean(), x - x.mean(axis=0)

    def solve():
        w = cp.Variable(x.shape[1])
        problem = cp.Problem(cp.Minimize(cp.sum_squares(y - x @ w)), [w >= 0, cp.sum(w) == 1])
        problem.solve(solver=cp.CLARABEL)
        return float(np.sqrt(problem.value))

    solve()
    l2, wall, cpu = timed(solve)
    say("cvxpy synthetic control", wall, cpu, l2=round(l2, 3))


def impact():
    import causalimpact
    import pandas as pd

    data = pd.read_csv(os.path.join(DATA, "causalimpact_vignette.csv")).set_index("t")[["y", "x1"]]
    data.index = range(len(data))
    for run in ("first", "later"):
        found, wall, cpu = timed(
            lambda: causalimpact.fit_causalimpact(data, pre_period=(0, 69), post_period=(70, 99), seed=1)
        )
        say(f"tfp-causalimpact, {run}", wall, cpu, effect=float(found.summary.loc["average", "abs_effect"]))


for part in (mmm, geo, impact):
    try:
        part()
    except ImportError as missing:
        print(json.dumps({"what": part.__name__, "skipped": str(missing)}), flush=True)
