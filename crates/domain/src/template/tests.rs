use proptest::prelude::*;

use super::*;

fn values() -> Variables {
    Variables::new()
        .with("first_name", "<b>Alex & \"Sam\"</b>")
        .with("unsubscribe_url", "https://hospital.test/u/abc?x=1&y=2")
        .with("preferences_url", "https://hospital.test/p/abc")
}

#[test]
#[rustfmt::skip] // A table.
fn a_value_is_written_for_its_place() {
    fills(Template::text("Hello {{first_name}}"), "Hello <b>Alex & \"Sam\"</b>");
    fills(Template::line("Hello {{first_name}}"), "Hello <b>Alex & \"Sam\"</b>");
    fills(Template::html("<p>Hello {{first_name}}</p>"), "<p>Hello &lt;b&gt;Alex &amp; &quot;Sam&quot;&lt;/b&gt;</p>");
    fills(Template::html("<td title=\"{{first_name}}\">x</td>"), "<td title=\"&lt;b&gt;Alex &amp; &quot;Sam&quot;&lt;/b&gt;\">x</td>");
    fills(Template::html("<a href=\"{{unsubscribe_url}}\">x</a>"), "<a href=\"https://hospital.test/u/abc?x=1&amp;y=2\">x</a>");
    fills(Template::text("Hello {{ last_name | there }}!"), "Hello there!");
    fills(Template::text("{{first_name|x}}{{last_name|y}}"), "<b>Alex & \"Sam\"</b>y");
    fills(Template::text("a } b }} c { d"), "a } b }} c { d");
    fills(Template::text(""), "");
}

#[track_caller]
fn fills(template: Result<Template, BadTemplate>, expected: &str) {
    assert_eq!(template.unwrap().fill(&values()).unwrap(), expected);
}

#[test]
fn a_hole_is_never_sent() {
    let template = Template::text("Hello {{last_name}}").unwrap();
    assert_eq!(
        template.fill(&values()),
        Err(Missing("last_name".to_owned()))
    );
    let blank = Variables::new().with("last_name", "  ");
    assert_eq!(template.fill(&blank), Err(Missing("last_name".to_owned())));
}

/// Threat 8: a value cannot begin a header of its own.
#[test]
fn a_value_cannot_break_a_header_line() {
    let subject = Template::line("For {{first_name}}").unwrap();
    let filled = subject
        .fill(&Variables::new().with("first_name", "A\r\nBcc: b@x.test\0"))
        .unwrap();
    assert!(!filled.contains(['\r', '\n', '\0']));
}

#[test]
fn a_value_is_cut_off_after_its_limit() {
    let filled = Template::text("{{first_name}}")
        .unwrap()
        .fill(&Variables::new().with("first_name", "é".repeat(5_000)))
        .unwrap();
    assert_eq!(filled.chars().count(), MAX_VALUE_CHARS);
}

#[test]
#[rustfmt::skip] // A table.
fn a_slip_is_said_with_its_place() {
    slips("Hello {{first_name",              (1, 7));
    slips("Hello\n  {{ }}",                  (2, 3));
    slips("é {{First Name}}",                (1, 3));
    slips("{{a}}{{b|<i>}}",                  (1, 6));
    slips(&format!("{{{{a|{}}}}}", "x".repeat(61)), (1, 1));
    slips(&"{{a}}".repeat(201),              (1, 1001));
}

#[track_caller]
fn slips(source: &str, at: (u32, u32)) {
    assert_eq!(
        slots(source).map(|_| ()).map_err(|bad| bad.at),
        Err(at),
        "{source}"
    );
}

/// Threat 7: what other template languages run is a slip or plain text in ours.
#[test]
fn the_injection_corpus_reads_nothing() {
    let corpus = include_str!("testdata/injection.txt");
    let secrets = Variables::new().with("first_name", "SECRET");
    let mut n_cases = 0;
    for case in corpus
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("##"))
    {
        n_cases += 1;
        for template in [
            Template::text(case),
            Template::line(case),
            Template::html(case),
        ] {
            let Ok(filled) = template.map(|template| template.fill(&secrets)) else {
                continue;
            };
            match filled {
                // Nothing of ours stood in it, so it comes out as it went in.
                Ok(text) => assert_eq!(text, case),
                Err(Missing(name)) => assert!(case.contains(&name), "{case}"),
            }
        }
        // As a value it is data, wherever it lands.
        let html = Template::html("<p>{{first_name}}</p>").unwrap();
        let filled = html
            .fill(&Variables::new().with("first_name", case))
            .unwrap();
        let inside = filled
            .strip_prefix("<p>")
            .unwrap()
            .strip_suffix("</p>")
            .unwrap();
        assert!(!inside.contains(['<', '>', '"', '\'']), "{inside}");
    }
    assert!(n_cases >= 60);
}

/// Threat 7 and 11: what may not be in a message, and where a value may not stand.
#[test]
#[rustfmt::skip] // A table.
fn html_is_let_through_by_a_short_list() {
    passes("<p>plain <strong>words</strong></p>");
    passes("<a href=\"https://hospital.test/a?b=c\">x</a><a href='mailto:a@b.test'>y</a>");
    passes("<!doctype html><html><head><title>{{organization_name}}</title><style>p { margin:0 }</style></head></html>");
    passes("<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->");

    refuses("<script>x</script>",                            "`<script>`");
    refuses("<SCRIPT SRC=//x>",                              "`<script>`");
    refuses("<img src=\"https://x.test/a.gif\">",            "`<img>`");
    refuses("<svg/onload=alert(1)>",                         "`<svg>`");
    refuses("<p onclick=\"x()\">",                           "`onclick`");
    refuses("<td background=\"https://x.test/a\">",          "`background`");
    refuses("<a href=\"javascript:alert(1)\">x</a>",         "begins with");
    refuses("<a href=\" https://x.test\">x</a>",             "begins with");
    refuses("<a href=\"http://x.test\">x</a>",               "begins with");
    refuses("<a href=\"&#106;avascript:x\">x</a>",           "begins with");
    refuses("<a href=//x.test>x</a>",                        "begins with");
    refuses("<p style=\"background:url(https://x.test)\">",  "`url(`");
    refuses("<p style=\"background:u\\72l(x)\">",            "`\\`");
    refuses("<style>@import 'x'</style>",                    "`@import`");
    refuses("<style>p{background:URL(x)}</style>",           "`url(`");
    refuses("<meta http-equiv=\"refresh\" content=\"0\">",   "another page");
    refuses("<form action=\"https://x.test\">",              "`<form>`");
    refuses("<!--[if mso]><v:fill src=\"https://x.test\"/><![endif]-->", "one mail program");
    refuses("<!-- x",                                        "not closed");
    refuses("a < b",                                         "`&lt;`");

    refuses("<a href=\"https://x.test/?n={{first_name}}\">x</a>",  "may not stand in a link");
    refuses("<a href=\"{{first_name}}\">x</a>",                    "may not stand in a link");
    refuses("<a href=\"{{unsubscribe_url}}?x=1\">x</a>",           "nothing may follow");
    refuses("<a href=\"https://x.test/{{unsubscribe_url}}\">x</a>", "may not stand in a link");
    refuses("<p style=\"color:{{first_name}}\">",                  "in text");
    refuses("<p {{first_name}}>",                                  "in text");
    refuses("<{{first_name}}>",                                    "in text");
    refuses("<td title={{first_name}}>",                           "in text");
    refuses("<!-- {{first_name}} -->",                             "in text");
    refuses("<style>{{first_name}}</style>",                       "in text");
}

#[track_caller]
fn passes(source: &str) {
    assert_eq!(html::check(source), Ok(()));
}

#[track_caller]
fn refuses(source: &str, part: &str) {
    let says = html::check(source).unwrap_err().says;
    assert!(says.contains(part), "{says}");
}

#[test]
fn variables_are_found_by_name_and_name_their_element() {
    assert_eq!(variable::element("first_name"), Some("first_name"));
    assert_eq!(variable::element("full_name"), Some("name"));
    assert_eq!(variable::element("diagnosis"), Some("diagnosis"));
    assert_eq!(variable::element("unsubscribe_url"), None);
    for one in variable::VARIABLES {
        assert!(crate::content::is_code(one.name));
        assert_eq!(variable::find(one.name), Some(one));
    }
}

proptest! {
    #[test]
    fn any_source_is_read_or_refused_without_a_panic(source in "(\\{\\{|\\}\\}|\\||[<>/!\"'= a-z{}é\n-]){0,60}") {
        let _ = Template::text(&source);
        let _ = Template::html(&source);
    }

    #[test]
    fn no_value_leaves_its_place_in_html(value in "\\PC{0,40}") {
        let template = Template::html("<p title=\"{{first_name|x}}\">{{first_name|x}}</p>").unwrap();
        let filled = template.fill(&Variables::new().with("first_name", value)).unwrap();
        prop_assert_eq!(filled.matches('<').count(), 2);
        prop_assert_eq!(filled.matches('"').count(), 2);
        // Braces in it would be read as slots by the checker; filling never reads them again.
        let without_braces = filled.replace(['{', '}'], "");
        prop_assert!(html::check(&without_braces).is_ok());
    }

    #[test]
    fn filling_is_not_repeated_on_values(name in "[a-z]{1,8}") {
        let value = format!("{{{{{name}}}}}");
        let filled = Template::text("{{first_name}}").unwrap()
            .fill(&Variables::new().with("first_name", value.clone()).with("secret", "SECRET")).unwrap();
        prop_assert_eq!(filled, value);
    }
}
