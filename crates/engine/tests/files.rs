//! Attachments: whose they are, and what is known of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use guanxi_engine::{EngineError, files};
use guanxi_testkit::{Backend, create, engine, object, try_remove};
use serde_json::json;
use std::io::Read;

#[test]
fn a_file_goes_with_its_record() {
    for backend in Backend::all() {
        let test = engine(backend);
        let ctx = test.salesperson();
        let customer = object(&ctx, "customer");
        let record = create(&ctx, "customer", json!({ "name": "One" }));
        let put = files::put(
            &ctx,
            &customer,
            record.id,
            "../报价<x>.html",
            &mut &b"<html>hello"[..],
        )
        .unwrap();
        assert_eq!(
            (put.name.as_str(), put.media_type.as_str(), put.size_bytes),
            ("报价x.html", "text/plain", 11)
        );
        let (_, mut file) = files::get(&ctx, put.id).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "<html>hello");
        let hidden = |result| matches!(result, Err(EngineError::NotFound));
        assert!(hidden(files::get(&test.stranger(), put.id).map(|_| ())));
        assert!(hidden(
            files::put(&test.stranger(), &customer, record.id, "x", &mut &b"x"[..]).map(|_| ())
        ));
        // Service people read every customer and change none.
        let service = test.service();
        assert_eq!(
            files::list(&service, &customer, record.id).unwrap().len(),
            1
        );
        assert!(matches!(
            files::remove(&service, put.id),
            Err(EngineError::Forbidden("update"))
        ));
        assert!(matches!(
            files::put(&service, &customer, record.id, "x", &mut &b"x"[..]),
            Err(EngineError::Forbidden("update"))
        ));
        // What is young may have its row on the way.
        assert_eq!(files::sweep(&test.engine).unwrap(), 0);
        let other = files::put(
            &ctx,
            &customer,
            record.id,
            "b",
            &mut &b"\x89PNG\r\n\x1a\n"[..],
        )
        .unwrap();
        files::remove(&ctx, other.id).unwrap();
        assert!(hidden(files::get(&ctx, other.id).map(|_| ())));
        try_remove(&ctx, &record).unwrap();
        assert!(hidden(files::get(&ctx, put.id).map(|_| ())));
    }
}

#[test]
fn too_much_is_refused_and_leaves_nothing() {
    let test = engine(Backend::Sqlite);
    let ctx = test.salesperson();
    let record = create(&ctx, "customer", json!({ "name": "One" }));
    let mut endless = std::io::repeat(b'x').take(files::MOST_BYTES + 1);
    let outcome = files::put(
        &ctx,
        &object(&ctx, "customer"),
        record.id,
        "big",
        &mut endless,
    );
    assert!(matches!(outcome, Err(EngineError::TooLarge(_))));
    let kept = walk(&test.engine.files().join("attachments"));
    assert_eq!(kept, 0);
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                walk(&entry.path())
            } else {
                1
            }
        })
        .sum()
}
