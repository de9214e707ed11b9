//! What a writer may save, and what comes out of it.

use placet_domain::channel::Channel;
use placet_domain::content::ContentClass;
use placet_domain::preference::Topic;
use placet_domain::template::{Variables, fill};
use placet_policy::Profile;

use super::*;

fn draft() -> Draft {
    Draft {
        class: ContentClass::OwnHealthProductPromo,
        topic: Topic::Services,
        channel: Channel::Email,
        format: placet_domain::content::Format::Plain,
        subject: "Our new heart clinic".to_owned(),
        preheader: "Open from March".to_owned(),
        body: "# Hello {{first_name|there}}\n\nWe open in March & you are invited.\n\n\
               [Read more](https://hospital.test/heart?a=1&b=2)"
            .to_owned(),
        text: String::new(),
    }
}

fn with_body(body: &str) -> Draft {
    Draft {
        body: body.to_owned(),
        ..draft()
    }
}

fn problems(draft: &Draft) -> Vec<Problem> {
    check(&Engine::builtin(), Profile::Conservative, draft)
}

/// Issue 2, step 3: a variable that the purpose does not permit is refused while writing, by name
/// and reason. S62, S63, S70.
#[test]
#[rustfmt::skip] // A table.
fn a_variable_is_refused_by_name_and_reason() {
    use ContentClass::{ClinicalNotice, Education, OwnHealthProductPromo, Reminder};
    //      class                  variable           where            refused by
    allows( OwnHealthProductPromo, "first_name",       Field::Body);
    allows( OwnHealthProductPromo, "first_name",       Field::Subject);
    allows( OwnHealthProductPromo, "organization_name", Field::Subject);
    allows( Reminder,              "appointment_time", Field::Body);
    allows( ClinicalNotice,        "diagnosis",        Field::Body);
    refuses(OwnHealthProductPromo, "diagnosis",        Field::Body,     Some("hipaa.auth.required.marketing"));
    refuses(OwnHealthProductPromo, "medication",       Field::Body,     Some("hipaa.auth.required.marketing"));
    refuses(OwnHealthProductPromo, "appointment_time", Field::Body,     Some("hipaa.minnec.applies"));
    refuses(Education,             "patient_status",   Field::Body,     Some("hipaa.scope.phi"));
    refuses(Education,             "ssn",              Field::Text,     Some("hipaa.minnec.applies"));
    // Threat 11: what is permitted in the body still does not stand in the subject.
    refuses(ClinicalNotice,        "diagnosis",        Field::Subject,  None);
    refuses(Reminder,              "appointment_time", Field::Preheader, None);
    refuses(OwnHealthProductPromo, "unsubscribe_url",  Field::Subject,  None);
    // Unknown.
    refuses(OwnHealthProductPromo, "firstname",        Field::Body,     None);
    refuses(OwnHealthProductPromo, "env",              Field::Body,     None);
}

fn with_variable(class: ContentClass, variable: &str, field: Field) -> Draft {
    let mut draft = Draft {
        class,
        topic: class.topics()[0],
        ..draft()
    };
    let place = match field {
        Field::Subject => &mut draft.subject,
        Field::Preheader => &mut draft.preheader,
        Field::Text => &mut draft.text,
        _ => &mut draft.body,
    };
    *place = format!("Text {{{{{variable}}}}}");
    draft
}

#[track_caller]
fn allows(class: ContentClass, variable: &str, field: Field) {
    assert_eq!(problems(&with_variable(class, variable, field)), []);
}

#[track_caller]
fn refuses(class: ContentClass, variable: &str, field: Field, rule: Option<&str>) {
    let found = problems(&with_variable(class, variable, field));
    let [problem] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(problem.field, field);
    assert_eq!(problem.at, Some((1, 6)));
    assert_eq!(problem.variable.as_deref(), Some(variable));
    assert_eq!(problem.rule.as_deref(), rule);
    assert_eq!(problem.citation.is_some(), rule.is_some());
    assert!(problem.says.contains(variable), "{}", problem.says);
}

#[test]
fn what_is_refused_is_told_with_line_rule_and_citation() {
    let error = refuse(problems(&with_body("Hello\n\nfor your {{diagnosis}}"))).unwrap_err();
    let ActError::Invalid(fields) = error else {
        panic!("{error:?}")
    };
    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0].field, "body");
    let says = &fields[0].problem;
    for part in [
        "line 3, column 10",
        "{{diagnosis}}",
        "hipaa.auth.required.marketing",
        "45 CFR 164.508(a)(3)",
    ] {
        assert!(says.contains(part), "{says}");
    }
}

/// Threats 7 and 11, through MJML.
#[test]
#[rustfmt::skip] // A table.
fn markup_that_fetches_runs_or_hides_is_refused() {
    let inside = |body: &str| with_body(&format!("<mjml><mj-body><mj-section><mj-column>{body}</mj-column></mj-section></mj-body></mjml>"));
    says(&inside("<mj-text>Fine</mj-text>"),                                     "");
    says(&inside("<mj-text><script>x</script></mj-text>"),                       "`<script>`");
    says(&inside("<mj-image src=\"https://x.test/a.png\" />"),                   "`<img>`");
    says(&inside("<mj-text><img src=\"https://x.test/a.gif\"/></mj-text>"),      "`<img>`");
    says(&inside("<mj-raw><b>x</b></mj-raw>"),                                   "`<mj-raw>`");
    says(&inside("<mj-text><!-- x --></mj-text>"),                               "comments");
    says(&inside("<mj-text><style>a { display:none }</style></mj-text>"),        "styles of your own");
    says(&inside("<mj-button href=\"javascript:alert(1)\">x</mj-button>"),       "begins with");
    says(&inside("<mj-button href=\"https://x.test/{{first_name}}\">x</mj-button>"), "may not stand in a link");
    says(&inside("<mj-text><a href=\"{{preferences_url}}\">x</a></mj-text>"),    "");
    says(&inside("<mj-text font-size=\"{{first_name}}\">x</mj-text>"),           "in text");
    says(&inside("<mj-text>unclosed"),                                           "cannot be read");
    says(&inside(&"<mj-wrapper>".repeat(5_000)),                                 "deep");
    says(&with_body("<mjml></mjml>"),                                            "no `<mj-body>`");
    says(&with_body("<mjml><mj-head><mj-style>a{display:none}</mj-style></mj-head><mj-body></mj-body></mjml>"), "hide the footer");
    says(&with_body("<mjml><mj-body><mj-section background-url=\"https://x.test/a.png\"></mj-section></mj-body></mjml>"), "may not fetch");
}

#[track_caller]
fn says(draft: &Draft, part: &str) {
    let found = problems(draft);
    let says = found
        .first()
        .map(|problem| problem.says.as_str())
        .unwrap_or_default();
    if part.is_empty() && found.is_empty() {
        return;
    }
    assert!(!part.is_empty() && says.contains(part), "{found:?}");
}

fn person() -> Variables {
    Variables::new()
        .with("first_name", "Alex <b>")
        .with("organization_name", "Lakeview Hospital")
        .with("organization_address", "1 Lake Street, Springfield")
        .with("unsubscribe_url", "https://hospital.test/u/1?a=b&c=d")
        .with("preferences_url", "https://hospital.test/p/1")
}

/// S171, S172: text and HTML from one version, with the mandatory slots in both.
#[test]
fn a_rendered_version_has_both_parts_and_the_footer() {
    let mail = fill(&render(&draft()).unwrap(), &person()).unwrap();
    assert_eq!(mail.subject, "Our new heart clinic");
    for part in [
        "Hello Alex &lt;b&gt;",
        "We open in March &amp; you are invited.",
        "href=\"https://hospital.test/heart?a=1&amp;b=2\"",
        "href=\"https://hospital.test/u/1?a=b&amp;c=d\"",
        "href=\"https://hospital.test/p/1\"",
        "1 Lake Street, Springfield",
        "Open from March",
    ] {
        assert!(mail.html.contains(part), "{part}: {}", mail.html);
    }
    for part in [
        "Hello Alex <b>",
        "We open in March & you are invited.",
        "Read more (https://hospital.test/heart?a=1&b=2)",
        "Unsubscribe (https://hospital.test/u/1?a=b&c=d)",
        "What we may send you (https://hospital.test/p/1)",
        "1 Lake Street, Springfield",
    ] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    for elsewhere in ["googleapis", "<img", "<script", "http://"] {
        let html = mail.html.replace("http://www.w3.org/", "");
        assert!(!html.contains(elsewhere), "{elsewhere}");
    }
    assert!(mail.html.contains("lang=\"en\""));
}

#[test]
fn a_text_of_its_own_gets_the_footer_too() {
    let own = Draft {
        text: "Dear {{first_name|reader}}".to_owned(),
        ..draft()
    };
    let mail = fill(&render(&own).unwrap(), &person()).unwrap();
    assert!(mail.text.starts_with("Dear Alex <b>\n"));
    assert!(
        mail.text
            .contains("Unsubscribe: https://hospital.test/u/1?a=b&c=d")
    );
}

#[test]
fn every_slot_that_was_written_reaches_the_mail() {
    let body = "# {{first_name|a}}\n\n- {{last_name|b}}\n\n**{{full_name|c}}** [x {{first_name|d}}](https://x.test/)";
    let rendered = render(&with_body(body)).unwrap();
    for name in ["first_name", "last_name", "full_name"] {
        assert!(rendered.html.names().contains(name));
        assert!(rendered.text.names().contains(name));
    }
}

#[test]
fn relationship_mail_has_no_unsubscribe_link_but_a_preference_link() {
    let reminder = with_variable(ContentClass::Reminder, "appointment_time", Field::Body);
    let rendered = render(&reminder).unwrap();
    assert!(!rendered.html.names().contains("unsubscribe_url"));
    assert!(rendered.html.names().contains("preferences_url"));
}

#[test]
fn the_plain_twin_reads_like_text() {
    let html = "<html><head><title>x</title></head><body><div style=\"display:none\">Pre</div>\
                <h1>Head</h1><p>One <b>two</b>, <a href=\"https://a.test/\">three</a>.<br/>four</p>\
                <ul><li>a</li><li>b &amp; c</li></ul><!--[if mso]>no<![endif]--></body></html>";
    assert_eq!(
        plain::from_html(html),
        "Head\n\nOne two, three (https://a.test/).\nfour\n\n- a\n- b & c\n"
    );
}

#[test]
fn samples_fill_every_slot_of_a_draft() {
    let notice = with_variable(ContentClass::ClinicalNotice, "diagnosis", Field::Body);
    let mail = fill(&render(&notice).unwrap(), &samples(&notice)).unwrap();
    assert!(mail.html.contains("[diagnosis]"));
}
