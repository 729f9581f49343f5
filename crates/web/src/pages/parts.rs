//! What several pages are made of.

use serde::Serialize;
use serde_json::Value;

use crate::speech::Moment;

/// A person or thing as a small round: one letter and a tone (`jade gold rose sky plum`).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Face {
    pub initial: String,
    pub tone: String,
    pub name: String,
}

/// A short coloured word.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tag {
    pub text: String,
    pub tone: String,
}

/// One value of a closed list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub tone: String,
    pub selected: bool,
}

/// A chosen record of a link field.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lookup {
    pub id: String,
    pub label: String,
    pub href: String,
}

/// One field of one record, to be shown or edited. `fields.html` knows every `widget`:
/// `text long_text rich_text integer decimal money percent date instant duration bool choice multi_choice link
/// many_links email phone url address person_name file image number formula roll_up rating json`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CellView {
    /// The field's name; also the input's, with `.part` for composite kinds (`amount.amount`, `address.city`).
    pub name: String,
    pub label: String,
    pub widget: String,
    /// What is shown; empty = no value.
    pub text: String,
    /// The exact form for the hover text.
    pub title: String,
    /// Safe HTML (rich text, already cleaned) shown instead of `text`.
    pub html: Option<String>,
    pub href: Option<String>,
    pub tone: String,
    pub face: Option<Face>,
    /// The machine's value: string, number, bool, list, or `{part: value}` for composite kinds.
    pub value: Value,
    /// Several values, each shown as a tag or link.
    pub many: Vec<Lookup>,
    pub choices: Vec<Choice>,
    /// Where a link's options are searched.
    pub lookup: Option<String>,
    /// Where the cell's form is asked for (GET) and saved (PATCH); none = not editable here.
    pub edit: Option<String>,
    pub required: bool,
    pub hint: String,
    pub error: Option<String>,
    /// Place on a phone's card: `title value sub mark meta` or empty (not shown).
    pub role: String,
    /// Takes the form's whole width.
    pub wide: bool,
    /// Several values of one kind, one input each (telephone numbers); they stand in `many`.
    pub several: bool,
    /// Where a form begins.
    pub focus: bool,
    /// In a table, of its column's kind: `title num soft`.
    pub class: String,
    /// Shown as its text and nothing else, which a long table does not ask a macro for.
    pub plain: bool,
}

impl CellView {
    /// As a cell of a table, once everything else is known of it.
    pub fn of_table(&mut self) {
        let tint = match self.widget.as_str() {
            "integer" | "decimal" | "money" => "num",
            "date" | "instant" => "soft",
            _ => "",
        };
        let title = if self.role == "title" { "title " } else { "" };
        self.class = format!("{title}{tint}").trim_end().to_owned();
        let is_dressed = matches!(
            self.widget.as_str(),
            "bool"
                | "choice"
                | "multi_choice"
                | "many_links"
                | "rating"
                | "percent"
                | "date"
                | "instant"
                | "image"
                | "file"
                | "json"
        );
        let has_more = self.html.is_some()
            || self.href.is_some()
            || self.face.is_some()
            || !self.many.is_empty();
        self.plain = !is_dressed && !has_more && !self.text.is_empty() && self.title.is_empty();
    }

    pub fn new(name: &str, label: &str, widget: &str, text: &str) -> CellView {
        CellView {
            name: name.into(),
            label: label.into(),
            widget: widget.into(),
            text: text.into(),
            value: Value::String(text.into()),
            wide: matches!(
                widget,
                "long_text" | "rich_text" | "address" | "json" | "file" | "image"
            ),
            ..CellView::default()
        }
    }

    /// Sets whatever `change` sets; keeps call sites short.
    pub fn with(mut self, change: impl FnOnce(&mut CellView)) -> CellView {
        change(&mut self);
        self
    }
}

/// How an action is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Goes to another page.
    #[default]
    Link,
    /// GET into the dialog.
    Dialog,
    Post,
    Delete,
}

/// A button or menu entry.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Action {
    pub label: String,
    pub icon: String,
    pub href: String,
    pub method: Method,
    /// Key of the keyboard, or empty.
    pub key: String,
    /// `go`, `danger` or empty.
    pub tone: String,
    /// Asked before it is done, or empty.
    pub confirm: String,
}

/// A tab: saved view, related list, mode.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tab {
    pub label: String,
    pub href: String,
    pub icon: String,
    pub count: String,
    /// For the hover text.
    pub title: String,
    pub current: bool,
}

/// One condition of the filter, as said to people.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Chip {
    pub field: String,
    pub operator: String,
    pub value: String,
    /// The dialog that changes it.
    pub edit: String,
    /// The list without it.
    pub without: String,
}

/// A count that is exact, or at least so many.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Count {
    /// `328` or `1000+`.
    pub text: String,
    pub exact: bool,
    /// Where the exact count is asked for.
    pub exact_href: String,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Crumb {
    pub label: String,
    pub href: String,
}

/// What an empty page says: what belongs here and what to do next.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Empty {
    pub icon: String,
    pub title: String,
    pub text: String,
    pub actions: Vec<Action>,
}

/// One error of a form.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FieldError {
    pub field: String,
    pub label: String,
    pub message: String,
}

/// Someone saved between reading and saving: only the fields that both changed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Conflict {
    pub by: String,
    pub at: Moment,
    /// The version that is stored now; sent with the next try.
    pub version: u64,
    pub fields: Vec<ConflictField>,
}

/// `mine` is what the reader typed, `theirs` what is stored now. The choice is posted as `keep.<name>` = `mine|theirs`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConflictField {
    pub name: String,
    pub label: String,
    pub mine: String,
    pub theirs: String,
}

/// Old and new value of one field.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    pub label: String,
    pub old: String,
    pub new: String,
}

/// A group of fields with a heading.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Section {
    pub label: String,
    pub cells: Vec<CellView>,
}

/// A thing to be done, with a box to tick it off.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Todo {
    pub record: String,
    pub version: u64,
    pub title: String,
    pub href: String,
    pub peek: String,
    /// POST marks it done.
    pub done: String,
    pub about: Option<Lookup>,
    pub due: Option<Moment>,
    pub tone: String,
    pub icon: String,
}

/// A number with its name.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    pub label: String,
    pub value: String,
    pub href: String,
    pub tone: String,
}
