//! Every page: a struct beside its template, with samples. The structs hold words in the reader's language.

pub mod board;
pub mod calendar;
pub mod cell;
pub mod chart;
pub mod dialogs;
pub mod error;
pub mod form;
pub mod home;
pub mod import;
pub mod list;
pub mod login;
pub mod merge;
pub mod notices;
pub mod palette;
mod parts;
pub mod peek;
pub mod record;
mod sample;
pub mod search;
pub mod settings;
mod shell;
pub mod work;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

pub use parts::{
    Action, CellView, Change, Chip, Choice, Conflict, ConflictField, Count, Crumb, Empty, Face,
    FieldError, Lookup, Method, Section, Tab, Tag, Tally, Todo,
};
pub use shell::{Actor, Area, NavItem, Shell, ToastView};

/// A page or fragment: its template, and samples that the page test and the gallery render.
pub trait Page: Serialize + Sized {
    /// The template's name under `templates/`.
    const TEMPLATE: &'static str;

    /// Named samples in one language.
    fn samples(lang: &str) -> Vec<(&'static str, Self)>;
}

/// A sample whose type is forgotten.
pub struct Sample {
    /// Also the file name of the gallery's page.
    pub name: String,
    pub template: &'static str,
    pub page: Value,
}

/// All samples of all pages in one language.
pub fn samples(lang: &str) -> Vec<Sample> {
    let mut all = Vec::new();
    collect::<login::LoginPage>(lang, &mut all);
    collect::<home::HomePage>(lang, &mut all);
    collect::<list::ListPage>(lang, &mut all);
    collect::<list::RowsPage>(lang, &mut all);
    collect::<board::BoardPage>(lang, &mut all);
    collect::<board::LanesPage>(lang, &mut all);
    collect::<calendar::CalendarPage>(lang, &mut all);
    collect::<chart::ChartPage>(lang, &mut all);
    collect::<record::RecordPage>(lang, &mut all);
    collect::<record::TimelinePage>(lang, &mut all);
    collect::<record::RelatedPage>(lang, &mut all);
    collect::<peek::PeekPage>(lang, &mut all);
    collect::<form::FormPage>(lang, &mut all);
    collect::<cell::CellPage>(lang, &mut all);
    collect::<cell::OptionsPage>(lang, &mut all);
    collect::<search::SearchPage>(lang, &mut all);
    collect::<palette::PalettePage>(lang, &mut all);
    collect::<import::ImportPage>(lang, &mut all);
    collect::<import::ImportProgress>(lang, &mut all);
    collect::<merge::MergePage>(lang, &mut all);
    collect::<merge::MergesPage>(lang, &mut all);
    collect::<merge::UnmergePage>(lang, &mut all);
    collect::<dialogs::ActionPage>(lang, &mut all);
    collect::<dialogs::WhyPage>(lang, &mut all);
    collect::<dialogs::FilterPage>(lang, &mut all);
    collect::<dialogs::ColumnsPage>(lang, &mut all);
    collect::<dialogs::ViewsPage>(lang, &mut all);
    collect::<settings::ProfilePage>(lang, &mut all);
    collect::<settings::UsersPage>(lang, &mut all);
    collect::<settings::DepartmentsPage>(lang, &mut all);
    collect::<settings::RolesPage>(lang, &mut all);
    collect::<settings::ChoicesPage>(lang, &mut all);
    collect::<settings::AccessPage>(lang, &mut all);
    collect::<notices::NoticesPage>(lang, &mut all);
    collect::<work::WorkPage>(lang, &mut all);
    collect::<work::RunningPage>(lang, &mut all);
    collect::<error::ErrorPage>(lang, &mut all);
    all
}

fn collect<P: Page>(lang: &str, all: &mut Vec<Sample>) {
    let stem = P::TEMPLATE.trim_end_matches(".html").replace('/', "-");
    for (name, page) in P::samples(lang) {
        let name = if name.is_empty() {
            stem.clone()
        } else {
            format!("{stem}-{name}")
        };
        all.push(Sample {
            name,
            template: P::TEMPLATE,
            page: Value::from(Serde(page)),
        });
    }
}
