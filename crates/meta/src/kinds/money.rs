//! An amount with its currency, and the amount in the organisation's currency, which is compared and summed.

use crate::catalog::Field;
use crate::currency;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::number;
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::value::{Money as Amount, Value};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

pub struct Money;
inventory::submit!(Registered(&Money));

impl Kind for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn options(&self) -> &'static [&'static str] {
        &["min", "most"]
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Money
    }

    /// The amount in the organisation's currency, the amount, the currency.
    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![
            ColumnSpec::new(&field.column, ColumnType::Int),
            ColumnSpec::new(format!("{}_amount", field.column), ColumnType::Int),
            ColumnSpec::new(format!("{}_currency", field.column), ColumnType::Text),
        ]
    }

    /// An object, or an amount alone: then `currency` stays empty and the engine fills the organisation's. The
    /// engine fills `base` in either case.
    fn parse(&self, field: &Field, json: &Json) -> Result<Value, Fault> {
        match json {
            Json::Object(members) => {
                only(members, &["amount", "currency"])?;
                let amount = match members.get("amount") {
                    None | Some(Json::Null) => return Err(Fault::new("not_money")),
                    Some(amount) => number::decimal(amount)?,
                };
                match members.get("currency") {
                    None | Some(Json::Null) => keep(field, amount, String::new()),
                    Some(Json::String(code)) if code.is_empty() => {
                        keep(field, amount, String::new())
                    }
                    Some(Json::String(code)) => keep(field, amount, currency::parse(code)?),
                    Some(_) => Err(Fault::new("not_money")),
                }
            }
            Json::String(_) | Json::Number(_) => keep(field, number::decimal(json)?, String::new()),
            _ => Err(Fault::new("not_money")),
        }
    }

    /// `1,234.50`, `1234.50 CNY`, `CNY 1234.50`, `$12`.
    fn read(&self, field: &Field, text: &str) -> Result<Value, Fault> {
        let text = text.trim();
        let digit = |letter: char| letter.is_ascii_digit() || ('０'..='９').contains(&letter);
        let start = text.find(digit).ok_or_else(|| Fault::new("not_money"))?;
        let end = text.rfind(digit).map_or(text.len(), |at| {
            at + text[at..].chars().next().map_or(0, char::len_utf8)
        });
        let (before, after) = (text[..start].trim(), text[end..].trim());
        let sign = if before.ends_with('-') || before.starts_with('-') {
            "-"
        } else {
            ""
        };
        let before = before.trim_matches(['-', '+', ' ']);
        let amount = number::typed(&format!("{sign}{}", &text[start..end]))?;
        let code = match (before, after) {
            ("", "") => String::new(),
            (word, "") | ("", word) => match currency::of_sign(word) {
                Some(code) => code.to_owned(),
                None => currency::parse(word)?,
            },
            _ => return Err(Fault::new("not_money")),
        };
        keep(field, amount, code)
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        match value {
            Value::Money(money) => json!({ "amount": digits(money), "currency": money.currency }),
            _ => Json::Null,
        }
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        match value {
            Value::Money(money) => format!("{} {}", digits(money), money.currency)
                .trim_end()
                .to_owned(),
            _ => String::new(),
        }
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        let Value::Money(money) = value else {
            return cells.extend([Cell::Null, Cell::Null, Cell::Null]);
        };
        let at_rest = |amount: Decimal| number::cell(amount, Amount::SCALE);
        cells.push(money.base.map_or(Cell::Null, at_rest));
        cells.push(at_rest(money.amount));
        cells.push(Cell::from(money.currency.as_str()));
    }

    /// A roll-up keeps the first column alone: then the amount is the organisation's, and the currency empty.
    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        let base = cells[0]
            .int()
            .map(|cell| number::unscaled(cell, Amount::SCALE));
        let amount = cells[1]
            .int()
            .map(|cell| number::unscaled(cell, Amount::SCALE))
            .or(base);
        let Some(amount) = amount else {
            return Value::Null;
        };
        Value::Money(Amount {
            amount,
            currency: cells[2].text().unwrap_or_default().to_owned(),
            base,
        })
    }

    fn write_text(&self, _: &Field, cells: &[Cell], out: &mut String) {
        let Some(amount) = cells[1].int().or(cells[0].int()) else {
            return;
        };
        let currency = cells[2].text().unwrap_or_default();
        let places = currency::minor_digits(currency);
        number::write_fixed(amount, Amount::SCALE, places, out);
        if !currency.is_empty() {
            out.push(' ');
            out.push_str(currency);
        }
    }

    fn check(&self, field: &Field) -> Result<(), Fault> {
        number::check(&field.options)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({
            "type": "object",
            "properties": {
                "amount": { "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" },
                "currency": { "type": "string", "description": "ISO 4217" },
            },
            "required": ["amount"],
        })
    }

    fn examples(&self) -> Vec<Json> {
        vec![
            json!({ "amount": "1234.50", "currency": "CNY" }),
            json!({ "amount": "300", "currency": "JPY" }),
            json!({ "amount": "-1.2345", "currency": "KWD" }),
            json!("99.9"),
            json!(12),
        ]
    }
}

fn keep(field: &Field, amount: Decimal, currency: String) -> Result<Value, Fault> {
    let amount = number::bounded(amount, &field.options)?;
    number::scaled(amount, Amount::SCALE)?;
    Ok(Value::Money(Amount {
        amount: amount.normalize(),
        currency,
        base: None,
    }))
}

fn digits(money: &Amount) -> String {
    number::fixed(money.amount, currency::minor_digits(&money.currency))
}

/// Holds that a composite has no member that would be lost.
pub(crate) fn only(members: &Map<String, Json>, known: &[&str]) -> Result<(), Fault> {
    match members.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let near = crate::kind::nearest(key, known.iter().copied());
            Err(Fault::new("unknown_member")
                .with("name", key)
                .with("known", known.join(", "))
                .near(near))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let field = Field::new("amount", &Money);
        for (input, expect) in [
            ("1,234.5", "1234.50"),
            ("1234.50 CNY", "1234.50 CNY"),
            ("usd 12", "12.00 USD"),
            ("￥１２．５", "12.50 CNY"),
            ("-$3", "-3.00 USD"),
            ("$-3", "-3.00 USD"),
            ("300円", "300 JPY"),
            ("1.5 KWD", "1.500 KWD"),
            ("12 apples", "unknown_currency"),
            ("CNY", "not_money"),
            ("CNY 5 CNY", "not_money"),
            ("1.23456", "too_many_decimals"),
        ] {
            let found = Money.read(&field, input);
            let found = found.map_or_else(
                |fault| fault.code.to_owned(),
                |value| Money.to_text(&field, &value),
            );
            assert_eq!(found, expect, "{input}");
        }
    }

    #[test]
    fn refuses_what_would_be_lost() {
        let field = Field::new("amount", &Money);
        let fault = Money
            .parse(&field, &json!({ "amount": "1", "curency": "CNY" }))
            .unwrap_err();
        assert_eq!(fault.code, "unknown_member");
        assert!(fault.args.contains(&("near", "currency".to_owned())));
        assert_eq!(
            Money
                .parse(&field, &json!({ "currency": "CNY" }))
                .unwrap_err()
                .code,
            "not_money"
        );
    }
}
