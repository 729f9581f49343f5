//! Where a reader of a list is: the view, and what the address says beyond it. A list is its address.

use super::desk::query;
use crate::door::head::Head;
use guanxi_meta::Object;
use guanxi_meta::catalog::View;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Table,
    Board,
    Calendar,
    Chart,
}

impl Shape {
    const ALL: [Shape; 4] = [Shape::Table, Shape::Board, Shape::Calendar, Shape::Chart];

    pub fn name(self) -> &'static str {
        match self {
            Shape::Table => "table",
            Shape::Board => "board",
            Shape::Calendar => "calendar",
            Shape::Chart => "chart",
        }
    }

    fn parse(name: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|shape| shape.name() == name)
    }
}

#[derive(Clone, Debug)]
pub struct Place {
    pub object: Arc<Object>,
    pub view: View,
    pub shape: Shape,
    pub filter: String,
    pub sort: String,
    pub columns: Vec<String>,
    /// Which pipeline a board shows.
    pub pipeline: Option<String>,
    /// Which month a calendar shows, and by which field: `2026-11`, `close_date`.
    pub month: Option<String>,
    pub date: Option<String>,
    /// What a chart groups by and sums.
    pub by: Option<String>,
    pub sum: Option<String>,
    /// What the address itself says, in the order in which it is written again.
    said: Vec<(&'static str, String)>,
}

const SAID: [&str; 10] = [
    "view", "as", "filter", "sort", "columns", "pipeline", "month", "date", "by", "sum",
];

impl Place {
    /// From the address; a view that does not exist is the first one.
    pub fn read(object: &Arc<Object>, head: &Head) -> Place {
        let said: Vec<_> = SAID
            .iter()
            .filter_map(|name| Some((*name, head.asked(name)?.to_owned())))
            .collect();
        Place::of(object, said)
    }

    /// Whether the address says nothing, so that the reader's own opening view may speak.
    pub fn is_bare(&self) -> bool {
        self.said.is_empty()
    }

    /// From a query string, as a bulk act sends it.
    pub fn parse(object: &Arc<Object>, text: &str) -> Place {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
        let find = |name: &str| {
            pairs
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        Place::of(
            object,
            SAID.iter()
                .filter_map(|name| Some((*name, find(name)?)))
                .collect(),
        )
    }

    fn of(object: &Arc<Object>, said: Vec<(&'static str, String)>) -> Place {
        let asked = |name: &str| {
            said.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.as_str())
        };
        let named = object
            .views
            .iter()
            .find(|view| Some(view.name.as_str()) == asked("view"));
        let view = named
            .or(object.views.first())
            .cloned()
            .unwrap_or_else(|| plain(object));
        let by_shape = if named.is_none() {
            asked("view").and_then(Shape::parse)
        } else {
            None
        };
        let shape = asked("as").and_then(Shape::parse).or(by_shape);
        let shape = shape.or(Shape::parse(&view.shape)).unwrap_or(Shape::Table);
        let columns = asked("columns")
            .map(names)
            .filter(|names| !names.is_empty());
        Place {
            shape,
            filter: asked("filter").unwrap_or(&view.filter).trim().to_owned(),
            sort: asked("sort")
                .filter(|sort| !sort.is_empty())
                .unwrap_or(&view.sort)
                .to_owned(),
            columns: columns.unwrap_or_else(|| view.columns.clone()),
            pipeline: asked("pipeline").map(str::to_owned),
            month: asked("month").map(str::to_owned),
            date: asked("date").map(str::to_owned),
            by: asked("by").map(str::to_owned),
            sum: asked("sum").map(str::to_owned),
            object: object.clone(),
            view,
            said,
        }
    }

    /// The same place with another filter.
    pub fn with_filter(self, filter: String) -> Place {
        Place { filter, ..self }
    }

    /// The query string of this place with some of it changed; `None` takes a part away.
    pub fn query(&self, changes: &[(&str, Option<&str>)]) -> String {
        let changed = |name: &str| {
            changes
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        let own = |name: &str| {
            self.said
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.as_str())
        };
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for name in SAID {
            if let Some(value) = changed(name).unwrap_or_else(|| own(name)) {
                pairs.push((name, value));
            }
        }
        pairs.extend(
            changes
                .iter()
                .filter(|(name, _)| !SAID.contains(name))
                .filter_map(|(name, value)| Some((*name, (*value)?))),
        );
        query(&pairs)
    }

    /// An address below the object's with this place's query: `""` is the list itself.
    pub fn href(&self, below: &str, changes: &[(&str, Option<&str>)]) -> String {
        let query = self.query(changes);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/{}{below}{mark}{query}", self.object.name)
    }

    /// What a person may keep as a view of the own.
    pub fn to_keep(&self) -> String {
        let columns = self.columns.join(",");
        let mut kept = vec![
            ("as", self.shape.name()),
            ("filter", self.filter.as_str()),
            ("sort", &self.sort),
            ("columns", &columns),
        ];
        // What only a calendar or a chart asks; the month is always the present one.
        for (name, value) in [("date", &self.date), ("by", &self.by), ("sum", &self.sum)] {
            kept.extend(value.as_deref().map(|value| (name, value)));
        }
        query(&kept)
    }
}

/// A view for an object that declares none.
fn plain(object: &Object) -> View {
    let shown = object
        .fields
        .iter()
        .filter(|field| !matches!(field.kind.name(), "json" | "rich_text" | "long_text"));
    View {
        name: "all".to_owned(),
        shape: "table".to_owned(),
        columns: shown
            .take(6)
            .map(|field| field.name.clone())
            .chain(["owner".to_owned()])
            .collect(),
        ..View::default()
    }
}

pub fn names(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
