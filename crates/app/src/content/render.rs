//! A version as templates: MJML to HTML, the layout's frame around it, the plain twin beside it;
//! of a text message and of a call its words in their frame, of a printed piece its text blocks.

use std::collections::HashMap;

use mrml::mj_head::MjHeadChild;
use mrml::mjml::Mjml;
use mrml::prelude::render::RenderOptions;
use placet_domain::channel::Channel;
use placet_domain::content::body::{frame, text_footer, to_mjml};
use placet_domain::content::{Draft, Field, Problem, script, text};
use placet_domain::template::variable::VARIABLES;
use placet_domain::template::{BadTemplate, Rendered, Template, Variables, slots};

use super::{plain, template_problem};

/// How deep elements may stand in each other; the renderer follows them with its own stack.
const MAX_DEPTH: usize = 40;

/// What MJML of a writer may not hold, and why.
const REFUSED: &[(&str, &str)] = &[
    (
        "<!",
        "comments and declarations are not let through: some mail programs run them",
    ),
    ("<?", "processing instructions are not let through"),
    (
        "<mj-raw",
        "`<mj-raw>` is not let through: it would escape every check",
    ),
    (
        "<mj-include",
        "`<mj-include>` is not let through: a message is whole",
    ),
    (
        "<mj-html-attributes",
        "`<mj-html-attributes>` is not let through",
    ),
    (
        "<mj-style",
        "styles of your own could hide the footer: use attributes instead",
    ),
    (
        "<style",
        "styles of your own could hide the footer: use attributes instead",
    ),
    (
        "<mj-font",
        "`<mj-font>` would fetch a font from somebody's server",
    ),
];

/// Turns a version into templates: once per version, then [`placet_domain::template::fill`] per
/// message.
///
/// # Errors
///
/// Says what in the draft cannot be rendered, and where.
pub fn render(draft: &Draft) -> Result<Rendered, Problem> {
    match draft.channel {
        Channel::Sms => return text_message(draft),
        Channel::Postal => return printed(draft),
        Channel::VoiceLive => return call(draft),
        Channel::Email => {}
    }
    let html = html(draft)?;
    let plain = if draft.text.trim().is_empty() {
        plain::from_html(&html)
    } else {
        format!(
            "{}\n{}",
            draft.text.trim_end(),
            text_footer(draft.class.footer())
        )
    };
    let body_problem = |bad: BadTemplate| place(draft, bad);
    Ok(Rendered {
        subject: Template::line(&draft.subject)
            .map_err(|bad| template_problem(Field::Subject, bad))?,
        html: Template::html(&html).map_err(body_problem)?,
        text: Template::text(&plain).map_err(|bad| template_problem(Field::Text, bad))?,
    })
}

/// A text message: its words alone, framed. One that is too long with made-up values cannot be
/// saved.
fn text_message(draft: &Draft) -> Result<Rendered, Problem> {
    let problem = |bad: BadTemplate| template_problem(Field::Body, bad);
    // Where a fault is, is said of what the writer typed.
    Template::text(&draft.body).map_err(problem)?;
    let rendered = Rendered {
        subject: Template::line("").map_err(problem)?,
        html: Template::text("").map_err(problem)?,
        text: Template::text(&text::frame(&draft.body)).map_err(problem)?,
    };
    let filled = rendered.text.fill(&samples(draft));
    match filled.ok().and_then(|words| text::too_long(&words)) {
        Some(says) => Err(Problem::new(Field::Body, says)),
        None => Ok(rendered),
    }
}

/// A call: its script in its frame, and beside it what is left on a machine.
fn call(draft: &Draft) -> Result<Rendered, Problem> {
    let problem = |bad: BadTemplate| template_problem(Field::Body, bad);
    // Where a fault is, is said of what the writer typed.
    Template::text(&draft.body).map_err(problem)?;
    Ok(Rendered {
        subject: Template::line("").map_err(problem)?,
        html: Template::text(script::VOICEMAIL).map_err(problem)?,
        text: Template::text(&script::frame(&draft.body)).map_err(problem)?,
    })
}

/// A printed piece: heading or front in two lines, and text blocks that are set as they are filled. One
/// that is too long for its paper with made-up values cannot be saved.
fn printed(draft: &Draft) -> Result<Rendered, Problem> {
    let of = |field, bad: BadTemplate| template_problem(field, bad);
    let rendered = Rendered {
        subject: Template::line(&draft.subject).map_err(|bad| of(Field::Subject, bad))?,
        html: Template::text(&draft.preheader).map_err(|bad| of(Field::Preheader, bad))?,
        text: Template::text(&draft.body).map_err(|bad| of(Field::Body, bad))?,
    };
    match crate::print::proof(draft.format, &rendered, &samples(draft)) {
        Ok(_) => Ok(rendered),
        Err(unset) => Err(Problem::new(Field::Body, unset.to_string())),
    }
}

/// Values that stand for a person's in previews.
#[must_use]
pub fn samples(draft: &Draft) -> Variables {
    let mut samples = Variables::new();
    for source in [&draft.subject, &draft.preheader, &draft.body, &draft.text] {
        for slot in slots(source).unwrap_or_default() {
            let value = format!("[{}]", slot.name);
            samples.set(slot.name, value);
        }
    }
    for variable in VARIABLES {
        samples.set(variable.name, variable.sample);
    }
    samples
}

fn html(draft: &Draft) -> Result<String, Problem> {
    let source = to_mjml(&draft.body);
    guard(&source)?;
    let mut document = parse(&source)?;
    let frame = parse(&frame(&draft.preheader, draft.class.footer()))?;
    let foot = frame
        .children
        .body
        .map(|body| body.children)
        .unwrap_or_default();
    let Some(body) = document.children.body.as_mut() else {
        return Err(Problem::new(
            Field::Body,
            "there is no `<mj-body>` inside `<mjml>`",
        ));
    };
    body.children.extend(foot);
    let mut head = frame.children.head.unwrap_or_default();
    let own = document
        .children
        .head
        .take()
        .map(|head| head.children)
        .unwrap_or_default();
    // The preheader is the version's own field; a second one would not be reviewed with it.
    let kept = own
        .into_iter()
        .filter(|child| !matches!(child, MjHeadChild::MjPreview(_)));
    head.children.extend(kept);
    document.children.head = Some(head);
    document
        .attributes
        .lang
        .get_or_insert_with(|| "en".to_owned());
    let options = RenderOptions {
        disable_comments: true,
        social_icon_origin: None,
        fonts: HashMap::new(),
    };
    document
        .render(&options)
        .map_err(|error| Problem::new(Field::Body, error.to_string()))
}

fn parse(source: &str) -> Result<Mjml, Problem> {
    let parsed = mrml::parse(source);
    parsed
        .map(|parsed| parsed.element)
        .map_err(|error| Problem::new(Field::Body, format!("this MJML cannot be read: {error}")))
}

/// Refuses what must not reach the renderer.
fn guard(source: &str) -> Result<(), Problem> {
    let lower = source.to_ascii_lowercase();
    for (part, why) in REFUSED {
        if let Some(at) = lower.find(part) {
            return Err(Problem::new(Field::Body, *why).at(position(source, at)));
        }
    }
    let mut depth = 0_usize;
    for (at, _) in source.match_indices('<') {
        let rest = source.get(at + 1..).unwrap_or_default();
        let tag = rest.split('>').next().unwrap_or_default();
        if rest.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !tag.ends_with('/') {
            depth += 1;
        }
        if depth > MAX_DEPTH {
            let says = format!("elements stand in each other more than {MAX_DEPTH} deep");
            return Err(Problem::new(Field::Body, says).at(position(source, at)));
        }
    }
    Ok(())
}

/// A fault found in the rendered HTML, told at the variable's place in what the writer typed.
fn place(draft: &Draft, bad: BadTemplate) -> Problem {
    let problem = Problem::new(Field::Body, bad.says);
    let Some(name) = bad.variable else {
        return problem;
    };
    let typed = slots(&draft.body).unwrap_or_default().into_iter();
    let problem = problem.about(&name);
    match typed
        .filter(|slot| slot.name == name)
        .map(|slot| slot.at)
        .next()
    {
        Some(at) => problem.at(at),
        None => problem,
    }
}

fn position(source: &str, at: usize) -> (u32, u32) {
    let before = source.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |rest| rest.chars().count())
        + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}
