//! Text into tokens.

use super::{Fault, Op};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number(f64),
    Compare(Op),
    And,
    Or,
    Not,
    Dot,
    Comma,
    Open,
    Close,
    OpenList,
    CloseList,
}

pub(super) fn tokens(source: &str) -> Result<Vec<(usize, Token)>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = source.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let token = match c {
            c if c.is_ascii_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenList,
            ']' => Token::CloseList,
            ',' => Token::Comma,
            '.' => Token::Dot,
            '!' if rest.next_if(|(_, c)| *c == '=').is_some() => Token::Compare(Op::Ne),
            '!' => Token::Not,
            '<' if rest.next_if(|(_, c)| *c == '=').is_some() => Token::Compare(Op::Le),
            '<' => Token::Compare(Op::Lt),
            '>' if rest.next_if(|(_, c)| *c == '=').is_some() => Token::Compare(Op::Ge),
            '>' => Token::Compare(Op::Gt),
            '=' if rest.next_if(|(_, c)| *c == '=').is_some() => Token::Compare(Op::Eq),
            '&' if rest.next_if(|(_, c)| *c == '&').is_some() => Token::And,
            '|' if rest.next_if(|(_, c)| *c == '|').is_some() => Token::Or,
            '"' | '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some((_, end)) if end == c => break,
                        Some((at, '\\')) => {
                            return Err(Fault::new(at, "a string may not hold a backslash"));
                        }
                        Some((_, c)) => text.push(c),
                        None => return Err(Fault::new(at, "this string does not end")),
                    }
                }
                Token::Text(text)
            }
            c if c.is_ascii_digit() => {
                let mut digits = String::from(c);
                while let Some((_, c)) = rest.next_if(|(_, c)| c.is_ascii_digit() || *c == '.') {
                    digits.push(c);
                }
                let number = digits.parse().map_err(|_| Fault::new(at, "not a number"))?;
                Token::Number(number)
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = String::from(c);
                while let Some((_, c)) =
                    rest.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_')
                {
                    name.push(c);
                }
                Token::Name(name)
            }
            c => {
                return Err(Fault::new(
                    at,
                    format!("`{}` has no meaning here", c.escape_default()),
                ));
            }
        };
        tokens.push((at, token));
    }
    Ok(tokens)
}
