//! HL7 v2 messages a second through the flow `people`: split, filtered, written. By processor
//! time of the process, since the wall clock of a shared machine says little.

use std::fmt::Write as _;

use anyhow::Result;
use placet_domain::time::Date;
use placet_gateway::{Flow, Options, filter};

use super::{Figure, cpu};

const N_MESSAGES: usize = 60_000;

/// Filters a stream of invented admissions.
///
/// # Errors
///
/// When a message is refused.
pub fn run(runs: usize) -> Result<Vec<Figure>> {
    let flow = Flow::people();
    let options = Options::on(Date::constant(2026, 11, 22));
    let text = messages();
    let (mut rates, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let mut out = Vec::with_capacity(text.len() / 4);
        let before = cpu::spent("").process;
        let report = filter(text.as_bytes(), &flow, &options, &mut |line| {
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
            Ok(())
        })?;
        let seconds = (cpu::spent("").process - before) / 1e6;
        anyhow::ensure!(
            report.n_kept == N_MESSAGES as u64,
            "every message was let through"
        );
        rates.push(N_MESSAGES as f64 / seconds);
        bytes.push(text.len() as f64 / 1e6 / seconds);
    }
    let mean = text.len() / N_MESSAGES;
    Ok(vec![
        Figure {
            what: format!("HL7 v2 messages filtered ({mean} bytes each, processor time)"),
            values: rates,
            unit: "messages/s",
        },
        Figure {
            what: "HL7 v2 filtered (processor time)".to_owned(),
            values: bytes,
            unit: "MB/s",
        },
    ])
}

/// Admissions as dense as a health-record system writes them.
fn messages() -> String {
    let mut out = String::new();
    for n in 0..N_MESSAGES {
        let _ = write!(
            out,
            "MSH|^~\\&|ADT|HOSPITAL^1.2.3^ISO|CRM|HOSPITAL|20261122080000-0500||ADT^A08^ADT_A01|{n}|P|2.5.1|||||USA||en-US\r\
             EVN|A08|20261122080000-0500|||C08^Operator^Invented\r\
             PID|1||{n}^5^M11^HOSP&1.2.3&ISO^MR~{ssn:09}^^^USSSA^SS||Family{f}^Given{g}^A^^Dr.^^L||19{y:02}0{m}1{d}|F||2106-3^White^HL70005|{n} Example Street^Apt 2^Columbus^OH^43004^USA^H||(614)555-01{p:02}^PRN^PH~^NET^Internet^person{n}@example.org|(614)555-01{p:02}^WPN^PH|eng^English^HL70296|M^Married^HL70002|AME|{n}^^^AccMgr^VN|PSSN{n}|DLN-{n}^US||N^Not Hispanic^HL70189|Invented Hospital|N|2|US^United States^ISO3166\r\
             PD1|S||Invented Organization^^SII|88^Hippo^Harold^^^Dr\r",
            ssn = 100_000_000 + n,
            f = n % 997,
            g = n % 313,
            y = 30 + n % 70,
            m = 1 + n % 9,
            d = n % 10,
            p = n % 100,
        );
        for kin in 1..=2 {
            let _ = write!(
                out,
                "NK1|{kin}|Kin^Invented^A|SPO^Spouse^HL70063|{n} Example Street^^Columbus^OH^43004^USA|(614)555-0199||EP^Emergency contact^HL70131\r"
            );
        }
        out.push_str(
            "PV1|1|I|ICU^101^1^HOSP^^^S|E|||1234^Attending^Invented^A^^Dr|2345^Referring^Invented|3456^Consulting^Invented|SUR||||R|||1234^Admitting^Invented|INP|4000776^^^AccMgr^VN|MEDICARE|||||||||||||||||01|HOME||HOSP||ACTIVE|||20261121120000-0500\r\
             PV2||PRIVATE^Private room|12345^Invented reason^ICD|||||20261121|20261125|4||An invented comment about a visit\r",
        );
        for result in 1..=6 {
            let _ = write!(
                out,
                "OBX|{result}|TX|8867-4^An invented observation^LN||Some invented narrative text about an observation, long enough to look like one|bpm^^ISO|60-120||||F|||20261122073000-0500||1134^Observer^Invented\r"
            );
        }
        out.push_str(
            "AL1|1|DA^Drug allergy^HL70127|1191^Aspirin^RXNORM|MO^Moderate^HL70128|An invented reaction|20200101\r\
             DG1|1||I10^An invented diagnosis^I10|An invented diagnosis|20261121120000|A\r\
             GT1|1|8291|Guarantor^Invented^A||1 Example Street^^Columbus^OH^43004|6145550100||19600101|M|1|123121234||||Invented Works\r\
             IN1|1|PLAN1^Invented plan|12345|Invented Insurance|PO Box 1^^Columbus^OH^43004||6145550101|G1|||||20200101|||4|Insured^Invented|1|19600101|1 Example Street^^Columbus^OH^43004\r\
             NTE|1||An invented note of a nurse that goes on for a while and says nothing\r\
             ZPI|1|An invented local segment|with fields|of its own\r",
        );
    }
    out
}
