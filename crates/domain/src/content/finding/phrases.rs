//! The phrases, in English and Spanish.
//!
//! `*` stands for any one word, `N` for a number, `N%` for a percentage, `$N` for an amount. A
//! phrase of [`HARMLESS`] covers a shorter one inside it: *feel free* is no offer.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Kind;
use super::words::Word;

type Table = HashMap<&'static str, Vec<(Option<Kind>, Vec<&'static str>)>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    let kinds = [
        (Some(Kind::ClinicalClaim), CLINICAL_CLAIM),
        (Some(Kind::Superlative), SUPERLATIVE),
        (Some(Kind::Offer), OFFER),
        (Some(Kind::Promotion), PROMOTION),
        (Some(Kind::PatientStatus), PATIENT_STATUS),
        (Some(Kind::Service), SERVICE),
        (Some(Kind::Seal), SEAL),
        (None, HARMLESS),
    ];
    for (kind, list) in kinds {
        for phrase in list.lines().flat_map(|line| line.split(';')) {
            let parts: Vec<&str> = phrase.split_whitespace().collect();
            if let Some(first) = parts.first() {
                table.entry(first).or_default().push((kind, parts));
            }
        }
    }
    table
});

/// The longest phrase that begins with the first of these words, and how many words it takes. No
/// kind: it is harmless.
pub(super) fn longest(words: &[Word]) -> Option<(Option<Kind>, usize)> {
    let first = words.first()?;
    let keys = [first.text.as_str(), stands_for(&first.text).unwrap_or("")];
    let found = keys.iter().filter_map(|key| TABLE.get(key)).flatten();
    found
        .filter(|(_, parts)| begins_with(words, parts))
        .map(|(kind, parts)| (*kind, parts.len()))
        // Of two as long, the harmless one.
        .max_by_key(|(kind, length)| (*length, kind.is_none()))
}

fn begins_with(words: &[Word], parts: &[&str]) -> bool {
    words.len() >= parts.len()
        && parts
            .iter()
            .zip(words)
            .enumerate()
            .all(|(index, (part, word))| {
                let goes_on = index == 0 || !word.begins;
                goes_on
                    && (*part == "*" || *part == word.text || Some(*part) == stands_for(&word.text))
            })
}

/// The sign that stands for a number, a percentage or an amount.
fn stands_for(word: &str) -> Option<&'static str> {
    let has_digit = word.starts_with(|c: char| c.is_ascii_digit());
    if word.starts_with(['$', '€']) {
        Some("$N")
    } else if has_digit && word.ends_with('%') {
        Some("N%")
    } else {
        has_digit.then_some("N")
    }
}

const CLINICAL_CLAIM: &str = "
    cure; cures; cured; curing; cure for; a cure; heals; permanently relieves; permanent relief
    eliminate pain; eliminates pain; end your pain; end pain; pain free; painless; without pain
    no side effects; without side effects; no risk; risk free; zero risk; completely safe; safe and effective
    proven; clinically proven; scientifically proven; medically proven; proven to; proven results; evidence shows
    guaranteed results; guaranteed outcome; results guaranteed; guarantee results; we guarantee; 100% effective
    studies show; studies have shown; research shows; research proves; a study found; trials show
    reduces the risk; reduce the risk; reduces your risk; reduce your risk; lowers your risk; lower your risk; lowers the risk
    cuts your risk; cut your risk; halves the risk; prevents cancer; prevents heart; prevents stroke; prevents diabetes; reverses; reverse diabetes
    success rate; success rates; survival rate; survival rates; complication rate; complication rates; infection rate; infection rates; mortality rate
    N% of patients; N% of our patients; N% success; N% effective; N% fewer; N% less; N% more likely; N% faster; N% recovery
    N out of N patients; N out of N people; N in N patients; N percent of patients; N times more; N times faster; N times less
    twice as fast; twice as likely; recover faster; faster recovery; quicker recovery; shorter recovery; heal faster; back to normal in
    live longer; save your life; saves lives; life saving treatment; life saving surgery; lifesaving treatment
    most effective; more effective; highly effective; superior outcomes; better outcomes; best outcomes; excellent outcomes; better results; superior results
    works better; better than surgery; better than medication; alternative to surgery; instead of surgery; stop taking; safer than
    fda approved; fda cleared; fda authorized; breakthrough treatment; breakthrough therapy; miracle; revolutionary treatment; revolutionary therapy
    minimally invasive; advanced treatment; targeted therapy for; lose N pounds; lose weight fast; look N years younger
    anti aging; detox; boosts immunity; boost your immunity; boost your immune
    cura; curar; curación; sin dolor; sin riesgo; sin efectos secundarios; resultados garantizados; comprobado; clínicamente comprobado
    clinicamente comprobado; probado científicamente; N% de los pacientes; tasa de éxito; tasa de supervivencia; más efectivo; reduce el riesgo
    previene el cáncer; recuperación más rápida; milagro; aprobado por la fda
";

const SUPERLATIVE: &str = "
    best; the best; best doctors; best care; the leading; a leading; leading hospital; leading provider; leading center; industry leading; nation's leading
    #1; number one; no 1; top rated; top ranked; top hospital; top doctors; highest rated; five star; 5 star; award winning
    most advanced; most experienced; most trusted; most modern; most comprehensive; finest; unmatched; unrivaled; unparalleled; unsurpassed; second to none
    world class; state of the art; cutting edge; premier; renowned; world renowned; foremost; the only hospital; only hospital; only provider; only center
    first and only; like no other; better than any; unbeatable; ranked
    el mejor; la mejor; los mejores; las mejores; número uno; líder; de clase mundial; sin igual; de vanguardia; el único hospital; la única clínica
";

const OFFER: &str = "
    free; for free; free of charge; at no cost; no cost; no charge; complimentary; on the house
    N% off; $N off; save $N; save N%; save up to; only $N; just $N; from $N; as low as; for $N; $N each; $N per
    discount; discounts; discounted; coupon; coupons; promo code; promotional code; voucher; rebate; cash back
    special offer; special offers; special price; special pricing; introductory price; limited time; limited offer; while supplies last; today only; offer ends; offer expires
    gift card; gift cards; giveaway; raffle; prize; prizes; sweepstakes; win a; enter to win; bonus; buy one; two for one; financing available; no money down; payment plans from
    refer a friend; referral reward; referral bonus; loyalty points
    gratis; gratuito; gratuita; sin costo; descuento; descuentos; cupón; oferta; oferta especial; por tiempo limitado; tarjeta de regalo; sorteo; N% de descuento
";

const PROMOTION: &str = "
    book now; book today; call now; call today; act now; act today; order now; buy now; buy today; shop now; sign up now; sign up today; enroll today; join today
    schedule your free; schedule yours today; schedule today; schedule a consultation; book a consultation; book your consultation; request a consultation; free consultation
    don't miss; do not miss; don't wait; do not wait; hurry; last chance; spots are limited; spaces are limited; limited spots; limited availability; reserve your spot
    choose us; why choose; choose our; trust us; visit our new; introducing our; introducing the; now offering; we now offer; new at; now available; announcing our; proud to offer
    learn more about our; discover our; experience our; try our; ask about our; ask your doctor about; see if you qualify; find out if you qualify; are you a candidate; transform your
    look your best; feel your best; treat yourself; pamper yourself; upgrade to; switch to
    llame ahora; llame hoy; reserve ahora; reserve hoy; no espere; no se pierda; última oportunidad; cupo limitado; elija nuestra; elija nuestro; ahora ofrecemos; conozca nuestro; conozca nuestra
";

const PATIENT_STATUS: &str = "
    your diagnosis; your condition; your illness; your disease; your symptoms; your treatment; your treatments; your therapy; your medication; your medications; your prescription; your prescriptions
    your surgery; your procedure; your operation; your recovery; your test results; your lab results; your results; your biopsy; your scan; your mammogram results; your chart; your medical record; your medical records
    your recent visit; your last visit; your recent stay; your hospital stay; your admission; your discharge; your recent appointment; your last appointment; since your visit; since your last visit; since your surgery; after your visit; after your surgery; following your
    your doctor; your surgeon; your oncologist; your cardiologist; your therapist; your care team; your provider; your nurse
    your cancer; your diabetes; your asthma; your heart disease; your depression; your anxiety; your addiction; your pregnancy; your infertility; your hiv; your copd; your arthritis; your hypertension; your blood pressure; your cholesterol
    as a patient; as our patient; as one of our patients; our patient; because you are a patient; thank you for choosing us for; thank you for your visit; thank you for visiting; we treated you; we saw you; you were treated; you visited; you were diagnosed; you have been diagnosed; you suffer from
    living with your; managing your; patients like you; people with your
    your recent *; your latest *; your previous *; your last mammogram; your last screening; your last exam; your last checkup; your last treatment; your last procedure; your last test; your last scan; your last shot; your last dose
    your next treatment; your next screening; your next dose; your follow up; your annual exam; your annual mammogram; your yearly exam
    you are due for; you're due for; you are overdue for; you're overdue for; due for your; overdue for your; time for your next; time for your annual; time for your yearly
    since we last saw you; since you were last; since you last came; since you last visited; since you saw; last time you were; when you were here; while you were here; during your visit; during your stay; your time with us
    we have not seen you; we haven't seen you; we have missed you; we've missed you; we miss you; welcome back; you came to us; you received care; you received your; you were seen; you were with us; you had your; thank you for coming; thank you for trusting us with your; thanks for your visit; hope you are feeling better; hope you're feeling better
    desde su última; desde su visita; gracias por su visita; le toca su; ya le toca; hace tiempo que no
    su diagnóstico; su enfermedad; su condición; su tratamiento; su cirugía; su terapia; su medicamento; su receta; sus resultados; su última visita; su visita reciente; su médico; su diabetes; su cáncer; su embarazo; como paciente
";

const SERVICE: &str = "
    mammogram; mammograms; mammography; colonoscopy; endoscopy; biopsy; mri; mri scan; ct scan; cat scan; pet scan; ultrasound; x ray; xray; dexa; echocardiogram; ekg; stress test; blood draw; lab work; pap smear; screening
    oncology; cardiology; dermatology; urology; nephrology; neurology; psychiatry; psychology; psychotherapy; gynecology; obstetrics; maternity; prenatal; fertility; ivf; pediatrics; geriatrics; rheumatology; endocrinology; gastroenterology; pulmonology; hematology; ophthalmology; orthopedics; radiology; podiatry; allergy
    oncologist; cardiologist; dermatologist; urologist; neurologist; psychiatrist; psychologist; gynecologist; therapist; surgeon; dentist
    surgery; dialysis; chemotherapy; chemo; radiation; infusion; transfusion; physical therapy; occupational therapy; speech therapy; rehab; rehabilitation; detox; methadone; counseling; therapy; vaccination; vaccine; flu shot; injection; sleep study; wound care; weight loss; hospice
    cancer center; heart center; women's health; men's health; behavioral health; mental health; substance use; addiction; diabetes; hiv; std; memory clinic; pain clinic; breast center
    mamografía; colonoscopia; oncología; cardiología; psiquiatría; diálisis; quimioterapia; cirugía; terapia; vacuna; salud mental; ginecología
";

const SEAL: &str = "
    hipaa compliant; hipaa compliance; hipaa certified; hipaa approved; hipaa secure; hipaa safe; fully hipaa; hipaa seal; complies with hipaa
    100% confidential; 100% private; 100% secure; 100% safe; 100% anonymous; completely confidential; completely anonymous; totally confidential; absolutely confidential; never share your; never shared
    hhs approved; ocr approved; government approved; government certified; ftc approved
    cumple con hipaa; certificado hipaa; 100% confidencial; 100% seguro; totalmente confidencial
";

const HARMLESS: &str = "
    feel free; toll free; smoke free; tobacco free; fragrance free; latex free; sugar free; fat free; gluten free; drug free; cancer free; barrier free; alcohol free; hands free; free clinic; free to; free from; free of; free time; symptom free
    best wishes; best regards; all the best; our best; your best; do your best; best way; best time; best to; best if; best practices; best practice; best known; at best; try your best; works best; best friend; best interest; best interests
    for $N million; from $N million
    new atrium; ranked list
    cured meat; cured meats; cured ham; secure
    ask your doctor; talk to your doctor; talk with your doctor; see your doctor; call your doctor; your doctor or; your doctor can; your doctor may; your doctor about; tell your doctor; check with your doctor; speak with your doctor; your provider or; talk to your provider; talk with your provider; hable con su médico; consulte a su médico; consulte con su médico
    check your blood pressure; know your blood pressure; lower your blood pressure; measure your blood pressure; check your cholesterol; know your cholesterol; managing your stress; managing your time; managing your weight
    following your heart; following your dreams
";
