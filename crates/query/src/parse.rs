//! A text becomes a tree, by precedence climbing. Nothing in here recurses deeper than `NESTING_LIMIT` allows.

use crate::ast::{Binary, Expr, Name, Node, Sense, level};
use crate::error::{QueryError, Span};
use crate::lex::{Lexeme, Token, lex};

/// Levels of brackets, calls and operators within each other.
pub const NESTING_LIMIT: usize = 64;

/// Items of an `in` list, arguments of a call, parts of one chain of `and` or `or`.
pub const LIST_LIMIT: usize = 1_000;

/// Words that are no names where they stand bare; a field of such a name is written in back quotes.
const KEYWORDS: [&str; 9] = [
    "and", "or", "not", "in", "is", "null", "under", "true", "false",
];

/// The tree of `text`. A blank text is the empty filter.
pub fn parse(text: &str) -> Result<Expr, QueryError> {
    let mut parser = Parser {
        lexemes: lex(text)?,
        at: 0,
        nesting: 0,
    };
    if parser.token() == &Token::End {
        return Ok(Expr::new(Span::default(), Node::And(Vec::new())));
    }
    let expr = parser.expression(level::OR)?;
    match parser.token() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected()),
    }
}

/// Whether `word` must stand in back quotes to be a name.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

struct Parser {
    lexemes: Vec<Lexeme>,
    at: usize,
    nesting: usize,
}

/// What stands between two operands.
#[derive(Clone, Copy)]
enum Infix {
    And,
    Or,
    Binary(Binary),
    In(Sense),
    Is,
}

impl Parser {
    fn token(&self) -> &Token {
        &self.lexemes[self.at].token
    }

    fn ahead(&self) -> &Token {
        &self.lexemes[(self.at + 1).min(self.lexemes.len() - 1)].token
    }

    fn span(&self) -> Span {
        self.lexemes[self.at].span
    }

    /// Steps over a word and answers its place; stays on the end.
    fn step(&mut self) -> Span {
        let span = self.span();
        if self.at + 1 < self.lexemes.len() {
            self.at += 1;
        }
        span
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        word_is(self.token(), word)
    }

    fn unexpected(&self) -> QueryError {
        let span = self.span();
        match self.token() {
            Token::End => QueryError::at(span, "unexpected_end"),
            Token::Name(word) | Token::Quoted(word) => {
                QueryError::at(span, "unexpected").with("found", word)
            }
            Token::Sign(sign) => QueryError::at(span, "unexpected").with("found", sign),
            Token::Me => QueryError::at(span, "unexpected").with("found", "$me"),
            Token::Text(_) | Token::Number(_) | Token::Duration(_) => {
                QueryError::at(span, "unexpected_value")
            }
        }
    }

    fn expect(&mut self, sign: &'static str) -> Result<Span, QueryError> {
        if self.is_sign(sign) {
            return Ok(self.step());
        }
        Err(QueryError::at(self.span(), "expected").with("wanted", sign))
    }

    fn expression(&mut self, least: u8) -> Result<Expr, QueryError> {
        self.nesting += 1;
        if self.nesting > NESTING_LIMIT {
            return Err(QueryError::at(self.span(), "too_deep").with("limit", NESTING_LIMIT));
        }
        let mut left = self.prefix(least)?;
        while let Some((infix, binds)) = self.infix()
            && binds >= least
        {
            if binds == level::COMPARE && level_of(&left) == level::COMPARE && !self.closed_before()
            {
                return Err(QueryError::at(self.span(), "chained_comparison"));
            }
            left = self.join(left, infix)?;
        }
        self.nesting -= 1;
        Ok(left)
    }

    /// Whether what was just read ended with a bracket, so that a comparison in it stands for itself.
    fn closed_before(&self) -> bool {
        self.at > 0 && self.lexemes[self.at - 1].token == Token::Sign(")")
    }

    fn node(&self, span: Span, node: Node) -> Result<Expr, QueryError> {
        let items = match &node {
            Node::And(list)
            | Node::Or(list)
            | Node::Call { args: list, .. }
            | Node::In { list, .. } => list.len(),
            _ => 0,
        };
        if items > LIST_LIMIT {
            return Err(QueryError::at(span, "too_many_items").with("limit", LIST_LIMIT));
        }
        let expr = Expr::new(span, node);
        if expr.depth > NESTING_LIMIT {
            return Err(QueryError::at(span, "too_deep").with("limit", NESTING_LIMIT));
        }
        Ok(expr)
    }

    /// The operator that stands here and how tightly it binds, without stepping over it.
    fn infix(&self) -> Option<(Infix, u8)> {
        let binary = |op: Binary| Some((Infix::Binary(op), op.level()));
        match self.token() {
            Token::Sign(sign) => match *sign {
                "+" => binary(Binary::Add),
                "-" => binary(Binary::Subtract),
                "*" => binary(Binary::Multiply),
                "/" => binary(Binary::Divide),
                "=" => binary(Binary::Equal),
                "!=" => binary(Binary::NotEqual),
                "<" => binary(Binary::Less),
                "<=" => binary(Binary::LessOrEqual),
                ">" => binary(Binary::Greater),
                ">=" => binary(Binary::GreaterOrEqual),
                "~" => binary(Binary::Contains),
                "!~" => binary(Binary::NotContains),
                "^=" => binary(Binary::StartsWith),
                _ => None,
            },
            word if word_is(word, "and") => Some((Infix::And, level::AND)),
            word if word_is(word, "or") => Some((Infix::Or, level::OR)),
            word if word_is(word, "under") => binary(Binary::Under),
            word if word_is(word, "in") => Some((Infix::In(Sense::Plain), level::COMPARE)),
            word if word_is(word, "not") && word_is(self.ahead(), "in") => {
                Some((Infix::In(Sense::Negated), level::COMPARE))
            }
            word if word_is(word, "is") => Some((Infix::Is, level::COMPARE)),
            _ => None,
        }
    }

    /// Reads the operator and what follows it.
    fn join(&mut self, left: Expr, infix: Infix) -> Result<Expr, QueryError> {
        self.step();
        match infix {
            Infix::And => {
                let right = self.expression(level::NOT)?;
                self.node(
                    left.span.to(right.span),
                    Node::And(flat(left, right, Infix::And)),
                )
            }
            Infix::Or => {
                let right = self.expression(level::AND)?;
                self.node(
                    left.span.to(right.span),
                    Node::Or(flat(left, right, Infix::Or)),
                )
            }
            Infix::Binary(op) => {
                let right = self.expression(op.level() + 1)?;
                let span = left.span.to(right.span);
                self.node(
                    span,
                    Node::Binary {
                        op,
                        left: Box::new(left),
                        right: Box::new(right),
                    },
                )
            }
            Infix::In(sense) => {
                if sense == Sense::Negated {
                    self.step();
                }
                self.membership(left, sense)
            }
            Infix::Is => {
                let sense = if self.is_word("not") {
                    Sense::Negated
                } else {
                    Sense::Plain
                };
                if sense == Sense::Negated {
                    self.step();
                }
                if !self.is_word("null") {
                    return Err(QueryError::at(self.span(), "expected").with("wanted", "null"));
                }
                let span = left.span.to(self.step());
                self.node(
                    span,
                    Node::IsNull {
                        left: Box::new(left),
                        sense,
                    },
                )
            }
        }
    }

    /// What follows `in`: a list in brackets, or the path of a list.
    fn membership(&mut self, left: Expr, sense: Sense) -> Result<Expr, QueryError> {
        let left = Box::new(left);
        if self.is_sign("(") {
            let (list, end) = self.list()?;
            if list.is_empty() {
                return Err(QueryError::at(end, "empty_list"));
            }
            return self.node(left.span.to(end), Node::In { left, list, sense });
        }
        match self.token() {
            Token::Name(word) if !is_keyword(word) => {}
            Token::Quoted(_) => {}
            _ => return Err(QueryError::at(self.span(), "expected").with("wanted", "(")),
        }
        let list = Box::new(self.path()?);
        self.node(left.span.to(list.span), Node::Within { left, list, sense })
    }

    /// `(a, b)`, and the place of its closing bracket.
    fn list(&mut self) -> Result<(Vec<Expr>, Span), QueryError> {
        self.expect("(")?;
        let mut list = Vec::new();
        if self.is_sign(")") {
            return Ok((list, self.step()));
        }
        loop {
            list.push(self.expression(level::OR)?);
            if list.len() > LIST_LIMIT {
                return Err(QueryError::at(self.span(), "too_many_items").with("limit", LIST_LIMIT));
            }
            if !self.is_sign(",") {
                return Ok((list, self.expect(")")?));
            }
            self.step();
        }
    }

    fn prefix(&mut self, least: u8) -> Result<Expr, QueryError> {
        let start = self.span();
        match self.token().clone() {
            Token::Sign("-") => {
                self.step();
                let operand = self.expression(level::NEGATE)?;
                self.negate(start.to(operand.span), operand)
            }
            Token::Sign("(") => {
                self.step();
                let inner = self.expression(level::OR)?;
                self.expect(")")?;
                Ok(inner)
            }
            word if word_is(&word, "not") && least <= level::NOT => {
                self.step();
                let operand = self.expression(level::NOT)?;
                self.node(start.to(operand.span), Node::Not(Box::new(operand)))
            }
            Token::Text(text) => self.literal(Node::Text(text)),
            Token::Number(number) => self.literal(Node::Number(number)),
            Token::Duration(length) => self.literal(Node::Duration(length)),
            word if word_is(&word, "null") => self.literal(Node::Null),
            word if word_is(&word, "true") => self.literal(Node::Bool(true)),
            word if word_is(&word, "false") => self.literal(Node::Bool(false)),
            Token::Me => {
                self.step();
                let names = self.names_after_point()?;
                let end = names.last().map_or(start, |name| name.span);
                self.node(start.to(end), Node::Me(names))
            }
            Token::Name(word) if is_keyword(&word) => Err(self.unexpected()),
            Token::Name(word) if *self.ahead() == Token::Sign("(") => {
                let name = Name {
                    text: word,
                    span: self.step(),
                };
                let (args, end) = self.list()?;
                self.node(start.to(end), Node::Call { name, args })
            }
            Token::Name(_) | Token::Quoted(_) => self.path(),
            Token::Sign(_) | Token::End => Err(self.unexpected()),
        }
    }

    fn literal(&mut self, node: Node) -> Result<Expr, QueryError> {
        let span = self.step();
        self.node(span, node)
    }

    /// A minus before a literal is part of the literal.
    fn negate(&self, span: Span, operand: Expr) -> Result<Expr, QueryError> {
        match operand.node {
            Node::Number(number) => self.node(span, Node::Number(-number)),
            Node::Duration(length) => {
                let negated = length
                    .negated()
                    .ok_or_else(|| QueryError::at(span, "too_many_digits"))?;
                self.node(span, Node::Duration(negated))
            }
            _ => self.node(span, Node::Negate(Box::new(operand))),
        }
    }

    fn path(&mut self) -> Result<Expr, QueryError> {
        let mut names = vec![self.name()?];
        names.extend(self.names_after_point()?);
        let span = names
            .iter()
            .fold(names[0].span, |span, name| span.to(name.span));
        self.node(span, Node::Path(names))
    }

    fn names_after_point(&mut self) -> Result<Vec<Name>, QueryError> {
        let mut names = Vec::new();
        while self.is_sign(".") {
            self.step();
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// After a point, keywords are names too.
    fn name(&mut self) -> Result<Name, QueryError> {
        match self.token().clone() {
            Token::Name(text) | Token::Quoted(text) => Ok(Name {
                text,
                span: self.step(),
            }),
            _ => Err(self.unexpected()),
        }
    }
}

fn word_is(token: &Token, word: &str) -> bool {
    matches!(token, Token::Name(found) if found.eq_ignore_ascii_case(word))
}

fn flat(left: Expr, right: Expr, infix: Infix) -> Vec<Expr> {
    let mut list = Vec::new();
    for side in [left, right] {
        match (side.node, infix) {
            (Node::And(inner), Infix::And) | (Node::Or(inner), Infix::Or) => list.extend(inner),
            (node, _) => list.push(Expr {
                span: side.span,
                node,
                depth: side.depth,
            }),
        }
    }
    list
}

/// How tightly a node binds.
pub(crate) fn level_of(expr: &Expr) -> u8 {
    match &expr.node {
        Node::Or(_) => level::OR,
        Node::And(_) => level::AND,
        Node::Not(_) => level::NOT,
        Node::Binary { op, .. } => op.level(),
        Node::In { .. } | Node::Within { .. } | Node::IsNull { .. } => level::COMPARE,
        Node::Negate(_) => level::NEGATE,
        _ => level::ATOM,
    }
}
