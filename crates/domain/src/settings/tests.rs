use super::*;

fn carrier() -> Carrier {
    Carrier {
        host: "mail.example.org".to_owned(),
        port: 587,
        tls: Tls::Required,
        role: VendorRole::EmailService,
        is_baa_on_file: true,
        country: "US".to_owned(),
    }
}

#[track_caller]
fn check(carrier: &Carrier, expected: &[&str]) {
    let fields: Vec<_> = carrier
        .faults()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, expected);
}

#[test]
fn a_carrier_elsewhere_is_reached_encrypted_or_not_at_all() {
    check(&carrier(), &[]);
    check(
        &Carrier {
            tls: Tls::Off,
            ..carrier()
        },
        &["tls"],
    );
    check(
        &Carrier {
            tls: Tls::Off,
            host: "127.0.0.1".to_owned(),
            ..carrier()
        },
        &[],
    );
    check(
        &Carrier {
            host: "mail.example.org\r\nX: y".to_owned(),
            ..carrier()
        },
        &["host"],
    );
    check(
        &Carrier {
            port: 0,
            country: "us".to_owned(),
            ..carrier()
        },
        &["port", "country"],
    );
}

#[test]
fn an_organization_needs_a_name_an_address_and_a_zone() {
    let organization = Organization {
        name: "Bad\nName".to_owned(),
        postal_address: " ".to_owned(),
        actor: ActorKind::CoveredProvider,
        time_zone: "Mars/Olympus".to_owned(),
    };
    let fields: Vec<_> = organization
        .faults()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["name", "postal_address", "time_zone"]);
}

#[test]
fn nothing_set_means_careful_and_disarmed() {
    let settings = Settings::default();
    assert_eq!(settings.strictness, Strictness::Conservative);
    assert!(!settings.is_armed && settings.carrier.is_none());
}
