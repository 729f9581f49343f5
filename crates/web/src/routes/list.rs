//! `/{object}`: the list as a table, a board, a calendar or a chart, its further rows, its exact count, its export.

use crate::build::board::{Board, lane_slot};
use crate::build::calendar::Calendar;
use crate::build::chart::Chart;
use crate::build::desk::Desk;
use crate::build::place::{Place, Shape};
use crate::build::{chips, lists};
use crate::door::Visit;
use crate::door::answer::Answer;
use axum::body::Body;
use axum::http::header;
use guanxi_engine::export::{self, Format, Heading, Mark};
use guanxi_engine::read::list::{Counting, ListRequest, Page, count as count_exactly, list};
use guanxi_engine::{EngineError, EngineResult, read, views};
use std::io::Write;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

pub fn show(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let mut place = Place::read(&object, &visit.head);
    if place.is_bare()
        && let Some(query) = views::opening(&visit.ctx, &object.name)?
    {
        place = Place::parse(&object, &query);
    }
    let desk = Desk::new(visit)?;
    let title = desk.many(&object);
    match place.shape {
        Shape::Board if lane_slot(&desk, &place).is_some() => {
            Answer::page(visit, &title, &Board::new(&desk, &place)?.page()?)
        }
        Shape::Calendar => Answer::page(visit, &title, &Calendar::new(&desk, &place)?.page()?),
        Shape::Chart => Answer::page(visit, &title, &Chart::new(&desk, &place)?.page()?),
        // A board of nothing that could be a lane is the table.
        _ => Answer::page(visit, &title, &lists::whole(&desk, &place)?),
    }
}

/// The next page of the list, or with `id` one row as it is now.
pub fn rows(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let place = Place::read(&object, &visit.head);
    let desk = Desk::new(visit)?;
    let page = match visit.head.asked("id") {
        Some(id) => {
            let id: Uuid = id.parse().map_err(|_| EngineError::NotFound)?;
            Page {
                records: vec![read::get(&visit.ctx, &object, id)?],
                next: None,
                count: None,
            }
        }
        None => list(
            &visit.ctx,
            &object,
            &lists::request(&place, visit.head.query("cursor"), Counting::None),
        )?,
    };
    Answer::page(
        visit,
        &desk.many(&object),
        &lists::more(&desk, &place, &page)?,
    )
}

/// The exact count, for the inside of the list's foot.
pub fn count(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object()?;
    let place = Place::read(&object, &visit.head);
    let request = ListRequest {
        filter: place.filter.clone(),
        count: Counting::Exact,
        ..ListRequest::default()
    };
    let counted = count_exactly(&visit.ctx, &object, &request)?;
    let desk = Desk::new(visit)?;
    // The word is the house's own and the number is a number: nothing of it came from outside.
    let text = desk.say_of(
        "count-exact",
        "n",
        &desk.speaker.number(&counted.value.to_string()),
    );
    Ok(Answer::html(format!("<span>{text}</span>")))
}

/// Pieces of a file that wait for a slow reader.
const WAITING: usize = 8;

/// The list as a file, written while it is read.
pub fn export(visit: &Visit) -> EngineResult<Answer> {
    let object = visit.object_for(guanxi_access::Action::Export)?;
    let place = Place::read(&object, &visit.head);
    let format = Format::parse(visit.head.query("format")).unwrap_or_default();
    // A filter that does not read is told before the file begins.
    chips::chips(&Desk::new(visit)?, &place)?;
    let request = export::Request {
        filter: place.filter.clone(),
        sort: if place.sort == "-created_at" {
            String::new()
        } else {
            place.sort.clone()
        },
        format,
        heading: Heading::Label,
        mark: Mark::Utf8,
        ..export::Request::default()
    };
    let (sender, receiver) = channel(WAITING);
    let ctx = visit.ctx.clone();
    let name = format!("{}.{}", object.name, format.name());
    tokio::task::spawn_blocking(move || {
        let mut pipe = Pipe {
            sender: sender.clone(),
            buffer: Vec::new(),
        };
        let done = export::run(&ctx, &object, &request, &mut pipe);
        let flushed = pipe.flush();
        if let Err(error) = done {
            tracing::error!(%error, "an export ended early");
            // The reader must not take half a file for a whole one.
            let _gone = sender.blocking_send(Err(std::io::Error::other("the export ended early")));
        } else if let Err(error) = flushed {
            tracing::debug!(%error, "the reader of an export went away");
        }
    });
    let answer = Answer::body(
        Body::from_stream(ReceiverStream::new(receiver)),
        format.media_type(),
    );
    Ok(answer.with(
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename=\"{name}\""),
    ))
}

/// What is written goes on to the reader in pieces.
struct Pipe {
    sender: Sender<std::io::Result<Vec<u8>>>,
    buffer: Vec<u8>,
}

const PIECE: usize = 64 << 10;

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.buffer);
        self.sender
            .blocking_send(Ok(piece))
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe))
    }
}
