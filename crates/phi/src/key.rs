//! What a word tells the rules: the groups of `data/words/keywords.txt`, in its order.

macro_rules! keys {
    ($($name:ident)*) => {
        /// A group of words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[expect(missing_docs, reason = "the words of each group stand in data/words/keywords.txt")]
        pub enum Key {
            #[default]
            $($name,)*
        }

        impl Key {
            /// Their names, in order.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];
            const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

keys! {
    None Title Role NameLabel NameVerb Greet SignOff Month Weekday StreetSuffix StreetPrefix Unit State Facility FacilityMore FacilityStart Mrn Record Plan Account License Vehicle Device Ssn Phone Fax Email IdCue NumberCue Zip Dob City Address Seen DateCue Ask NegCue Unit2 Eponym EponymHead Particle NameSuffix Ninety AgeUnit AgeCue Prep Relative Org Demonym Country Url UrlName UrlPerson Dot At Pronoun Intro Ward Hash Digit Clinical ClickId Brand
}

impl Key {
    pub(crate) fn from_number(number: u32) -> Self {
        Self::ALL.get(number as usize).copied().unwrap_or_default()
    }
}
