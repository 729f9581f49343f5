//! A web address.

use crate::catalog::Field;
use crate::fault::Fault;
use crate::kind::{Kind, Registered, Ty};
use crate::table::{Cell, ColumnSpec, ColumnType};
use crate::text::url;
use crate::value::Value;
use serde_json::{Value as Json, json};

pub struct Url;
inventory::submit!(Registered(&Url));

impl Kind for Url {
    fn name(&self) -> &'static str {
        "url"
    }

    fn ty(&self, _: &Field) -> Ty {
        Ty::Text
    }

    fn columns(&self, field: &Field) -> Vec<ColumnSpec> {
        vec![ColumnSpec::new(&field.column, ColumnType::Text)]
    }

    /// `http` and `https` alone; an address without either, as people type it, is taken as `https`.
    fn parse(&self, _: &Field, json: &Json) -> Result<Value, Fault> {
        let text = json.as_str().ok_or_else(|| Fault::new("not_text"))?.trim();
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let bare = !text.contains("://")
            && text
                .split('/')
                .next()
                .is_some_and(|host| host.contains('.'));
        let address = if bare {
            format!("https://{text}")
        } else {
            text.to_owned()
        };
        url::check(&address).map_err(|_| Fault::new("not_a_url").with("value", text))?;
        Ok(Value::Text(address))
    }

    fn to_json(&self, _: &Field, value: &Value) -> Json {
        value.text().map_or(Json::Null, Json::from)
    }

    fn to_text(&self, _: &Field, value: &Value) -> String {
        value.text().unwrap_or_default().to_owned()
    }

    fn store(&self, _: &Field, value: &Value, cells: &mut Vec<Cell>) {
        cells.push(value.text().into());
    }

    fn load(&self, _: &Field, cells: &[Cell]) -> Value {
        cells[0].text().map_or(Value::Null, Value::from)
    }

    fn schema(&self, _: &Field) -> Json {
        json!({ "type": "string", "format": "uri" })
    }

    fn examples(&self) -> Vec<Json> {
        vec![json!("https://example.com/a?b=c"), json!("www.example.com")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_no_address_that_runs() {
        let field = Field::new("website", &Url);
        for text in [
            "javascript:alert(1)",
            "javascript:alert(1.0)",
            "data:text/html,x",
            "ftp://a.example",
            "hello",
        ] {
            assert_eq!(
                Url.parse(&field, &json!(text)).map_err(|fault| fault.code),
                Err("not_a_url"),
                "{text}"
            );
        }
    }
}
