use super::*;

#[test]
#[rustfmt::skip] // A table.
fn text_blocks_are_read_line_by_line() {
    check("# A",                   &[Block::Heading(1, "A")]);
    check("## A",                  &[Block::Heading(2, "A")]);
    check("a\nb",                  &[Block::Paragraph(vec!["a", "b"])]);
    check("a\n\nb",                &[Block::Paragraph(vec!["a"]), Block::Paragraph(vec!["b"])]);
    check("- a\n- b",              &[Block::List(vec!["a", "b"])]);
    check("[Go](https://a.test/)", &[Block::Button("Go", "https://a.test/")]);
    check("x\r\n---\r\ny",         &[Block::Paragraph(vec!["x"]), Block::Rule, Block::Paragraph(vec!["y"])]);
    check("#no",                   &[Block::Paragraph(vec!["#no"])]);
    check(" \n\n ",                &[]);
}

#[track_caller]
fn check(body: &str, expected: &[Block<'_>]) {
    assert_eq!(blocks(body), expected);
}

#[test]
#[rustfmt::skip] // A table.
fn inside_a_block_only_bold_and_links_are_markup() {
    inline("a **b** c",              "a <strong>b</strong> c");
    inline("see [it](https://a.test/?x=1&y=2).", "see <a href=\"https://a.test/?x=1&amp;y=2\">it</a>.");
    inline("<script>alert(1)",       "&lt;script&gt;alert(1)");
    inline("a * b [c] **d",          "a * b [c] **d");
    inline("[\"><b>](https://a.test/)", "<a href=\"https://a.test/\">&quot;&gt;&lt;b&gt;</a>");
    inline("{{first_name|there}}",   "{{first_name|there}}");
}

#[track_caller]
fn inline(text: &str, expected: &str) {
    let mut out = String::new();
    write_inline(&mut out, text);
    assert_eq!(out, expected);
}

#[test]
fn a_body_that_begins_with_mjml_is_left_alone() {
    let body = "  <mjml><mj-body/></mjml>";
    assert!(is_mjml(body));
    assert_eq!(to_mjml(body), body);
    assert!(!is_mjml("<p>mjml"));
}

/// S171, S172: the slots that CAN-SPAM and RFC 8058 need are the layout's, not the writer's.
#[test]
fn commercial_mail_gets_unsubscribe_preferences_and_address() {
    for text in [
        frame("", Footer::Commercial),
        text_footer(Footer::Commercial),
    ] {
        for slot in [
            "{{unsubscribe_url}}",
            "{{preferences_url}}",
            "{{organization_address}}",
        ] {
            assert!(text.contains(slot), "{text}");
        }
    }
    assert!(!frame("", Footer::Relationship).contains("unsubscribe_url"));
    assert!(frame("a < b", Footer::Commercial).contains("<mj-preview>a &lt; b</mj-preview>"));
}
