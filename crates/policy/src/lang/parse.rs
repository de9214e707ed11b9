//! Tokens into an expression. Chains of `&&` and `||` are flat, so only brackets nest.

use super::token::{Token, tokens};
use super::{Expr, ExprKind, Fault, MAX_BYTES, MAX_DEPTH};

/// Parses one condition.
pub(crate) fn parse(source: &str) -> Result<Expr, Fault> {
    if source.len() > MAX_BYTES {
        return Err(Fault::new(
            0,
            format!("a condition may have {MAX_BYTES} bytes at most"),
        ));
    }
    let mut parser = Parser {
        tokens: tokens(source)?,
        next: 0,
        end: source.len(),
        depth: 0,
    };
    let expr = parser.or()?;
    match parser.tokens.get(parser.next) {
        Some((at, _)) => Err(Fault::new(*at, "expected the end of the condition")),
        None => Ok(expr),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.next += 1;
        }
        found
    }

    fn expect(&mut self, token: &Token, what: &str) -> Result<(), Fault> {
        if self.take(token) {
            Ok(())
        } else {
            Err(Fault::new(self.at(), format!("expected {what}")))
        }
    }

    fn or(&mut self) -> Result<Expr, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(
                self.at(),
                format!("nested deeper than {MAX_DEPTH}"),
            ));
        }
        let at = self.at();
        let mut list = vec![self.and()?];
        while self.take(&Token::Or) {
            list.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(list, at, ExprKind::Or))
    }

    fn and(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        let mut list = vec![self.relation()?];
        while self.take(&Token::And) {
            list.push(self.relation()?);
        }
        Ok(one_or(list, at, ExprKind::And))
    }

    fn relation(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        let left = self.unary()?;
        let op = match self.peek() {
            Some(Token::Compare(op)) => Some(*op),
            Some(Token::Name(name)) if name == "in" => None,
            _ => return Ok(left),
        };
        self.next += 1;
        let right = self.unary()?;
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match op {
            Some(op) => ExprKind::Compare(op, left, right),
            None => ExprKind::In(left, right),
        };
        Ok(Expr { at, kind })
    }

    fn unary(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        let mut negated = false;
        while self.take(&Token::Not) {
            negated = !negated;
        }
        let inner = self.primary()?;
        if !negated {
            return Ok(inner);
        }
        Ok(Expr {
            at,
            kind: ExprKind::Not(Box::new(inner)),
        })
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        let at = self.at();
        let Some(token) = self.peek().cloned() else {
            return Err(Fault::new(at, "the condition ends too early"));
        };
        self.next += 1;
        let kind = match token {
            Token::Number(number) => ExprKind::Number(number),
            Token::Text(text) => ExprKind::Text(text),
            Token::Open => {
                let inner = self.or()?;
                self.expect(&Token::Close, "`)`")?;
                return Ok(inner);
            }
            Token::OpenList => ExprKind::List(self.arguments(&Token::CloseList, "`]`")?),
            Token::Name(name) => match name.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                _ => return self.named(name, at),
            },
            _ => return Err(Fault::new(at, "expected a fact, a value or `(`")),
        };
        Ok(Expr { at, kind })
    }

    /// A fact, a call, or `list.exists(…)`, after its first name was taken.
    fn named(&mut self, first: String, at: usize) -> Result<Expr, Fault> {
        if self.take(&Token::Open) {
            let list = self.arguments(&Token::Close, "`)`")?;
            return Ok(Expr {
                at,
                kind: ExprKind::Call(first, list),
            });
        }
        let mut path = first;
        while self.take(&Token::Dot) {
            let name_at = self.at();
            let Some(Token::Name(name)) = self.peek().cloned() else {
                return Err(Fault::new(name_at, "expected a name after `.`"));
            };
            self.next += 1;
            if self.take(&Token::Open) {
                return self.each(path, &name, name_at, at);
            }
            path.push('.');
            path.push_str(&name);
        }
        Ok(Expr {
            at,
            kind: ExprKind::Name(path),
        })
    }

    fn each(&mut self, list: String, name: &str, name_at: usize, at: usize) -> Result<Expr, Fault> {
        let every = match name {
            "exists" => false,
            "all" => true,
            _ => {
                return Err(Fault::new(
                    name_at,
                    "only `exists` and `all` can be asked of a list",
                ));
            }
        };
        let var_at = self.at();
        let Some(Token::Name(var)) = self.peek().cloned() else {
            return Err(Fault::new(var_at, "expected the name of an item"));
        };
        self.next += 1;
        self.expect(&Token::Comma, "`,`")?;
        let body = Box::new(self.or()?);
        self.expect(&Token::Close, "`)`")?;
        Ok(Expr {
            at,
            kind: ExprKind::Each {
                list,
                every,
                var,
                body,
            },
        })
    }

    fn arguments(&mut self, close: &Token, what: &str) -> Result<Vec<Expr>, Fault> {
        let mut list = Vec::new();
        if self.take(close) {
            return Ok(list);
        }
        loop {
            list.push(self.or()?);
            if self.take(&Token::Comma) {
                continue;
            }
            self.expect(close, what)?;
            return Ok(list);
        }
    }
}

fn one_or(mut list: Vec<Expr>, at: usize, many: impl FnOnce(Vec<Expr>) -> ExprKind) -> Expr {
    match list.pop() {
        Some(only) if list.is_empty() => only,
        last => {
            list.extend(last);
            Expr {
                at,
                kind: many(list),
            }
        }
    }
}
