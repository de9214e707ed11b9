//! The frame of every page: rail, skip link, landmarks, one `main`.

use maud::{DOCTYPE, Markup, html};
use placet_domain::operator::Capability;

use crate::assets;
use crate::components::post_button;
use crate::session::{IDLE_MINUTES, Viewer};

/// The places of the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What waits for me.
    Today,
    /// Campaigns and their deliveries.
    Campaigns,
    /// Letters and cards on their way to the printer.
    Print,
    /// People called one at a time.
    Calls,
    /// Audiences and their waterfall.
    Audiences,
    /// Content and its reviews.
    Content,
    /// People and what is held of them.
    People,
    /// Sources, the detector, Safe Harbor.
    Data,
    /// What it brought, from sums alone.
    Measure,
    /// Receipts and proofs.
    Ledger,
    /// Operators, organization, carrier.
    Settings,
    /// One's own account; not in the rail.
    Account,
}

impl Place {
    const RAIL: [Self; 11] = [
        Self::Today,
        Self::Campaigns,
        Self::Print,
        Self::Calls,
        Self::Audiences,
        Self::Content,
        Self::People,
        Self::Data,
        Self::Measure,
        Self::Ledger,
        Self::Settings,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Campaigns => "Campaigns",
            Self::Print => "Print",
            Self::Calls => "Calls",
            Self::Audiences => "Audiences",
            Self::Content => "Content",
            Self::People => "People",
            Self::Data => "Data",
            Self::Measure => "Measure",
            Self::Ledger => "Ledger",
            Self::Settings => "Settings",
            Self::Account => "Your account",
        }
    }

    fn href(self) -> &'static str {
        match self {
            Self::Today => "/",
            Self::Campaigns => "/campaigns",
            Self::Print => "/print",
            Self::Calls => "/calls",
            Self::Audiences => "/audiences",
            Self::Content => "/content",
            Self::People => "/people",
            Self::Data => "/data",
            Self::Measure => "/measure",
            Self::Ledger => "/ledger",
            Self::Settings => "/settings",
            Self::Account => "/account",
        }
    }

    /// A role without it does not see the place at all.
    fn needs(self) -> Capability {
        match self {
            Self::Today | Self::Account => Capability::ViewToday,
            Self::Campaigns => Capability::ViewCampaigns,
            Self::Print => Capability::PrintPieces,
            Self::Calls => Capability::MakeCalls,
            Self::Audiences => Capability::ViewAudiences,
            Self::Content => Capability::ViewContent,
            Self::People => Capability::ViewPeople,
            Self::Data => Capability::ViewData,
            Self::Measure => Capability::ViewMeasures,
            Self::Ledger => Capability::ViewLedger,
            Self::Settings => Capability::ViewSettings,
        }
    }
}

/// A page for a signed-in operator. `body` holds its one `h1` (see `components::header`).
pub fn page(viewer: &Viewer, place: Place, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-idle=(IDLE_MINUTES * 60) {
            (head(title, "Placet", true))
            body {
                (skip())
                div.frame {
                    (rail(viewer, place))
                    div { main #main tabindex="-1" { (body) } }
                }
            }
        }
    }
}

/// A page outside the frame: sign-in, errors.
pub fn alone(title: &str, body: &Markup) -> Markup {
    outside(title, "en", "alone", (&brand("/"), "Placet"), true, body)
}

/// A page outside the frame with room for a table.
pub fn wide(title: &str, body: &Markup) -> Markup {
    outside(
        title,
        "en",
        "alone wide",
        (&brand("/"), "Placet"),
        true,
        body,
    )
}

/// A page for a person who holds a signed link: larger text, no rail, no way into the staff's
/// pages. `organization` is who writes to them; `lang` is `en` or `es`.
pub fn patient(lang: &str, organization: &str, title: &str, body: &Markup) -> Markup {
    let head = html! { p.brand { (mark()) span { (organization) } } };
    outside(
        title,
        lang,
        "alone patient",
        (&head, organization),
        false,
        body,
    )
}

fn outside(
    title: &str,
    lang: &str,
    class: &str,
    (top, whose): (&Markup, &str),
    script: bool,
    body: &Markup,
) -> Markup {
    let skip_words = if lang == "es" {
        "Ir al contenido"
    } else {
        "Skip to the content"
    };
    html! {
        (DOCTYPE)
        html lang=(lang) {
            (head(title, whose, script))
            body {
                a.skip href="#main" { (skip_words) }
                div class=(class) {
                    header { (top) }
                    main #main tabindex="-1" { (body) }
                }
            }
        }
    }
}

fn head(title: &str, whose: &str, script: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="robots" content="noindex, nofollow";
            title { (title) @if !whose.is_empty() { " · " (whose) } }
            link rel="icon" type="image/svg+xml" href=(assets::mark());
            link rel="stylesheet" href=(assets::style());
            @if script { script src=(assets::script()) defer {} }
        }
    }
}

fn skip() -> Markup {
    html! { a.skip href="#main" { "Skip to the content" } }
}

fn mark() -> Markup {
    html! { img src=(assets::mark()) width="24" height="24" alt=""; }
}

fn brand(href: &str) -> Markup {
    html! { a.brand href=(href) { (mark()) span { "Placet" } } }
}

fn rail(viewer: &Viewer, here: Place) -> Markup {
    let places = Place::RAIL
        .into_iter()
        .filter(|place| viewer.can(place.needs()));
    html! {
        header.rail {
            (brand("/"))
            nav aria-label="Main" {
                ul {
                    @for place in places {
                        li {
                            a href=(place.href()) aria-current=[(place == here).then_some("page")] {
                                (place.label())
                            }
                        }
                    }
                }
            }
            div.who {
                p { a href="/account" aria-current=[(here == Place::Account).then_some("page")] { (viewer.name) } }
                (post_button(&viewer.csrf, "/sign-out", "Sign out", "link"))
            }
        }
    }
}
