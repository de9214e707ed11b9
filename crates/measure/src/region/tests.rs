#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::nuts::Density;
use crate::rng::Rng;
use crate::table::Table;

fn data() -> Regions {
    let mut rng = Rng::new(4, 0);
    let mut text = "geo,time,y,a,b,c,pop\n".to_owned();
    let start: jiff::civil::Date = "2024-01-01".parse().unwrap();
    for g in 0..6 {
        let pop = 1000.0 * f64::from(g + 1);
        for t in 0..40 {
            let date = start.saturating_add(jiff::Span::new().days(7 * t));
            let (a, b, c) = (rng.uniform() * pop, rng.uniform() * pop, rng.normal());
            let y =
                pop * (1.0 + 0.3 * f64::from(g) + 0.2 * c + 0.1 * rng.normal()) + 0.5 * a + 0.2 * b;
            text.push_str(&format!("g{g},{date},{y},{a},{b},{c},{pop}\n"));
        }
    }
    let ask = Ask {
        geo: "geo".into(),
        date: "time".into(),
        target: "y".into(),
        population: Some("pop".into()),
        worth: None,
        channels: vec!["a".into(), "b".into()],
        spend: Vec::new(),
        controls: vec!["c".into()],
        max_lag: 4,
    };
    Regions::read(&Table::read(text.as_bytes()).unwrap(), &ask).unwrap()
}

#[test]
fn the_gradient_is_that_of_the_density() {
    let data = data();
    let mut model = Model::new(&data);
    let mut rng = Rng::new(1, 0);
    let q = model.start(&mut rng);
    model.refresh(&q, &mut rng);
    let mut gradient = vec![0.0; model.dim()];
    let mut unused = gradient.clone();
    model.logp(&q, &mut gradient);
    for i in 0..q.len() {
        let h = 1e-5;
        let (mut up, mut down) = (q.clone(), q.clone());
        up[i] += h;
        down[i] -= h;
        let slope = (model.logp(&up, &mut unused) - model.logp(&down, &mut unused)) / (2.0 * h);
        let error = (slope - gradient[i]).abs() / (1.0 + gradient[i].abs());
        assert!(error < 1e-5, "{i}: {slope} and {}", gradient[i]);
    }
}

/// The covariance written out, element by element.
#[test]
fn the_integrated_part_is_the_gaussian_it_stands_for() {
    let data = data();
    let mut model = Model::new(&data);
    let q = model.start(&mut Rng::new(2, 0));
    let (noise, spread) = (0.4, vec![0.3]);
    let (g, t) = (data.regions.len(), data.weeks);
    let n = g * t;
    let mut covariance = crate::linear::Square::zero(n);
    for i in 0..n {
        for j in 0..n {
            let ((ti, gi), (tj, gj)) = ((i / g, i % g), (j / g, j % g));
            let z = data.z[0][i] * data.z[0][j];
            let mut value = 25.0 * z;
            if i == j {
                value += noise * noise;
            }
            if ti == tj {
                value += 25.0;
            }
            if gi == gj {
                value += spread[0] * spread[0] * z;
                if gi != data.base {
                    value += 25.0;
                }
            }
            covariance.at[i * n + j] = value;
        }
    }
    model.forward(&q);
    model.remain();
    let factor = covariance.cholesky().unwrap();
    let mut white = model.residual.clone();
    factor.forward(&mut white);
    let direct = -0.5 * (factor.ln_determinant() + crate::numeric::dot(&white, &white));
    let ours = model.marginal(noise, &spread);
    assert!(
        (direct - ours).abs() < 1e-6 * direct.abs(),
        "{direct} {ours}"
    );
}
