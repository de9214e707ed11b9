//! Every way of saying stop that we know of, and those that only look like it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn l1_every_keyword_stops_in_any_case_and_both_languages() {
    for word in [
        "STOP",
        "Stop",
        "stop.",
        "STOP!!!",
        "stop all",
        "STOPALL",
        "quit",
        "END",
        "revoke",
        "OPT OUT",
        "opt-out",
        "OptOut",
        "Cancel",
        "UNSUBSCRIBE",
        "please stop",
        "Stop please",
        "stop now",
        "stop it",
        "No more",
        "alto",
        "ALTO",
        "Parar",
        "pare por favor",
        "BAJA",
        "Cancelar",
        "detener",
        "¡Basta!",
        "no más",
        "No mas",
        "fin",
        "salir",
        "desuscribirme",
        "revocar",
    ] {
        assert_eq!(wish(word), Some(Wish::Stop), "{word}");
    }
}

#[test]
fn l1_a_sentence_stops_as_well_as_a_word() {
    for text in [
        "please stop texting me",
        "Please STOP sending me these emails.",
        "stop with the messages already",
        "Don't text me again",
        "don’t ever contact me",
        "do not email me",
        "Do not call or write",
        "never contact me again",
        "I no longer wish to receive these e-mails",
        "I don't want any more messages from you",
        "take me off your list",
        "remove my number from your list please",
        "could you unsubscribe me?",
        "How do I opt out of this",
        "I revoke my consent",
        "leave me alone!",
        "no more texts",
        "Not interested in these emails",
        "quit emailing me",
        "Por favor dejen de mandarme mensajes",
        "deje de enviar correos",
        "no me escriban más",
        "No me envíen mensajes",
        "no me llamen",
        "ya no quiero recibir mensajes",
        "No deseo más correos",
        "quiero darme de baja",
        "quítenme de la lista",
        "eliminen mi número",
        "paren de llamar",
        "retiro mi consentimiento",
        "déjenme en paz",
    ] {
        assert_eq!(wish(text), Some(Wish::Stop), "{text}");
    }
}

#[test]
fn what_only_looks_like_a_stop_is_left_to_a_person() {
    for text in [
        "",
        "Thank you!",
        "Yes, I will be there",
        "cancel my appointment on Tuesday",
        "Can I cancel the visit and end early?",
        "Please don't stop sending these, I love them",
        "do not stop the emails",
        "I did not unsubscribe, why did they stop?",
        "never stop texting me",
        "no dejen de enviar correos",
        "I don't text much, please write a letter",
        "I do not want to miss the next message",
        "I will stop by tomorrow",
        "the bus stop is closed",
        "Where does the class end?",
        "My mother would like to get your emails as well",
        "no me acuerdo de la hora",
        "quiero cancelar mi cita",
    ] {
        assert_eq!(wish(text), None, "{text}");
    }
}

#[test]
fn help_is_told_apart() {
    for text in [
        "HELP",
        "help please",
        "Info",
        "Ayuda",
        "ayuda por favor",
        "información",
    ] {
        assert_eq!(wish(text), Some(Wish::Help), "{text}");
    }
}

#[test]
fn what_is_quoted_is_not_what_they_say() {
    for text in [
        "Thanks, see you there.\n\nOn Mon, Nov 2, 2026 at 9:00 AM Harbor Health <news@harbor.example> wrote:\n> Unsubscribe here",
        "Thanks\n> To stop these messages, unsubscribe",
        "Thanks\n-----Original Message-----\nFrom: Harbor\nunsubscribe",
        "Gracias\nEl lun, 2 nov 2026, Harbor escribió:\nunsubscribe",
        "Thanks\n-- \nA. Moss\nstop sending plastic to landfills",
        "Thanks\n________________________________\nFrom: Harbor Health\nunsubscribe",
    ] {
        assert_eq!(wish(&fresh(text)), None, "{text}");
    }
    let said = fresh("please stop emailing me\n\n> Unsubscribe here");
    assert_eq!(wish(&said), Some(Wish::Stop));
}

#[test]
fn an_out_of_office_is_known_by_header_and_by_subject() {
    let auto = |headers: &[(&'static str, &'static str)], subject: &str| {
        is_automatic(headers.iter().copied(), subject)
    };
    assert!(auto(&[("Auto-Submitted", "auto-replied")], "Re: News"));
    assert!(auto(&[("auto-submitted", "auto-generated")], "Re: News"));
    assert!(auto(&[("Precedence", "auto_reply")], ""));
    assert!(auto(&[("X-Autoreply", "yes")], ""));
    assert!(auto(&[("X-Auto-Response-Suppress", "All")], ""));
    assert!(auto(&[("Return-Path", "<>")], ""));
    assert!(auto(&[], "Automatic reply: Your news"));
    assert!(auto(&[], "Out of Office: back on Monday"));
    assert!(auto(&[], "Respuesta automática: noticias"));
    assert!(auto(&[], "Fuera de la oficina"));
    assert!(!auto(&[("Auto-Submitted", "no")], "Re: News"));
    assert!(!auto(&[("Return-Path", "<a@example.org>")], "Stop"));
}

#[test]
fn only_the_carriers_words_alone_ask_to_go_on() {
    for yes in ["START", "unstop", " Start. ", "INICIAR"] {
        assert!(is_start(yes), "{yes}");
    }
    for no in [
        "start sending me offers",
        "don't start",
        "yes",
        "",
        "STOP",
        "restart",
    ] {
        assert!(!is_start(no), "{no}");
    }
}
