//! The short lists from which invented people get names, streets and places.

#[rustfmt::skip]
pub const GIVEN: [&str; 72] = [
    "Ada", "Alma", "Amos", "Anika", "Aria", "Asa", "Bea", "Bela", "Boris", "Cara", "Cato", "Cora",
    "Dara", "Dario", "Della", "Edna", "Eli", "Elsa", "Emil", "Enzo", "Esme", "Ezra", "Fern", "Finn",
    "Flora", "Gus", "Hana", "Hugo", "Ida", "Igor", "Ines", "Iris", "Ivan", "Jada", "Jonas", "Juno",
    "Kai", "Kira", "Lana", "Lars", "Leah", "Lena", "Lia", "Linus", "Lola", "Luca", "Mabel", "Maya",
    "Milo", "Mina", "Nell", "Nico", "Nina", "Noor", "Olga", "Omar", "Opal", "Otis", "Paz", "Pia",
    "Quin", "Rafa", "Remy", "Rhea", "Rosa", "Sami", "Sana", "Tess", "Theo", "Uma", "Vera", "Zoe",
];

#[rustfmt::skip]
pub const MIDDLE: [&str; 16] = [
    "", "", "", "", "", "", "", "", "", "", "Ann", "Jo", "Lee", "Mae", "Ray", "Rue",
];

/// A family name is a beginning and an end: 900 of them.
#[rustfmt::skip]
pub const FAMILY_BEGIN: [&str; 36] = [
    "Alder", "Ash", "Bar", "Beck", "Birch", "Black", "Bram", "Brook", "Cald", "Clay", "Copper",
    "Crane", "Dun", "East", "Elm", "Fair", "Fern", "Gold", "Grey", "Hart", "Hazel", "Holly", "Kirk",
    "Lang", "Lin", "Mar", "Mill", "North", "Oak", "Rook", "Sand", "Thorn", "Wake", "West", "Win", "Wren",
];
#[rustfmt::skip]
pub const FAMILY_END: [&str; 25] = [
    "berg", "bourne", "bridge", "brook", "burn", "bury", "by", "dale", "den", "field", "ford", "gate",
    "ham", "hill", "house", "land", "ley", "man", "mere", "more", "side", "stead", "ton", "well", "wood",
];

#[rustfmt::skip]
pub const STREET: [&str; 24] = [
    "Acorn", "Bayview", "Cedar", "Cherry", "Chestnut", "Elm", "Forest", "Garden", "Grove", "Harbor",
    "Hickory", "Hill", "Lake", "Laurel", "Maple", "Meadow", "Mill", "Oak", "Orchard", "Park", "Pine",
    "River", "Spring", "Walnut",
];
pub const STREET_END: [&str; 6] = ["St", "Ave", "Rd", "Ln", "Ct", "Blvd"];

pub const DOMAIN: [&str; 4] = [
    "example.org",
    "example.com",
    "example.net",
    "mail.example.org",
];

/// A town: its state, weight, first digits of its ZIP codes, area code and time zone.
#[derive(Debug, Clone, Copy)]
pub struct Town {
    pub name: &'static str,
    pub state: &'static str,
    pub weight: u32,
    pub zip: u32,
    pub area: u32,
    pub zone: Option<&'static str>,
}

const fn town(
    name: &'static str,
    state: &'static str,
    weight: u32,
    zip: u32,
    area: u32,
    zone: Option<&'static str>,
) -> Town {
    Town {
        name,
        state,
        weight,
        zip,
        area,
        zone,
    }
}

const EASTERN: Option<&str> = Some("America/New_York");
const CENTRAL: Option<&str> = Some("America/Chicago");
const PACIFIC: Option<&str> = Some("America/Los_Angeles");

/// The hospital stands in Cleveland; some patients have moved, some travel far. In the west of
/// Kansas the ZIP code does not tell the time zone.
#[rustfmt::skip] // A table.
pub const TOWNS: [Town; 20] = [
    town("Cleveland",    "OH", 230, 44100, 216, EASTERN),
    town("Lakewood",     "OH", 90,  44107, 216, EASTERN),
    town("Akron",        "OH", 90,  44300, 330, EASTERN),
    town("Mentor",       "OH", 60,  44060, 440, EASTERN),
    town("Columbus",     "OH", 80,  43200, 614, EASTERN),
    town("Toledo",       "OH", 40,  43600, 419, EASTERN),
    town("Erie",         "PA", 80,  16500, 814, EASTERN),
    town("Pittsburgh",   "PA", 35,  15200, 412, EASTERN),
    town("Buffalo",      "NY", 60,  14200, 716, EASTERN),
    town("Detroit",      "MI", 55,  48200, 313, Some("America/Detroit")),
    town("Fort Wayne",   "IN", 20,  46800, 260, Some("America/Indiana/Indianapolis")),
    town("Chicago",      "IL", 20,  60600, 312, CENTRAL),
    town("Tampa",        "FL", 40,  33600, 813, EASTERN),
    town("Austin",       "TX", 25,  78700, 512, CENTRAL),
    town("El Paso",      "TX", 5,   79900, 915, Some("America/Denver")),
    town("San Diego",    "CA", 25,  92100, 619, PACIFIC),
    town("Seattle",      "WA", 20,  98100, 206, PACIFIC),
    town("Kansas City",  "KS", 12,  66100, 913, CENTRAL),
    town("Goodland",     "KS", 6,   67700, 785, None),
    town("Phoenix",      "AZ", 7,   85000, 602, Some("America/Phoenix")),
];
