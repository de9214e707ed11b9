//! The words of the person's pages, in English and Spanish. Short sentences, no term of law.

use placet_domain::channel::Channel;
use placet_domain::preference::Topic;

/// A language that these pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// The language of this code; English when it is no Spanish.
    pub(super) fn of(code: &str) -> Self {
        let code = code.trim_start();
        if code
            .get(..2)
            .is_some_and(|two| two.eq_ignore_ascii_case("es"))
        {
            Self::Spanish
        } else {
            Self::English
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// One of two texts.
    pub(super) fn say<'a>(self, english: &'a str, spanish: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Spanish => spanish,
        }
    }

    pub(super) fn channel(self, channel: Channel) -> &'static str {
        match self {
            Self::English => channel.label(),
            Self::Spanish => match channel {
                Channel::Email => "Correo electrónico",
                Channel::Sms => "Mensaje de texto",
                Channel::VoiceLive => "Llamada",
                Channel::Postal => "Correo postal",
            },
        }
    }

    pub(super) fn topic(self, topic: Topic) -> &'static str {
        match self {
            Self::English => topic.label(),
            Self::Spanish => match topic {
                Topic::CareReminders => "Recordatorios sobre mi atención",
                Topic::HealthEducation => "Consejos de salud y clases",
                Topic::Services => "Servicios y ofertas",
                Topic::Events => "Eventos de la comunidad",
                Topic::Fundraising => "Donaciones y la fundación",
                Topic::Surveys => "Encuestas y opiniones",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_is_spoken_to_whoever_asks_for_it_first() {
        for (asked, language) in [
            ("es-MX,es;q=0.9,en;q=0.8", Language::Spanish),
            ("ES", Language::Spanish),
            ("en-US,es;q=0.5", Language::English),
            ("", Language::English),
            ("e", Language::English),
            ("é", Language::English),
        ] {
            assert_eq!(Language::of(asked), language, "{asked}");
        }
    }
}
